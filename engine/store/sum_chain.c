/* sum_chain.c - the sums of an array's blocks where several threads read its rows part by part. */
#include "engine/store/sum_chain.h"

#include <pthread.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/blocks_piece.h"

#define STEP_BYTES (256u << 10) /* read again in one go */

struct tgr_sum_chain {
    pthread_mutex_t mutex; /* over the next two */
    pthread_cond_t turned;
    uint64_t turn;   /* the part that may add */
    uint64_t broken; /* the lowest part that failed */

    /* of whose turn it is */
    uint64_t at; /* the row behind those that were added */
    void *hash;  /* of its block, up to there */
};

tgr_sum_chain *tgr_sum_chain_new(void)
{
    tgr_sum_chain *chain = tgr_mem_zalloc(1, sizeof *chain);
    if (!chain) {
        return NULL;
    }
    chain->broken = TGR_NO_PART;
    chain->hash = tgr_mem_aligned(1, sizeof(XXH3_state_t));
    if (!chain->hash || pthread_mutex_init(&chain->mutex, NULL) != 0) {
        goto no_mutex;
    }
    if (pthread_cond_init(&chain->turned, NULL) != 0) {
        goto no_turned;
    }
    XXH3_64bits_reset(chain->hash);
    return chain;
no_turned:
    pthread_mutex_destroy(&chain->mutex);
no_mutex:
    tgr_mem_free_aligned(chain->hash);
    tgr_mem_free(chain);
    return NULL;
}

void tgr_sum_chain_free(tgr_sum_chain *chain)
{
    if (!chain) {
        return;
    }
    pthread_cond_destroy(&chain->turned);
    pthread_mutex_destroy(&chain->mutex);
    tgr_mem_free_aligned(chain->hash);
    tgr_mem_free(chain);
}

/* ---- turns ----------------------------------------------------------------------------- */

typedef enum turn {
    TURN_CAME,
    TURN_OVER,  /* the part was passed: all of it is added */
    TURN_BROKEN /* a part before it failed */
} turn;

static turn wait_for_turn(tgr_sum_chain *chain, uint64_t part)
{
    pthread_mutex_lock(&chain->mutex);
    while (chain->turn < part && chain->broken >= part) {
        pthread_cond_wait(&chain->turned, &chain->mutex);
    }
    turn found = chain->turn > part ? TURN_OVER : chain->broken < part ? TURN_BROKEN : TURN_CAME;
    pthread_mutex_unlock(&chain->mutex);
    return found;
}

void tgr_sum_chain_pass(tgr_sum_chain *chain, uint64_t part)
{
    wait_for_turn(chain, part);
    pthread_mutex_lock(&chain->mutex);
    if (chain->turn == part) {
        chain->turn++;
        pthread_cond_broadcast(&chain->turned);
    }
    pthread_mutex_unlock(&chain->mutex);
}

void tgr_sum_chain_break(tgr_sum_chain *chain, uint64_t part)
{
    pthread_mutex_lock(&chain->mutex);
    if (part < chain->broken) {
        chain->broken = part;
        pthread_cond_broadcast(&chain->turned);
    }
    pthread_mutex_unlock(&chain->mutex);
}

/* ---- summing --------------------------------------------------------------------------- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Adds rows from chain->at on, which may go over the ends of blocks. */
static tgr_status add_rows(tgr_sum_chain *chain, const tgr_array *array, uint64_t end,
                           const char *bytes, tgr_error *error)
{
    tgr_block_state *state = array->state;
    const uint64_t block_rows = state->sums.block_rows, row_bytes = array->columns * array->width;
    while (chain->at < end) {
        uint64_t block = chain->at / block_rows, start = block * block_rows;
        uint64_t block_end = start + least(block_rows, array->rows - start);
        uint64_t now = least(end, block_end) - chain->at;
        if (chain->at == start) {
            XXH3_64bits_reset(chain->hash);
        }
        if (!state->verified[block]) {
            XXH3_64bits_update(chain->hash, bytes, (size_t)(now * row_bytes));
        }
        bytes += now * row_bytes;
        chain->at += now;
        if (chain->at == block_end && !state->verified[block]) {
            tgr_status status =
                tgr_block_compare(array, block, XXH3_64bits_digest(chain->hash), error);
            if (status != TGR_OK) {
                return status;
            }
        }
    }
    return TGR_OK;
}

/* Adds rows from chain->at on that nobody has read. */
static tgr_status add_unread(tgr_sum_chain *chain, const tgr_array *array, uint64_t end,
                             tgr_error *error)
{
    uint64_t row_bytes = array->columns * array->width;
    uint64_t step = STEP_BYTES / row_bytes ? STEP_BYTES / row_bytes : 1;
    tgr_status status = TGR_OK;
    if (chain->at == end) {
        return TGR_OK;
    }
    char *bytes = tgr_mem_alloc((size_t)least(step, end - chain->at), (size_t)row_bytes);
    if (!bytes) {
        return tgr_fail_memory(error, array->name.text);
    }
    while (status == TGR_OK && chain->at < end) {
        uint64_t now = least(step, end - chain->at);
        status = tgr_block_fetch(array, chain->at, now, bytes, error);
        if (status == TGR_OK) {
            status = add_rows(chain, array, chain->at + now, bytes, error);
        }
    }
    tgr_mem_free(bytes);
    return status;
}

tgr_status tgr_sum_chain_add(tgr_sum_chain *chain, const tgr_array *array, uint64_t part,
                             uint64_t first, uint64_t count, const void *bytes, tgr_error *error)
{
    const tgr_block_state *state = array->state;
    const uint64_t end = first + count, row_bytes = array->columns * array->width;
    tgr_status status = TGR_OK;
    turn mine = wait_for_turn(chain, part);
    if (mine != TURN_CAME) {
        return mine == TURN_OVER ? TGR_OK : TGR_ERR_CANCELLED;
    }
    if (first > chain->at) {
        uint64_t start = first / state->sums.block_rows * state->sums.block_rows;
        chain->at = chain->at > start ? chain->at : start;
        status = state->verified[start / state->sums.block_rows]
                     ? TGR_OK
                     : add_unread(chain, array, first, error);
        chain->at = first;
    }
    if (status == TGR_OK && end > chain->at) {
        status = add_rows(chain, array, end, (const char *)bytes + (chain->at - first) * row_bytes,
                          error);
    }
    return status;
}

tgr_status tgr_sum_chain_settle(tgr_sum_chain *chain, const tgr_array *array, tgr_error *error)
{
    const tgr_block_sums *sums = &array->state->sums;
    uint64_t inside = chain->at % sums->block_rows;
    if (inside == 0 || chain->at >= array->rows ||
        array->state->verified[chain->at / sums->block_rows]) {
        return TGR_OK;
    }
    return add_unread(chain, array, least(chain->at - inside + sums->block_rows, array->rows),
                      error);
}
