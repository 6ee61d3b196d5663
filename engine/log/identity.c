/* identity.c - block after block, each hashed as its bytes come. */
#include "engine/log/identity.h"

#include "engine/base/memory.h"
#include "engine/base/xxh3.h"

struct tgr_identity {
    XXH3_state_t block; /* of the block that `next` is in */
    uint64_t end;       /* no block begins from there on */
    uint64_t next;      /* byte that is wanted */
    bool begun;         /* the block has bytes */
    uint64_t sum;       /* of whole blocks */
};

tgr_identity *tgr_identity_new(void)
{
    tgr_identity *identity = tgr_mem_aligned(1, sizeof *identity);
    if (identity != NULL) {
        tgr_identity_begin(identity, 0, UINT64_MAX);
    }
    return identity;
}

void tgr_identity_free(tgr_identity *identity)
{
    tgr_mem_free_aligned(identity);
}

void tgr_identity_begin(tgr_identity *identity, uint64_t begin, uint64_t end)
{
    uint64_t beyond = begin % TGR_IDENTITY_BLOCK;
    identity->end = end;
    identity->next = beyond == 0 ? begin : begin - beyond + TGR_IDENTITY_BLOCK;
    identity->begun = false;
    identity->sum = 0;
}

/* Bytes of one block. */
static void add_to_block(tgr_identity *identity, const char *bytes, size_t length)
{
    if (!identity->begun) {
        XXH3_64bits_reset_withSeed(&identity->block, identity->next / TGR_IDENTITY_BLOCK);
        identity->begun = true;
    }
    XXH3_64bits_update(&identity->block, bytes, length);
    identity->next += length;
    if (identity->next % TGR_IDENTITY_BLOCK == 0) {
        identity->sum += XXH3_64bits_digest(&identity->block);
        identity->begun = false;
    }
}

void tgr_identity_add(tgr_identity *identity, uint64_t offset, const void *bytes, size_t length)
{
    const char *from = bytes;
    if (offset < identity->next) {
        uint64_t known = identity->next - offset;
        size_t passed = known < length ? (size_t)known : length;
        from += passed;
        length -= passed;
    }
    while (length > 0 && (identity->begun || identity->next < identity->end)) {
        uint64_t lacks = TGR_IDENTITY_BLOCK - identity->next % TGR_IDENTITY_BLOCK;
        size_t now = length < lacks ? length : (size_t)lacks;
        add_to_block(identity, from, now);
        from += now;
        length -= now;
    }
}

bool tgr_identity_lacks(const tgr_identity *identity, uint64_t *offset, size_t *length)
{
    *offset = identity->next;
    *length = (size_t)(TGR_IDENTITY_BLOCK - identity->next % TGR_IDENTITY_BLOCK);
    return identity->begun;
}

uint64_t tgr_identity_hash(const tgr_identity *identity)
{
    return identity->sum + (identity->begun ? XXH3_64bits_digest(&identity->block) : 0);
}
