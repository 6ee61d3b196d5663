/* fuzz_msgpack.c - any bytes, read as MessagePack: no crash, no leak, no record lost between
 * shards. */
#include "tests/fuzz/fuzz_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_log(data, size, TGR_LOG_MSGPACK);
}
