/* multiply.c - asking libxsmm for code, and making it executable. */
#include "kernels/xsmm/multiply.h"

#if defined(TGR_HAVE_XSMM)

#include <libxsmm_cpuid.h>
#include <libxsmm_generator.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CODE_BYTES ((size_t)256 << 10) /* ten times what any size asked for here has taken */
#define LONGEST    ((size_t)1 << 20)   /* keeps the generator's 32-bit address arithmetic safe */

static int target_of(const char *isa)
{
    if (strcmp(isa, "avx512") == 0) {
        return LIBXSMM_X86_AVX512_CORE;
    }
    return strcmp(isa, "avx2") == 0 ? LIBXSMM_X86_AVX2 : LIBXSMM_TARGET_ARCH_UNKNOWN;
}

/* libxsmm counts by columns: its A is W (stride x columns), B is x (columns x rows), C the scores
 * (stride x rows), C += A * B. Returns how many bytes of code there are, 0 for none. */
static size_t generate(void *pages, int target, size_t stride, size_t rows, size_t columns)
{
    libxsmm_descriptor_blob blob;
    const libxsmm_gemm_descriptor *sizes = libxsmm_sgemm_descriptor_init(
        &blob, (libxsmm_blasint)stride, (libxsmm_blasint)rows, (libxsmm_blasint)columns,
        (libxsmm_blasint)stride, (libxsmm_blasint)columns, (libxsmm_blasint)stride, 1, 1,
        LIBXSMM_GEMM_FLAG_NONE, LIBXSMM_GEMM_PREFETCH_NONE);
    if (sizes == NULL) {
        return 0;
    }
    libxsmm_generated_code code = {
        .generated_code = pages,
        .buffer_size = CODE_BYTES,
        .code_type = 2,
        .arch = (unsigned)target,
    };
    libxsmm_generator_gemm_kernel(&code, sizes);
    return code.last_error == 0 ? code.code_size : 0;
}

bool tgr_multiply_open(tgr_multiply *multiply, const char *isa, size_t stride, size_t rows,
                       size_t columns)
{
    *multiply = (tgr_multiply){0};
    int target = target_of(isa);
    if (target == LIBXSMM_TARGET_ARCH_UNKNOWN || stride == 0 || rows == 0 || columns == 0 ||
        stride > LONGEST / columns || rows > LONGEST / columns) {
        return false;
    }
    void *pages =
        mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return false;
    }
    size_t bytes = generate(pages, target, stride, rows, columns);
    if (bytes == 0 || mprotect(pages, CODE_BYTES, PROT_READ | PROT_EXEC) != 0) {
        munmap(pages, CODE_BYTES);
        return false;
    }
    *multiply = (tgr_multiply){.pages = pages, .bytes = CODE_BYTES};
    memcpy(&multiply->run, &pages, sizeof pages); /* ISO C has no cast from object to function */
    return true;
}

void tgr_multiply_close(tgr_multiply *multiply)
{
    if (multiply->pages != NULL) {
        munmap(multiply->pages, multiply->bytes);
    }
    *multiply = (tgr_multiply){0};
}

#else

bool tgr_multiply_open(tgr_multiply *multiply, const char *isa, size_t stride, size_t rows,
                       size_t columns)
{
    (void)isa, (void)stride, (void)rows, (void)columns;
    *multiply = (tgr_multiply){0};
    return false;
}

void tgr_multiply_close(tgr_multiply *multiply)
{
    *multiply = (tgr_multiply){0};
}

#endif
