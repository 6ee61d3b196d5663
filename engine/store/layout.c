/* layout.c - where a query file of tagroute keeps what, and the digest over all of it. */
#include "engine/store/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static const char *const paths[TGR_DATASETS] = {
    [TGR_DATASET_INDPTR] = "X/indptr",
    [TGR_DATASET_INDICES] = "X/indices",
    [TGR_DATASET_DATA] = "X/data",
    [TGR_DATASET_IDS] = "obs/_index",
    [TGR_DATASET_CATEGORY] = "obs/category/codes",
    [TGR_DATASET_SPLIT] = "obs/split/codes",
    [TGR_DATASET_ALLOW] = "obs/allow/codes",
    [TGR_DATASET_DENY] = "obs/deny/codes",
    [TGR_DATASET_NEEDS] = "obs/needs/codes",
    [TGR_DATASET_SOURCE] = "obs/source/codes",
    [TGR_DATASET_CATEGORY_NAMES] = "obs/category/categories",
    [TGR_DATASET_SPLIT_NAMES] = "obs/split/categories",
    [TGR_DATASET_ALLOW_NAMES] = "obs/allow/categories",
    [TGR_DATASET_DENY_NAMES] = "obs/deny/categories",
    [TGR_DATASET_NEEDS_NAMES] = "obs/needs/categories",
    [TGR_DATASET_SOURCE_NAMES] = "obs/source/categories",
    [TGR_DATASET_POSITION] = "obs/position",
    [TGR_DATASET_PROMPT_TOKENS] = "obs/prompt_tokens",
    [TGR_DATASET_TEXT] = "obs/text",
    [TGR_DATASET_TAGS] = "var/_index",
    [TGR_DATASET_TAG_QUERIES] = "var/queries",
    [TGR_DATASET_TAG_COUNTS] = "var/count",
    [TGR_DATASET_SCORE] = "obsm/score",
    [TGR_DATASET_OUTCOME] = "obsm/outcome",
    [TGR_DATASET_COST] = "obsm/cost",
    [TGR_DATASET_COMPLETION_TOKENS] = "obsm/completion_tokens",
    [TGR_DATASET_MODELS] = "uns/tagroute/models",
    [TGR_DATASET_CACHED_TOKENS] = "obs/cached_prompt_tokens",
    [TGR_DATASET_TOKENS_FROM] = "obs/prompt_tokens_from/codes",
    [TGR_DATASET_TOKENS_FROM_NAMES] = "obs/prompt_tokens_from/categories",
    [TGR_DATASET_RECORD_BYTES] = "obs/record_bytes",
    [TGR_DATASET_RECORD_PART] = "obs/record_part",
    [TGR_DATASET_SOURCE_BYTES] = "uns/tagroute/source_bytes",
    [TGR_DATASET_SOURCE_HASHES] = "uns/tagroute/source_hashes",
    [TGR_DATASET_LOGGED_MODEL] = "obs/logged_model/codes",
    [TGR_DATASET_LOGGED_MODEL_NAMES] = "obs/logged_model/categories",
    [TGR_DATASET_LOGGED_COST] = "obs/logged_cost",
    [TGR_DATASET_KEPT_COLUMNS] = "uns/tagroute/kept/columns",
    [TGR_DATASET_KEPT + 0] = "uns/tagroute/kept/0/codes",
    [TGR_DATASET_KEPT + 1] = "uns/tagroute/kept/1/codes",
    [TGR_DATASET_KEPT + 2] = "uns/tagroute/kept/2/codes",
    [TGR_DATASET_KEPT + 3] = "uns/tagroute/kept/3/codes",
    [TGR_DATASET_KEPT + 4] = "uns/tagroute/kept/4/codes",
    [TGR_DATASET_KEPT + 5] = "uns/tagroute/kept/5/codes",
    [TGR_DATASET_KEPT + 6] = "uns/tagroute/kept/6/codes",
    [TGR_DATASET_KEPT + 7] = "uns/tagroute/kept/7/codes",
    [TGR_DATASET_KEPT_NAMES + 0] = "uns/tagroute/kept/0/categories",
    [TGR_DATASET_KEPT_NAMES + 1] = "uns/tagroute/kept/1/categories",
    [TGR_DATASET_KEPT_NAMES + 2] = "uns/tagroute/kept/2/categories",
    [TGR_DATASET_KEPT_NAMES + 3] = "uns/tagroute/kept/3/categories",
    [TGR_DATASET_KEPT_NAMES + 4] = "uns/tagroute/kept/4/categories",
    [TGR_DATASET_KEPT_NAMES + 5] = "uns/tagroute/kept/5/categories",
    [TGR_DATASET_KEPT_NAMES + 6] = "uns/tagroute/kept/6/categories",
    [TGR_DATASET_KEPT_NAMES + 7] = "uns/tagroute/kept/7/categories",
    [TGR_DATASET_WEIGHT] = "obs/weight",
    [TGR_DATASET_PROPENSITY] = "obs/propensity",
    [TGR_DATASET_PROPENSITIES] = "obsm/propensity",
};

