/* neon_vectors.h - four lanes of AArch64. See kernels/body/vectors.md. */
#include <arm_neon.h>
#include <string.h>

#define V_LANES       4
#define V_KEY_COLUMNS 64
#define TGR_ROWS_16   4
#define TGR_ROWS_32   2
#define TGR_ROWS_64   1

typedef float32x4_t v_float;
typedef int32x4_t v_int;
typedef uint32x4_t v_mask;
typedef struct v_pair {
    float64x2_t low, high;
} v_pair;

TGR_INLINE v_float v_load(const float *p)
{
    return vld1q_f32(p);
}

TGR_INLINE void v_store(float *p, v_float v)
{
    vst1q_f32(p, v);
}

TGR_INLINE v_float v_set(float x)
{
    return vdupq_n_f32(x);
}

TGR_INLINE v_float v_sub(v_float a, v_float b)
{
    return vsubq_f32(a, b);
}

TGR_INLINE v_float v_fma(v_float a, v_float b, v_float c)
{
    return vfmaq_f32(c, a, b);
}

TGR_INLINE v_float v_div(v_float a, v_float b)
{
    return vdivq_f32(a, b);
}

TGR_INLINE v_float v_max(v_float a, v_float b)
{
    return vmaxq_f32(a, b);
}

TGR_INLINE v_float v_min(v_float a, v_float b)
{
    return vminq_f32(a, b);
}

TGR_INLINE v_mask v_gt(v_float a, v_float b)
{
    return vcgtq_f32(a, b);
}

TGR_INLINE v_mask v_ge(v_float a, v_float b)
{
    return vcgeq_f32(a, b);
}

TGR_INLINE v_mask v_le(v_float a, v_float b)
{
    return vcleq_f32(a, b);
}

TGR_INLINE v_mask v_eq(v_float a, v_float b)
{
    return vceqq_f32(a, b);
}

TGR_INLINE v_mask m_all(void)
{
    return vdupq_n_u32(UINT32_MAX);
}

TGR_INLINE v_mask m_none(void)
{
    return vdupq_n_u32(0);
}

TGR_INLINE v_mask m_and(v_mask a, v_mask b)
{
    return vandq_u32(a, b);
}

TGR_INLINE v_mask m_or(v_mask a, v_mask b)
{
    return vorrq_u32(a, b);
}

TGR_INLINE v_mask m_not(v_mask a)
{
    return vmvnq_u32(a);
}

/* b where not a */
TGR_INLINE v_mask m_andnot(v_mask a, v_mask b)
{
    return vbicq_u32(b, a);
}

TGR_INLINE v_float v_select(v_mask m, v_float yes, v_float no)
{
    return vbslq_f32(m, yes, no);
}

TGR_INLINE v_int i_set(int32_t x)
{
    return vdupq_n_s32(x);
}

TGR_INLINE v_int i_select(v_mask m, v_int yes, v_int no)
{
    return vbslq_s32(m, yes, no);
}

TGR_INLINE v_int i_load_u16(const uint16_t *p)
{
    return vreinterpretq_s32_u32(vmovl_u16(vld1_u16(p)));
}

TGR_INLINE v_int i_load_u32(const uint32_t *p)
{
    return vreinterpretq_s32_u32(vld1q_u32(p));
}

TGR_INLINE v_int i_multiply(v_int a, v_int b)
{
    return vmulq_s32(a, b);
}

TGR_INLINE v_int i_sub(v_int a, v_int b)
{
    return vsubq_s32(a, b);
}

TGR_INLINE v_int i_low_halves(const int64_t *p)
{
    return vcombine_s32(vmovn_s64(vld1q_s64(p)), vmovn_s64(vld1q_s64(p + 2)));
}

