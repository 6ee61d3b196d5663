/* united.c - names of files, numbered as they come. */
#include "engine/judge/united.h"

#include "engine/base/memory.h"

const tgr_strings *tgr_names_of_column(const tgr_query_file *file, size_t which)
{
    return file->more[which];
}

const tgr_strings *tgr_names_of_category(const tgr_query_file *file, size_t unused)
{
    (void)unused;
    return file->categories;
}

static bool add_file(tgr_united *united, size_t file, const tgr_strings *names)
{
    uint32_t count = names == NULL ? 0 : tgr_strings_count(names);
    united->codes[file] = tgr_mem_alloc(count, sizeof **united->codes);
    for (uint32_t i = 0; united->codes[file] != NULL && i < count; i++) {
        size_t length;
        const char *text = tgr_strings_get(names, i, &length);
        uint32_t code = tgr_strings_add(united->names, text, length);
        if (code == TGR_STRING_NONE) {
            return false;
        }
        united->codes[file][i] = (int32_t)code;
    }
    return united->codes[file] != NULL;
}

bool tgr_united_open(tgr_united *united, const tgr_pass *pass, tgr_names_of *of, size_t which)
{
    *united = (tgr_united){.names = tgr_strings_new(), .files = pass->file_count};
    united->codes = tgr_mem_zalloc(pass->file_count, sizeof *united->codes);
    bool enough = united->names != NULL && united->codes != NULL;
    for (size_t file = 0; enough && file < pass->file_count; file++) {
        enough = add_file(united, file, of(pass->files[file], which));
    }
    return enough;
}

void tgr_united_close(tgr_united *united)
{
    for (size_t file = 0; united->codes != NULL && file < united->files; file++) {
        tgr_mem_free(united->codes[file]);
    }
    tgr_mem_free(united->codes);
    tgr_strings_free(united->names);
    *united = (tgr_united){0};
}