const char *const tgr_skipped_names[TGR_SKIP_REASONS] = {
    [TGR_SKIP_FAILED] = "skipped_failed",
    [TGR_SKIP_NOT_CHAT] = "skipped_not_chat",
    [TGR_SKIP_NO_TEXT] = "skipped_no_text",
    [TGR_SKIP_RESPONSE] = "skipped_response",
};

const char *tgr_dataset_path(tgr_dataset dataset)
{
    return paths[dataset];
}

tgr_checksum tgr_checksum_of(uint64_t hash)
{
    tgr_checksum checksum;
    snprintf(checksum.text, sizeof(checksum.text), "%016" PRIx64, hash);
    return checksum;
}

/* The longest line is well below this; a tagger's own strings are hashed apart, so they may be
 * long. */
#define LINE 96

void tgr_layout_digest(const tgr_checksum checksums[TGR_DATASETS], const tgr_digest_facts *tagger,
                       char digest[33])
{
    char text[(TGR_DATASETS + 5) * LINE];
    size_t length = 0;
    for (int i = 0; i < TGR_DATASETS; i++) {
        if (i < TGR_DATASET_OLDEST || checksums[i].text[0] != '\0') {
            length += (size_t)snprintf(text + length, LINE, "%s=%s\n", paths[i], checksums[i].text);
        }
    }
    const char *kind = tagger->kind ? tagger->kind : "",
               *own = tagger->digest ? tagger->digest : "";
    length += (size_t)snprintf(text + length, LINE, "tagger/kind=%016" PRIx64 "\n",
                               (uint64_t)XXH3_64bits(kind, strlen(kind)));
    length += (size_t)snprintf(text + length, LINE, "tagger/digest=%016" PRIx64 "\n",
                               (uint64_t)XXH3_64bits(own, strlen(own)));
    length +=
        (size_t)snprintf(text + length, LINE, "tagger/category_tag=%d\n", tagger->category_tag);
    if (tagger->router_tags > 0) {
        length +=
            (size_t)snprintf(text + length, LINE, "router_tags=%" PRIu32 "\n", tagger->router_tags);
    }
    if (tagger->shards > 0) {
        const char *run = tagger->run_digest ? tagger->run_digest : "";
        length += (size_t)snprintf(text + length, LINE,
                                   "shard=%" PRIu64 "/%" PRIu64 " %016" PRIx64 "\n", tagger->shard,
                                   tagger->shards, (uint64_t)XXH3_64bits(run, strlen(run)));
    }
    XXH128_hash_t hash = XXH3_128bits(text, length);
    snprintf(digest, 33, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
}

tgr_status tgr_layout_open(const tgr_h5_file *file, tgr_dataset dataset, hid_t *id,
                           tgr_error *error)
{
    char path[64];
    snprintf(path, sizeof(path), "%s", paths[dataset]);
    hid_t at = file->id;
    char *rest = path;
    *id = 0;
    for (char *name = strsep(&rest, "/"); name; name = strsep(&rest, "/")) {
        hid_t next = 0;
        tgr_status status = TGR_OK;
        if (at == file->id || H5Iget_type(at) == H5I_GROUP) {
            status = tgr_h5_child(file, at, name, &next, error);
        }
        if (at != file->id) {
            tgr_h5_close(at);
        }
        if (status != TGR_OK || next == 0) {
            return status;
        }
        at = next;
    }
    *id = at;
    return TGR_OK;
}

tgr_status tgr_layout_checksums(const tgr_h5_file *file, tgr_checksum checksums[TGR_DATASETS],
                                bool *complete, tgr_error *error)
{
    *complete = true;
    for (int i = 0; i < TGR_DATASETS; i++) {
        checksums[i].text[0] = 0;
        hid_t object;
        tgr_status status = tgr_layout_open(file, (tgr_dataset)i, &object, error);
        if (status != TGR_OK) {
            return status;
        }
        if (object == 0) {
            continue;
        }
        char *text = NULL;
        status = tgr_h5_text_attribute(file, object, TGR_CHECKSUM, &text, error);
        tgr_h5_close(object);
        if (status != TGR_OK) {
            return status;
        }
        if (text && strlen(text) == 16) {
            memcpy(checksums[i].text, text, 17);
        } else {
            *complete = false;
        }
        tgr_mem_free(text);
    }
    return TGR_OK;
}