TGR_INLINE v_float v_load_u8(const uint8_t *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

TGR_INLINE v_float v_load_u16(const uint16_t *p)
{
    return vcvtq_f32_u32(vmovl_u16(vld1_u16(p)));
}

TGR_INLINE void v_store_entries(tgr_entry *p, v_int offsets, v_float values)
{
    uint32x4x2_t pairs = {{vreinterpretq_u32_s32(offsets), vreinterpretq_u32_f32(values)}};
    vst2q_u32((uint32_t *)(void *)p, pairs);
}

TGR_INLINE v_mask i_eq(v_int a, v_int b)
{
    return vceqq_s32(a, b);
}

TGR_INLINE v_mask i_gt(v_int a, v_int b)
{
    return vcgtq_s32(a, b);
}

TGR_INLINE void i_store(int32_t *p, v_int v)
{
    vst1q_s32(p, v);
}

TGR_INLINE void i_store_16(int16_t *p, v_int v)
{
    vst1_s16(p, vmovn_s32(v));
}

TGR_INLINE uint32_t m_bits(v_mask m)
{
    const uint32x4_t places = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(m, places));
}

TGR_INLINE v_int i_pick(const char *records, const uint16_t *rows, size_t size)
{
    return (v_int){tgr_word(records, rows, size), tgr_word(records, rows + 1, size),
                   tgr_word(records, rows + 2, size), tgr_word(records, rows + 3, size)};
}

TGR_INLINE v_mask i_bit(v_int words, unsigned bit)
{
    return vtstq_s32(words, vdupq_n_s32((int32_t)(1u << bit)));
}

TGR_INLINE v_mask m_load_bit(const uint8_t *p, unsigned bit)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    return i_bit(vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes)))), bit);
}

TGR_INLINE v_pair d_set(double x)
{
    return (v_pair){vdupq_n_f64(x), vdupq_n_f64(x)};
}

TGR_INLINE v_pair d_pick(const double *values, const uint16_t *rows)
{
    return (v_pair){{values[rows[0]], values[rows[1]]}, {values[rows[2]], values[rows[3]]}};
}

TGR_INLINE v_pair d_from(v_float v)
{
    return (v_pair){vcvt_f64_f32(vget_low_f32(v)), vcvt_high_f64_f32(v)};
}

TGR_INLINE v_float d_float(v_pair a)
{
    return vcvt_high_f32_f64(vcvt_f32_f64(a.low), a.high);
}

TGR_INLINE v_pair d_fma(v_pair a, v_pair b, v_pair c)
{
    return (v_pair){vfmaq_f64(c.low, a.low, b.low), vfmaq_f64(c.high, a.high, b.high)};
}

TGR_INLINE v_pair d_sub(v_pair a, v_pair b)
{
    return (v_pair){vsubq_f64(a.low, b.low), vsubq_f64(a.high, b.high)};
}

/* Two masks of two wide lanes as one of four. */
TGR_INLINE v_mask v_narrow_mask(uint64x2_t low, uint64x2_t high)
{
    return vcombine_u32(vmovn_u64(low), vmovn_u64(high));
}

TGR_INLINE v_mask d_gt(v_pair a, v_pair b)
{
    return v_narrow_mask(vcgtq_f64(a.low, b.low), vcgtq_f64(a.high, b.high));
}

TGR_INLINE v_mask d_eq(v_pair a, v_pair b)
{
    return v_narrow_mask(vceqq_f64(a.low, b.low), vceqq_f64(a.high, b.high));
}

TGR_INLINE v_pair d_select(v_mask m, v_pair yes, v_pair no)
{
    int32x4_t bits = vreinterpretq_s32_u32(m);
    uint64x2_t low = vreinterpretq_u64_s64(vmovl_s32(vget_low_s32(bits)));
    uint64x2_t high = vreinterpretq_u64_s64(vmovl_high_s32(bits));
    return (v_pair){vbslq_f64(low, yes.low, no.low), vbslq_f64(high, yes.high, no.high)};
}

