/* ranks.c - what a crew does, by MPI: meeting, adding up, telling each other.
 *
 * A process that fails sends word to all others at once, so that they stop at their next block of
 * queries, and meets them; at the meeting the first that failed says why. Nothing is said after
 * that. Each other function begins with a meeting, since a process that failed is there and nowhere
 * else.
 */
#include "engine/cli/mpi/ranks.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mpi.h>

#include <tagroute/status.h>

#include "engine/cli/fail.h"
#include "engine/cli/signals.h"

#define AT_ONCE       ((size_t)1 << 22) /* numbers that are added up in one go */
#define AT_ONCE_BYTES ((size_t)1 << 20) /* of each process, that are gathered in one go */
#define FAILURE       1                 /* the tag of word that a process has failed */
#define HOST_SIZE     128

static struct ranks {
    MPI_Comm talk; /* meetings, sums and gatherings */
    MPI_Comm word; /* that a process has failed */
    MPI_Datatype wide;
    MPI_Op add_wide;
    MPI_Request *sent; /* ranks; of word that this process has sent, else NULL */
    bool heard;        /* word of another process */
    bool ended;        /* all know that some process failed, and why */
    tgr_error why;
    tgr_crew crew;
} self;

/* ---- meeting ------------------------------------------------------------------------------------
 */

/* Sends word without waiting for anybody to hear it. Where memory is short they hear later. */
static void send_word(void)
{
    static int nothing;
    if (self.sent != NULL) {
        return;
    }
    self.sent = malloc(self.crew.ranks * sizeof *self.sent);
    for (uint32_t i = 0; self.sent != NULL && i < self.crew.ranks; i++) {
        self.sent[i] = MPI_REQUEST_NULL;
        if (i != self.crew.rank) {
            MPI_Isend(&nothing, 0, MPI_INT, (int)i, FAILURE, self.word, &self.sent[i]);
        }
    }
}

static void receive_word(int from)
{
    int nothing;
    MPI_Recv(&nothing, 0, MPI_INT, from, FAILURE, self.word, MPI_STATUS_IGNORE);
}

void tgr_ranks_listen(void)
{
    int there = 0;
    if (!self.heard && !self.ended) {
        MPI_Iprobe(MPI_ANY_SOURCE, FAILURE, self.word, &there, MPI_STATUS_IGNORE);
    }
    if (there) { /* it is received at the meeting */
        self.heard = true;
        tgr_cli_cancel();
    }
}

/* Everybody's word is received, so that nothing is under way when the job ends. */
static void settle_words(void)
{
    int sent = self.sent != NULL;
    int *all = malloc(self.crew.ranks * sizeof *all);
    if (all == NULL) {
        MPI_Abort(MPI_COMM_WORLD, 1);
        return;
    }
    MPI_Allgather(&sent, 1, MPI_INT, all, 1, MPI_INT, self.talk);
    for (uint32_t i = 0; i < self.crew.ranks; i++) {
        if (all[i] && i != self.crew.rank) {
            receive_word((int)i);
        }
    }
    if (self.sent != NULL) {
        MPI_Waitall((int)self.crew.ranks, self.sent, MPI_STATUSES_IGNORE);
    }
    free(all);
}

/* The first process that failed tells why; those that were stopped by this come last. */
static int order_of(tgr_status status)
{
    int rank = (int)self.crew.rank, ranks = (int)self.crew.ranks;
    return status == TGR_OK                            ? INT_MAX
           : status == TGR_ERR_CANCELLED && self.heard ? 2 * ranks + rank
           : status == TGR_ERR_CANCELLED               ? ranks + rank
                                                       : rank;
}

static void learn_why(int first, tgr_status status, const tgr_error *error)
{
    char host[HOST_SIZE] = "";
    if ((int)self.crew.rank == first) {
        gethostname(host, sizeof host - 1);
        self.why = error == NULL ? (tgr_error){0} : *error;
        self.why.status = status;
        if (first > 0) { /* the first is as good as a process alone */
            snprintf(self.why.message, sizeof self.why.message, "process %d of %d on %.60s: %.900s",
                     first + 1, (int)self.crew.ranks, host,
                     error == NULL || error->message[0] == '\0' ? "it failed" : error->message);
        }
    }
    MPI_Bcast(&self.why, (int)sizeof self.why, MPI_BYTE, first, self.talk);
}

