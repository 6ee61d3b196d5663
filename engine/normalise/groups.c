/* groups.c - tags in order of frequency, grouped by form. */
#include "engine/normalise/groups.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/normalise/by_frequency.h"
#include "engine/tagger/rules.h"

static bool allocate(tgr_groups *groups, size_t tags)
{
    groups->order = tgr_mem_alloc(tags, sizeof *groups->order);
    groups->of_tag = tgr_mem_alloc(tags, sizeof *groups->of_tag);
    groups->first = tgr_mem_alloc(tags, sizeof *groups->first);
    groups->seen = tgr_mem_zalloc(tags, sizeof *groups->seen);
    groups->rare = tgr_mem_zalloc(tags, sizeof *groups->rare);
    groups->forms = tgr_strings_new();
    return groups->order != NULL && groups->of_tag != NULL && groups->first != NULL &&
           groups->seen != NULL && groups->rare != NULL && groups->forms != NULL;
}

static bool order_tags(tgr_groups *groups, const tgr_seen_tags *tags)
{
    uint32_t count = tgr_strings_count(tags->tags);
    tgr_ranked *ranked = tgr_mem_alloc(count, sizeof *ranked);
    if (ranked == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        ranked[i] = (tgr_ranked){tags->seen[i], tgr_strings_get(tags->tags, i, NULL), i};
    }
    tgr_rank(ranked, count);
    for (uint32_t i = 0; i < count; i++) {
        groups->order[i] = ranked[i].number;
    }
    tgr_mem_free(ranked);
    return true;
}

static bool add_tag(tgr_groups *groups, const tgr_seen_tags *tags, uint32_t tag, tgr_rules *rules)
{
    size_t length;
    const char *name = tgr_strings_get(tags->tags, tag, &length);
    if (!tgr_rules_apply(rules, name, length)) {
        return false;
    }
    uint32_t group = tgr_strings_add(groups->forms, rules->form.bytes, rules->form.length);
    if (group == TGR_STRING_NONE) {
        return false;
    }
    if (group == groups->count) {
        groups->first[groups->count++] = tag;
    }
    groups->of_tag[tag] = group;
    groups->seen[group] += tags->seen[tag];
    return true;
}

static bool group_tags(tgr_groups *groups, const tgr_seen_tags *tags, const bool *aside)
{
    bool complete = true;
    tgr_rules rules = {0};
    uint32_t count = tgr_strings_count(tags->tags);
    for (uint32_t i = 0; i < count && complete; i++) {
        uint32_t tag = groups->order[i];
        groups->of_tag[tag] = TGR_NO_GROUP;
        if (aside == NULL || !aside[tag]) {
            complete = add_tag(groups, tags, tag, &rules);
        }
    }
    tgr_rules_free(&rules);
    return complete;
}

tgr_status tgr_groups_make(tgr_groups *groups, const tgr_seen_tags *tags, const bool *aside,
                           double min_count, tgr_error *error)
{
    *groups = (tgr_groups){0};
    if (!allocate(groups, tgr_strings_count(tags->tags)) || !order_tags(groups, tags) ||
        !group_tags(groups, tags, aside)) {
        tgr_groups_free(groups);
        return tgr_fail_memory(error, "the groups of tags");
    }
    for (size_t i = 0; i < groups->count; i++) {
        groups->rare[i] = groups->seen[i] < min_count;
    }
    return TGR_OK;
}

void tgr_groups_free(tgr_groups *groups)
{
    tgr_mem_free(groups->order);
    tgr_mem_free(groups->of_tag);
    tgr_mem_free(groups->first);
    tgr_mem_free(groups->seen);
    tgr_mem_free(groups->rare);
    tgr_strings_free(groups->forms);
    *groups = (tgr_groups){0};
}
