/* fuzz_file.h - bytes as a file, and what every target expects. */
#ifndef TGR_TESTS_FUZZ_FILE_H
#define TGR_TESTS_FUZZ_FILE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <tagroute/status.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_expect(int holds)
{
    if (!holds) {
        abort();
    }
}

/* A file in memory that holds the bytes; its path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("log", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    fuzz_expect(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

/* A refusal blames the file, in one sentence. */
static inline void fuzz_expect_sentence(tgr_status status, const tgr_error *error)
{
    size_t length = strnlen(error->message, sizeof error->message);
    fuzz_expect(status == TGR_ERR_INPUT || status == TGR_ERR_UNSUPPORTED);
    fuzz_expect(error->status == status && length > 0 && length < sizeof error->message);
    fuzz_expect(strchr(error->message, '\n') == NULL && error->message[length - 1] != '.');
}

#endif
