// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/decode.h"

static const char *const names[] = {
#define X(code, name, text) name,
    DECODE_FAULT_LIST(X)
#undef X
};

static const char *const texts[] = {
#define X(code, name, text) text,
    DECODE_FAULT_LIST(X)
#undef X
};

const char *decode_fault_name(uint16_t code)
{
    return code < DECODE_FAULT_COUNT ? names[code] : "unknown";
}

const char *decode_fault_text(uint16_t code)
{
    return code < DECODE_FAULT_COUNT ? texts[code] : "unknown";
}
