/* name_list.h - a JSON list of strings, as allow, deny and needs are kept in query files. */
#ifndef TGR_ROUTER_NAME_LIST_H
#define TGR_ROUTER_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Called for each string, NUL-terminated; one that holds NUL itself is passed over, as no name
 * does. */
typedef void (*tgr_name_visit)(void *user, const char *name, size_t length);

/* Reads the whole of `text`. scratch has room for length + 1 bytes. False where it is not a list of
 * strings (some may have been visited by then). */
bool tgr_name_list_read(const char *text, size_t length, char *scratch, tgr_name_visit visit,
                        void *user);

#endif