static tgr_status meet(void *user, tgr_status status, tgr_error *error)
{
    (void)user;
    int own = order_of(status), first = own;
    if (!self.ended) {
        if (status != TGR_OK && !self.heard) {
            send_word();
        }
        MPI_Allreduce(&own, &first, 1, MPI_INT, MPI_MIN, self.talk);
        if (first == INT_MAX) {
            return TGR_OK;
        }
        learn_why(first % (int)self.crew.ranks, status, error);
        settle_words();
        self.ended = true;
    }
    if (error != NULL) {
        *error = self.why;
    }
    return self.why.status;
}

/* ---- sums ---------------------------------------------------------------------------------------
 */

static void add_wide(void *from, void *into, int *count, MPI_Datatype *type)
{
    const uint64_t *more = from;
    uint64_t *sum = into;
    (void)type;
    for (int i = 0; i < *count; i++, more += 2, sum += 2) {
        uint64_t low = sum[0] + more[0];
        sum[1] += more[1] + (low < more[0]);
        sum[0] = low;
    }
}

static tgr_status sum(void *user, uint64_t *numbers, size_t count, int words, tgr_error *error)
{
    tgr_status status = meet(user, TGR_OK, error);
    while (status == TGR_OK && count > 0) {
        size_t now = count < AT_ONCE ? count : AT_ONCE;
        MPI_Allreduce(MPI_IN_PLACE, numbers, (int)now, words == 2 ? self.wide : MPI_UINT64_T,
                      words == 2 ? self.add_wide : MPI_SUM, self.talk);
        numbers += now * (size_t)words;
        count -= now;
    }
    return status;
}

/* ---- gathering ----------------------------------------------------------------------------------
 */

/* Pieces of all processes come together, and go each to its own place. */
static void gather_pieces(const char *own, size_t length, char *all, char *pieces)
{
    for (size_t done = 0; done < length;) {
        size_t now = length - done < AT_ONCE_BYTES ? length - done : AT_ONCE_BYTES;
        MPI_Allgather(own + done, (int)now, MPI_BYTE, pieces, (int)now, MPI_BYTE, self.talk);
        for (size_t i = 0; i < self.crew.ranks; i++) {
            memcpy(all + i * length + done, pieces + i * now, now);
        }
        done += now;
    }
}

static tgr_status gather(void *user, const void *own, size_t length, void *all, tgr_error *error)
{
    char *pieces = NULL;
    tgr_error failure = {0};
    tgr_status status = TGR_OK;
    if (length > AT_ONCE_BYTES) {
        pieces = malloc(self.crew.ranks * AT_ONCE_BYTES);
        if (pieces == NULL) {
            status = tgr_cli_fail(&failure, TGR_ERR_NOMEM,
                                  "not enough memory for what other processes say");
        }
    }
    *(error == NULL ? &failure : error) = failure;
    status = meet(user, status, error == NULL ? &failure : error);
    if (status == TGR_OK && pieces != NULL) {
        gather_pieces(own, length, all, pieces);
    } else if (status == TGR_OK) {
        MPI_Allgather(own, (int)length, MPI_BYTE, all, (int)length, MPI_BYTE, self.talk);
    }
    free(pieces);
    return status;
}

/* ---- the job ------------------------------------------------------------------------------------
 */

bool tgr_ranks_open(int *count, char ***words)
{
    int level, rank, ranks;
    MPI_Init_thread(count, words, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Comm_dup(MPI_COMM_WORLD, &self.talk);
    MPI_Comm_dup(MPI_COMM_WORLD, &self.word);
    MPI_Type_contiguous(2, MPI_UINT64_T, &self.wide);
    MPI_Type_commit(&self.wide);
    MPI_Op_create(add_wide, 1, &self.add_wide);
    self.crew = (tgr_crew){.size = sizeof self.crew,
                           .rank = (uint32_t)rank,
                           .ranks = (uint32_t)ranks,
                           .meet = meet,
                           .sum = sum,
                           .gather = gather};
    return level >= MPI_THREAD_FUNNELED;
}

void tgr_ranks_close(void)
{
    MPI_Op_free(&self.add_wide);
    MPI_Type_free(&self.wide);
    MPI_Comm_free(&self.word);
    MPI_Comm_free(&self.talk);
    free(self.sent);
    MPI_Finalize();
}

const tgr_crew *tgr_ranks_crew(void)
{
    return &self.crew;
}
