// json.cpp - the only C++ of the engine: simdjson's document, copied to a tape. Nothing throws
// across it.
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <new>

extern "C" {
#include "engine/base/memory.h"
#include "engine/log/json.h"
}

static_assert(TGR_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "the padding that simdjson reads");

struct tgr_json_parser {
    simdjson::dom::parser parser;
    simdjson::dom::document document;
};

namespace
{

using simdjson::internal::tape_ref;
using simdjson::internal::tape_type;

const size_t smallest_capacity = size_t(1) << 16;

// Copies simdjson's tape to ours. Both hold values in document order, so one pass does; walking by
// simdjson's elements takes twice as long.
class copier
{
  public:
    // escapes: whether some string may have been written with one; valid JSON has no other way to
    // spell a NUL. To look for it in the strings is faster than to look for that escape in the
    // text.
    copier(const simdjson::dom::document &from, tgr_tape *to, bool escapes)
        : document(from), tape(to), may_hold_nul(escapes)
    {
    }

    tgr_status copy(tgr_fault *fault)
    {
        // The root stands at both ends; its first word says where the second is.
        size_t end = tape_ref(&document, 0).matching_brace_index() - 1;
        if (end > 2 * size_t(TGR_TAPE_MAX) + 2) { // as no value takes more than two words
            return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "more than 4194304 values");
        }
        if (!tgr_tape_reserve(tape, end)) {
            return TGR_ERR_NOMEM;
        }
        for (size_t at = 1; at < end;) {
            at = step(at);
            if (depth > TGR_VALUE_DEPTH) {
                return tgr_fault_set(fault, TGR_BAD_TOO_DEEP, "nested more than 32 levels deep");
            }
        }
        if (tape->count > TGR_TAPE_MAX) {
            return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "more than 4194304 values");
        }
        return TGR_OK;
    }

  private:
    const simdjson::dom::document &document;
    tgr_tape *tape;
    bool may_hold_nul;
    size_t depth = 0;
    size_t open[TGR_VALUE_DEPTH + 1]; // containers that have begun, on our tape

    tgr_value &add(tgr_value_kind kind)
    {
        tgr_value &value = tape->values[tape->count++];
        value.kind = kind;
        value.next = uint32_t(tape->count);
        value.count = 0;
        value.subtype = 0;
        return value;
    }

    size_t add_container(tgr_value_kind kind, const tape_ref &from)
    {
        open[depth++] = tape->count;
        add(kind).count = from.scope_count(); // exact up to 2^24 - 1, above TGR_TAPE_MAX
        return from.json_index + 1;
    }

    size_t end_container(const tape_ref &from)
    {
        tape->values[open[--depth]].next = uint32_t(tape->count);
        return from.json_index + 1;
    }

    size_t add_string(const tape_ref &from)
    {
        std::string_view text = from.get_string_view();
        tgr_value &value = add(TGR_STRING);
        value.count = uint32_t(text.size());
        value.as.bytes = text.data();
        tape->nul |= may_hold_nul && memchr(text.data(), '\0', text.size());
        return from.json_index + 1;
    }

    size_t add_signed(const tape_ref &from)
    {
        int64_t number = from.next_tape_value<int64_t>();
        add(number < 0 ? TGR_INTEGER : TGR_UNSIGNED).as.integer = number;
        return from.json_index + 2;
    }

    // One word of simdjson's tape, or two for numbers; returns the index of the next.
    size_t step(size_t at)
    {
        tape_ref from(&document, at);
        switch (from.tape_ref_type()) {
        case tape_type::STRING:
            return add_string(from);
        case tape_type::INT64:
            return add_signed(from);
        case tape_type::UINT64:
            add(TGR_UNSIGNED).as.unsigned_integer = from.next_tape_value<uint64_t>();
            return at + 2;
        case tape_type::DOUBLE:
            add(TGR_REAL).as.real = from.next_tape_value<double>();
            return at + 2;
        case tape_type::START_OBJECT:
            return add_container(TGR_MAP, from);
        case tape_type::START_ARRAY:
            return add_container(TGR_ARRAY, from);
        case tape_type::END_OBJECT:
        case tape_type::END_ARRAY:
            return end_container(from);
        case tape_type::TRUE_VALUE:
        case tape_type::FALSE_VALUE:
            add(TGR_BOOLEAN).as.boolean = from.tape_ref_type() == tape_type::TRUE_VALUE;
            return at + 1;
        default:
            add(TGR_NIL);
            return at + 1;
        }
    }
};

tgr_status refuse(simdjson::error_code code, tgr_fault *fault)
{
    switch (code) {
    case simdjson::MEMALLOC:
        return TGR_ERR_NOMEM;
    case simdjson::CAPACITY:
        return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "larger than 4 GiB");
    case simdjson::DEPTH_ERROR:
        return tgr_fault_set(fault, TGR_BAD_TOO_DEEP, "nested more than 32 levels deep");
    case simdjson::UTF8_ERROR:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "not valid UTF-8");
    case simdjson::NUMBER_ERROR:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "a number is malformed or out of range");
    case simdjson::STRING_ERROR:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "a string holds a malformed escape");
    case simdjson::UNCLOSED_STRING:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "a string does not end");
    case simdjson::UNESCAPED_CHARS:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "a string holds a raw control character");
    case simdjson::EMPTY:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "no JSON value");
    default:
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "not valid JSON");
    }
}

// Grows the parser by doubling, so that ever longer lines do not each cost an allocation.
simdjson::error_code make_room(tgr_json_parser *parser, size_t length)
{
    size_t capacity = parser->parser.capacity();
    if (length <= capacity && length <= parser->document.capacity() && capacity > 0) {
        return simdjson::SUCCESS;
    }
    capacity = smallest_capacity;
    while (capacity < length) {
        capacity *= 2;
    }
    capacity = std::min(capacity, size_t(simdjson::SIMDJSON_MAXSIZE_BYTES));
    // The document itself counts as a level.
    simdjson::error_code code = parser->parser.allocate(capacity, TGR_VALUE_DEPTH + 1);
    return code ? code : parser->document.allocate(capacity);
}

} // namespace

extern "C" tgr_json_parser *tgr_json_parser_new(void)
{
    void *memory = tgr_mem_alloc(1, sizeof(tgr_json_parser));
    if (!memory) {
        return nullptr;
    }
    return new (memory) tgr_json_parser();
}

extern "C" void tgr_json_parser_free(tgr_json_parser *parser)
{
    if (parser) {
        parser->~tgr_json_parser();
        tgr_mem_free(parser);
    }
}

extern "C" tgr_status tgr_json_parse(tgr_json_parser *parser, const char *text, size_t length,
                                     tgr_tape *tape, tgr_fault *fault)
try {
    tgr_tape_clear(tape);
    if (length > UINT32_MAX) {
        return refuse(simdjson::CAPACITY, fault);
    }
    simdjson::error_code code = make_room(parser, length);
    if (code) {
        return refuse(code, fault);
    }
    code = parser->parser.parse_into_document(parser->document, text, length, false).error();
    if (code) {
        return refuse(code, fault);
    }
    bool escapes = memchr(text, '\\', length) != nullptr;
    return copier(parser->document, tape, escapes).copy(fault);
} catch (...) {
    return TGR_ERR_NOMEM;
}

extern "C" bool tgr_utf8_valid(const char *bytes, size_t length)
{
    return simdjson::validate_utf8(bytes, length);
}
