/* fuzz_answer.c - any bytes, as a model's answer and as the whole reply of a server: tags as they
 * are promised, or none. */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/endpoint/answer.h"
#include "engine/endpoint/chat.h"

static void expect_tag(const tgr_tags *tags, const char *tag, size_t length)
{
    fuzz_expect(length > 0 && length <= TGR_ANSWER_BYTES && tgr_utf8_valid(tag, length));
    fuzz_expect(tag[0] != ' ' && tag[length - 1] != ' ');
    for (size_t i = 0; i < length; i++) {
        fuzz_expect((unsigned char)tag[i] >= ' ' && tag[i] != 0x7f);
        fuzz_expect(tag[i] != ' ' || tag[i + 1] != ' ');
    }
    for (const char *other = tags->bytes.bytes; other != tag; other += strlen(other) + 1) {
        fuzz_expect(strcmp(other, tag) != 0);
    }
}

static void read_answer(const char *answer, size_t length)
{
    tgr_answer_reader reader = {0};
    tgr_tags tags = {0};
    for (int cut_off = 0; cut_off < 2; cut_off++) {
        bool refused;
        fuzz_expect(tgr_answer_read(&reader, answer, length, cut_off != 0, &tags, &refused) ==
                    TGR_OK);
        fuzz_expect(tags.count <= TGR_ANSWER_TAGS && !(refused && tags.count > 0));
        const char *tag = tags.bytes.bytes;
        for (size_t i = 0; i < tags.count; i++) {
            expect_tag(&tags, tag, strlen(tag));
            tag += strlen(tag) + 1;
        }
        fuzz_expect(tags.count == 0 || tag == tags.bytes.bytes + tags.bytes.length);
    }
    tgr_answer_reader_free(&reader);
    tgr_buffer_free(&tags.bytes);
}

static void read_reply(const char *body, size_t length)
{
    tgr_chat_reader reader = {0};
    tgr_chat_reply reply;
    fuzz_expect(tgr_chat_read(&reader, body, length, &reply, NULL) == TGR_OK);
    if (reply.answered) {
        read_answer(reply.content, reply.length);
    }
    tgr_chat_error_code(&reader, body, length);
    tgr_chat_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    read_answer((const char *)data, size);
    read_reply((const char *)data, size);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
