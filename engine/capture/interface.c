// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/interface.h"

#include <palua/abi.h>

#include "capture/framing.h"
#include "capture/metadata.h"
#include "capture/order.h"

enum { TSRESOL_BINARY = 0x80, TSRESOL_DEFAULT = 6 };

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent--)
        power *= 10;
    return power;
}

/* Section 4.2: the top bit tells a negative power of 2 from one of 10. */
static void unit_set(struct interface *interface, uint8_t resolution)
{
    unsigned exponent = resolution & ~(unsigned)TSRESOL_BINARY;
    interface->shift = 0;
    interface->factor = 0;
    if (resolution & TSRESOL_BINARY) {
        interface->unit = INTERFACE_UNIT_SHIFT;
        interface->shift = (uint8_t)exponent;
    } else if (exponent <= 9) {
        interface->unit = INTERFACE_UNIT_MULTIPLY;
        interface->factor = power_of_ten(9 - exponent);
    } else {
        interface->unit = INTERFACE_UNIT_DIVIDE;
        // 10^19 is the last power in 64 bits; in finer units no timestamp reaches 1 ns.
        interface->factor = exponent <= 28 ? power_of_ten(exponent - 9) : 0;
    }
}

static const char *option_parse(struct interface *interface, uint16_t code, struct cursor value,
                                bool big)
{
    uint8_t resolution, fcs_len;
    uint64_t offset;
    switch (code) {
    case OPTION_INTERFACE_TSRESOL:
        if (cursor_left(&value) != 1 || !cursor_u8(&value, &resolution))
            return "an if_tsresol option that is not 1 byte long";
        unit_set(interface, resolution);
        return NULL;
    case OPTION_INTERFACE_FCSLEN:
        // In bits, says section 4.2, but its example is 4, and so it is written: both are told
        // apart. A length that cannot be is no reason to read no packets.
        if (cursor_u8(&value, &fcs_len))
            interface->flags = framing_fcs(fcs_len % 8 ? fcs_len : fcs_len / 8U);
        return NULL;
    case OPTION_INTERFACE_TSOFFSET:
        if (cursor_left(&value) != 8 || !order_u64(&value, big, &offset))
            return "an if_tsoffset option that is not 8 bytes long";
        interface->offset_s = (int64_t)offset;
        return NULL;
    default:
        return NULL;
    }
}

/* The end marker may be left out: then the options end with the block. */
static const char *options_parse(struct interface *interface, struct cursor in, bool big)
{
    uint16_t code, len;
    while (order_u16(&in, big, &code) && order_u16(&in, big, &len) && code != OPTION_END) {
        struct cursor value;
        if (!cursor_sub(&in, len, &value) || !cursor_skip(&in, -(unsigned)len & 3))
            return "an option that runs past its block";
        const char *problem = option_parse(interface, code, value, big);
        if (problem)
            return problem;
    }
    return NULL;
}

const char *interface_parse(struct interface *interface, struct cursor body, bool big)
{
    *interface = (struct interface){0};
    unit_set(interface, TSRESOL_DEFAULT);
    if (!order_u16(&body, big, &interface->linktype) || !cursor_skip(&body, 2) ||
        !order_u32(&body, big, &interface->snaplen))
        return "less than the 8 bytes that link type and snaplen take";
    return options_parse(interface, body, big);
}
