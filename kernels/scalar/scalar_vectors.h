/* scalar_vectors.h - "vectors" of four numbers in plain C. See kernels/body/vectors.md. */
#include <math.h>

#define V_LANES       4
#define V_KEY_COLUMNS 64
#define TGR_ROWS_16   1
#define TGR_ROWS_32   1
#define TGR_ROWS_64   1

/* The compiler looks through lanes that are arrays. */
#define TGR_LANES_ARE_ARRAYS

#define LANES for (int i = 0; i < V_LANES; i++)

typedef struct v_float {
    float at[V_LANES];
} v_float;

typedef struct v_int {
    int32_t at[V_LANES];
} v_int;

typedef struct v_mask {
    bool at[V_LANES];
} v_mask;

typedef struct v_pair {
    double at[V_LANES];
} v_pair;

/* A function of lanes: TYPE NAME(ARGUMENTS), lane i of the result being VALUE. */
#define LANEWISE(TYPE, NAME, ARGUMENTS, VALUE)                                                     \
    TGR_INLINE TYPE NAME ARGUMENTS                                                                 \
    {                                                                                              \
        TYPE result;                                                                               \
        LANES result.at[i] = VALUE;                                                                \
        return result;                                                                             \
    }

LANEWISE(v_float, v_load, (const float *p), p[i])
LANEWISE(v_float, v_set, (float x), x)
LANEWISE(v_float, v_sub, (v_float a, v_float b), a.at[i] - b.at[i])
LANEWISE(v_float, v_div, (v_float a, v_float b), a.at[i] / b.at[i])
LANEWISE(v_float, v_fma, (v_float a, v_float b, v_float c), fmaf(a.at[i], b.at[i], c.at[i]))
LANEWISE(v_float, v_max, (v_float a, v_float b), a.at[i] > b.at[i] ? a.at[i] : b.at[i])
LANEWISE(v_float, v_min, (v_float a, v_float b), a.at[i] < b.at[i] ? a.at[i] : b.at[i])
LANEWISE(v_mask, v_gt, (v_float a, v_float b), a.at[i] > b.at[i])
LANEWISE(v_mask, v_ge, (v_float a, v_float b), a.at[i] >= b.at[i])
LANEWISE(v_mask, v_le, (v_float a, v_float b), a.at[i] <= b.at[i])
LANEWISE(v_mask, v_eq, (v_float a, v_float b), a.at[i] == b.at[i])
LANEWISE(v_mask, m_all, (void), true)
LANEWISE(v_mask, m_none, (void), false)
LANEWISE(v_mask, m_and, (v_mask a, v_mask b), a.at[i] && b.at[i])
LANEWISE(v_mask, m_or, (v_mask a, v_mask b), a.at[i] || b.at[i])
LANEWISE(v_mask, m_not, (v_mask a), !a.at[i])
LANEWISE(v_mask, m_andnot, (v_mask a, v_mask b), !a.at[i] && b.at[i])
LANEWISE(v_float, v_select, (v_mask m, v_float yes, v_float no), m.at[i] ? yes.at[i] : no.at[i])
LANEWISE(v_int, i_set, (int32_t x), x)
LANEWISE(v_int, i_select, (v_mask m, v_int yes, v_int no), m.at[i] ? yes.at[i] : no.at[i])
LANEWISE(v_int, i_load_u16, (const uint16_t *p), p[i])
LANEWISE(v_int, i_load_u32, (const uint32_t *p), (int32_t)p[i])
LANEWISE(v_int, i_multiply, (v_int a, v_int b), (int32_t)((uint32_t)a.at[i] * (uint32_t)b.at[i]))
LANEWISE(v_int, i_sub, (v_int a, v_int b), (int32_t)((uint32_t)a.at[i] - (uint32_t)b.at[i]))
LANEWISE(v_int, i_low_halves, (const int64_t *p), (int32_t)(uint32_t)p[i])
LANEWISE(v_float, v_load_u8, (const uint8_t *p), p[i])
LANEWISE(v_float, v_load_u16, (const uint16_t *p), p[i])
LANEWISE(v_mask, i_eq, (v_int a, v_int b), a.at[i] == b.at[i])
LANEWISE(v_mask, i_gt, (v_int a, v_int b), a.at[i] > b.at[i])
LANEWISE(v_int, i_pick, (const char *records, const uint16_t *rows, size_t size),
         tgr_word(records, rows + i, size))
