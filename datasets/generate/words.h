/* words.h - the words that tags, categories, models and texts are made of. */
#ifndef TGR_GENERATE_WORDS_H
#define TGR_GENERATE_WORDS_H

#include <stdint.h>

#define TGR_GEN_CATEGORIES 12
#define TGR_GEN_TERMS      20 /* of a category */
#define TGR_GEN_SKILLS     16 /* of a category */
#define TGR_GEN_QUALIFIERS 24
#define TGR_GEN_FAMILIES   20

/* A field that people ask about: "software" with the terms "python", "sql", ... and the skills
 * "debugging", "refactoring", ... No term is another term followed by a skill or a qualifier. */
typedef struct tgr_gen_field {
    const char *name;
    const char *terms[TGR_GEN_TERMS];
    const char *skills[TGR_GEN_SKILLS];
} tgr_gen_field;

extern const tgr_gen_field tgr_gen_fields[TGR_GEN_CATEGORIES];
extern const char *const tgr_gen_qualifiers[TGR_GEN_QUALIFIERS];
extern const char *const tgr_gen_families[TGR_GEN_FAMILIES]; /* of models beyond the named five */

#endif
