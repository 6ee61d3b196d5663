/* id_set.h - which custom_ids a file holds already, by their hashes: two that hash alike count as
 * one, and the second is renamed for nothing. */
#ifndef TGR_EXPORT_ID_SET_H
#define TGR_EXPORT_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed. */
typedef struct tgr_id_set {
    uint64_t *hashes; /* 0: free */
    size_t capacity;  /* a power of 2 */
    size_t count;
} tgr_id_set;

/* Adds an id; *is_new is whether it was not there. False where memory is short. */
bool tgr_id_set_add(tgr_id_set *set, const char *id, size_t length, bool *is_new);
void tgr_id_set_clear(tgr_id_set *set); /* memory is kept */
void tgr_id_set_free(tgr_id_set *set);

#endif