LANEWISE(v_mask, i_bit, (v_int words, unsigned bit), ((uint32_t)words.at[i] >> bit & 1) != 0)
LANEWISE(v_mask, m_load_bit, (const uint8_t *p, unsigned bit), (p[i] >> bit & 1) != 0)
LANEWISE(v_pair, d_set, (double x), x)
LANEWISE(v_pair, d_pick, (const double *values, const uint16_t *rows), values[rows[i]])
LANEWISE(v_pair, d_from, (v_float v), v.at[i])
LANEWISE(v_float, d_float, (v_pair a), (float)a.at[i])
LANEWISE(v_pair, d_fma, (v_pair a, v_pair b, v_pair c), fma(a.at[i], b.at[i], c.at[i]))
LANEWISE(v_pair, d_sub, (v_pair a, v_pair b), a.at[i] - b.at[i])
LANEWISE(v_mask, d_gt, (v_pair a, v_pair b), a.at[i] > b.at[i])
LANEWISE(v_mask, d_eq, (v_pair a, v_pair b), a.at[i] == b.at[i])
LANEWISE(v_pair, d_select, (v_mask m, v_pair yes, v_pair no), m.at[i] ? yes.at[i] : no.at[i])

TGR_INLINE void v_store(float *p, v_float v)
{
    LANES p[i] = v.at[i];
}

TGR_INLINE void i_store(int32_t *p, v_int v)
{
    LANES p[i] = v.at[i];
}

TGR_INLINE void i_store_16(int16_t *p, v_int v)
{
    LANES p[i] = (int16_t)v.at[i];
}

TGR_INLINE uint32_t m_bits(v_mask m)
{
    uint32_t bits = 0;
    LANES bits |= (uint32_t)m.at[i] << i;
    return bits;
}

TGR_INLINE void v_store_entries(tgr_entry *p, v_int offsets, v_float values)
{
    LANES p[i] = (tgr_entry){(uint32_t)offsets.at[i], values.at[i]};
}

/* Sixteen rows x four columns at `rows` -> four columns of sixteen at `tile`. */
TGR_INLINE void v_transpose4(const float *rows, size_t stride, float *tile)
{
    for (size_t row = 0; row < TGR_TILE; row++) {
        for (size_t column = 0; column < 4; column++) {
            tile[column * TGR_TILE + row] = rows[row * stride + column];
        }
    }
}

#define S_LANES     16
#define SHORT_LANES for (int i = 0; i < S_LANES; i++)

typedef struct s_int {
    int16_t at[S_LANES];
} s_int;

TGR_INLINE s_int s_load(const int16_t *p)
{
    s_int v;
    memcpy(v.at, p, sizeof v.at);
    return v;
}

TGR_INLINE void s_store(int16_t *p, s_int v)
{
    memcpy(p, v.at, sizeof v.at);
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
    s_int v;
    SHORT_LANES v.at[i] = (int16_t)((uint32_t)*p >> 16 * (i % 2));
    return v;
}

TGR_INLINE s_int s_above(s_int a, s_int b, s_int yes, s_int no)
{
    s_int v;
    SHORT_LANES v.at[i] = a.at[i] > b.at[i] ? yes.at[i] : no.at[i];
    return v;
}

/* Rows of W. */
#define ROW_OPERATIONS(WIDTH)                                                                      \
    typedef struct row##WIDTH {                                                                    \
        float at[WIDTH];                                                                           \
    } row##WIDTH;                                                                                  \
    TGR_INLINE row##WIDTH row##WIDTH##_load(const float *p)                                        \
    {                                                                                              \
        row##WIDTH v;                                                                              \
        memcpy(v.at, p, sizeof v.at);                                                              \
        return v;                                                                                  \
    }                                                                                              \
    TGR_INLINE void row##WIDTH##_store(float *p, row##WIDTH v)                                     \
    {                                                                                              \
        memcpy(p, v.at, sizeof v.at);                                                              \
    }                                                                                              \
    TGR_INLINE row##WIDTH row##WIDTH##_add(const float *w, row##WIDTH sum)                         \
    {                                                                                              \
        for (int i = 0; i < WIDTH; i++) {                                                          \
            sum.at[i] = w[i] + sum.at[i];                                                          \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    TGR_INLINE row##WIDTH row##WIDTH##_fma(const float *x, const float *w, row##WIDTH sum)         \
    {                                                                                              \
        for (int i = 0; i < WIDTH; i++) {                                                          \
            sum.at[i] = fmaf(*x, w[i], sum.at[i]);                                                 \
        }                                                                                          \
        return sum;                                                                                \
    }

ROW_OPERATIONS(4)
ROW_OPERATIONS(8)
ROW_OPERATIONS(16)
