/* status.h - how a call says what happened: a code for programs, a sentence for people.
 *
 * Every fallible function returns a tgr_status and takes, last, a caller-owned tgr_error that may
 * be NULL. On failure the error holds one sentence: what failed, where (file, record, row), and
 * what to do about it. On success it is left alone. Values are pinned; new ones go into the gaps.
 */
#ifndef TAGROUTE_STATUS_H
#define TAGROUTE_STATUS_H

#include <tagroute/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_status {
    TGR_OK = 0,

    /* the caller asked for something that makes no sense */
    TGR_ERR_ARGUMENT = -10,
    TGR_ERR_UNSUPPORTED = -11,

    /* what was asked for makes sense, but cannot be had from these queries */
    TGR_ERR_UNREACHABLE = -15,

    /* a file or record is not what it should be */
    TGR_ERR_INPUT = -20,

    /* the world refused */
    TGR_ERR_IO = -30,
    TGR_ERR_NOMEM = -31,
    TGR_ERR_CANCELLED = -32,

    /* tagroute itself is wrong */
    TGR_ERR_INTERNAL = -40
} tgr_status;

#define TGR_ERROR_MESSAGE_SIZE 1024

typedef struct tgr_error {
    tgr_status status;
    char message[TGR_ERROR_MESSAGE_SIZE]; /* UTF-8, NUL-terminated, no line break, no final stop */
} tgr_error;

/* The name of a status, such as "TGR_ERR_INPUT"; never NULL, static storage. */
TGR_API const char *tgr_status_name(tgr_status status);

/* Frees a text that tagroute handed out; NULL allowed. */
TGR_API void tgr_free(void *memory);

#ifdef __cplusplus
}
#endif
#endif