/* Sixteen rows x four columns at `rows` -> four columns of sixteen at `tile`. */
TGR_INLINE void v_transpose4(const float *rows, size_t stride, float *tile)
{
    for (int quarter = 0; quarter < 4; quarter++, rows += 4 * stride, tile += 4) {
        float32x4_t a = vld1q_f32(rows), b = vld1q_f32(rows + stride);
        float32x4_t c = vld1q_f32(rows + 2 * stride), d = vld1q_f32(rows + 3 * stride);
        float64x2_t ab_even = vreinterpretq_f64_f32(vtrn1q_f32(a, b));
        float64x2_t ab_odd = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
        float64x2_t cd_even = vreinterpretq_f64_f32(vtrn1q_f32(c, d));
        float64x2_t cd_odd = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
        vst1q_f32(tile, vreinterpretq_f32_f64(vtrn1q_f64(ab_even, cd_even)));
        vst1q_f32(tile + 16, vreinterpretq_f32_f64(vtrn1q_f64(ab_odd, cd_odd)));
        vst1q_f32(tile + 32, vreinterpretq_f32_f64(vtrn2q_f64(ab_even, cd_even)));
        vst1q_f32(tile + 48, vreinterpretq_f32_f64(vtrn2q_f64(ab_odd, cd_odd)));
    }
}

#define S_LANES 8
typedef int16x8_t s_int;

TGR_INLINE s_int s_load(const int16_t *p)
{
    return vld1q_s16(p);
}

TGR_INLINE void s_store(int16_t *p, s_int v)
{
    vst1q_s16(p, v);
}

/* Nothing goes past the caches here. */
TGR_INLINE void s_stream(int16_t *p, s_int v)
{
    s_store(p, v);
}

TGR_INLINE void s_streamed(void)
{
}

TGR_INLINE s_int s_pairs(const int32_t *p)
{
    return vreinterpretq_s16_s32(vdupq_n_s32(*p));
}

TGR_INLINE s_int s_above(s_int a, s_int b, s_int yes, s_int no)
{
    return vbslq_s16(vcgtq_s16(a, b), yes, no);
}

/* Rows of W: quads of floats, one, two or four. */
#define ROW_OPERATIONS(WIDTH)                                                                      \
    typedef struct row##WIDTH {                                                                    \
        float32x4_t quad[WIDTH / 4];                                                               \
    } row##WIDTH;                                                                                  \
    TGR_INLINE row##WIDTH row##WIDTH##_load(const float *p)                                        \
    {                                                                                              \
        row##WIDTH v;                                                                              \
        for (int i = 0; i < WIDTH / 4; i++) {                                                      \
            v.quad[i] = vld1q_f32(p + 4 * i);                                                      \
        }                                                                                          \
        return v;                                                                                  \
    }                                                                                              \
    TGR_INLINE void row##WIDTH##_store(float *p, row##WIDTH v)                                     \
    {                                                                                              \
        for (int i = 0; i < WIDTH / 4; i++) {                                                      \
            vst1q_f32(p + 4 * i, v.quad[i]);                                                       \
        }                                                                                          \
    }                                                                                              \
    TGR_INLINE row##WIDTH row##WIDTH##_add(const float *w, row##WIDTH sum)                         \
    {                                                                                              \
        for (int i = 0; i < WIDTH / 4; i++) {                                                      \
            sum.quad[i] = vaddq_f32(vld1q_f32(w + 4 * i), sum.quad[i]);                            \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    TGR_INLINE row##WIDTH row##WIDTH##_fma(const float *x, const float *w, row##WIDTH sum)         \
    {                                                                                              \
        for (int i = 0; i < WIDTH / 4; i++) {                                                      \
            sum.quad[i] = vfmaq_n_f32(sum.quad[i], vld1q_f32(w + 4 * i), *x);                      \
        }                                                                                          \
        return sum;                                                                                \
    }

ROW_OPERATIONS(4)
ROW_OPERATIONS(8)
ROW_OPERATIONS(16)
