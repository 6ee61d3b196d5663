/* xxh3.h - XXH3 of much data: with the widest instructions that the processor has, where libxxhash
 * chooses them at run time, as it does on x86. The hashes are the same. */
#ifndef TGR_BASE_XXH3_H
#define TGR_BASE_XXH3_H

#define XXH_STATIC_LINKING_ONLY /* for the size of a state, so that it comes from our allocator */
#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#endif

#endif
