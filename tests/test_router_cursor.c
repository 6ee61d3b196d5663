/* test_router_cursor.c - the MessagePack cursor against msgpack-c, on good bytes and on noise. */
#include "tests/router_parts.h"

#include "engine/router/cursor.h"

#define SEED 20240618u

/* Bytes of the first value, as msgpack-c has it; 0 where there is none. Not for hostile bytes: it
 * allocates what they announce. */
static size_t msgpack_length(const char *bytes, size_t length)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t offset = 0;
    bool good = msgpack_unpack_next(&unpacked, bytes, length, &offset) == MSGPACK_UNPACK_SUCCESS;
    msgpack_unpacked_destroy(&unpacked);
    return good ? offset : 0;
}

static void pack_random(msgpack_packer *packer, uint64_t *seed, int depth)
{
    static const char zeros[70000];
    static const size_t lengths[] = {0, 1, 2, 4, 8, 16, 31, 32, 255, 256, 65535, 65536};
    uint64_t bits = next_random(seed) >> next_random(seed) % 64;
    size_t length = lengths[next_random(seed) % (depth > 1 ? 10 : 12)];
    size_t children = (size_t)(next_random(seed) % (depth > 3 ? 1 : 20));
    switch (next_random(seed) % 11) {
    case 0:
        msgpack_pack_nil(packer);
        break;
    case 1:
        msgpack_pack_true(packer);
        break;
    case 2:
        msgpack_pack_uint64(packer, bits);
        break;
    case 3:
        msgpack_pack_int64(packer, -(int64_t)(bits >> 1));
        break;
    case 4:
        msgpack_pack_float(packer, (float)bits);
        break;
    case 5:
        msgpack_pack_double(packer, (double)bits / 3);
        break;
    case 6:
        tgr_pack_text(packer, zeros, length);
        break;
    case 7:
        msgpack_pack_bin(packer, length);
        msgpack_pack_bin_body(packer, zeros, length);
        break;
    case 8:
        msgpack_pack_ext(packer, length, 7);
        msgpack_pack_ext_body(packer, zeros, length);
        break;
    case 9:
        msgpack_pack_array(packer, children);
        for (size_t i = 0; i < children; i++) {
            pack_random(packer, seed, depth + 1);
        }
        break;
    default:
        msgpack_pack_map(packer, children);
        for (size_t i = 0; i < 2 * children; i++) {
            pack_random(packer, seed, depth + 1);
        }
        break;
    }
}

static void the_cursor_walks_every_kind_of_value(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    tgr_buffer bytes = {0};
    for (int round = 0; round < 500; round++) {
        tgr_buffer_clear(&bytes);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &bytes, tgr_pack_to_buffer);
        pack_random(&packer, &seed, 0);
        tgr_cursor cursor = {bytes.bytes, bytes.length, 0};
        assert_int_equal(tgr_cursor_skip(&cursor), TGR_CURSOR_OK);
        assert_int_equal(cursor.at, bytes.length);
        assert_int_equal(msgpack_length(bytes.bytes, bytes.length), bytes.length);
        cursor = (tgr_cursor){bytes.bytes, bytes.length - 1, 0};
        assert_int_equal(tgr_cursor_skip(&cursor), TGR_CURSOR_CUT);
    }
    tgr_buffer_free(&bytes);
}

static void random_bytes_do_no_harm(void **state)
{
    (void)state;
    uint64_t seed = SEED;
    long live = tgr_mem_live();
    for (int round = 0; round < 3000; round++) {
        char bytes[256];
        size_t length = 1 + (size_t)(next_random(&seed) % sizeof bytes);
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (char)next_random(&seed);
        }
        bytes[0] = (char)(0x80 | (next_random(&seed) & 0xf));
        tgr_cursor cursor = {bytes, length, 0};
        if (tgr_cursor_skip(&cursor) == TGR_CURSOR_OK) {
            assert_true(cursor.at <= length);
            assert_int_equal(msgpack_length(bytes, length), cursor.at);
        }
        tgr_router *read;
        assert_int_equal(decode_copy(bytes, length, &read, NULL), TGR_ERR_INPUT);
    }
    assert_int_equal(tgr_mem_live(), live);
}

int main(void)
{
    printf("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cursor_walks_every_kind_of_value),
        cmocka_unit_test(random_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
