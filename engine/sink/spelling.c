// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/spelling.h"

#include <math.h>

enum { FIXED_UNITS = 1000000000 };

void spelling_fixed(__int128 value, struct text *out)
{
    unsigned __int128 magnitude = (unsigned __int128)value;
    if (value < 0)
        magnitude = -magnitude;
    char digits[48];
    size_t at = sizeof digits;
    unsigned __int128 whole = magnitude / FIXED_UNITS;
    uint32_t fraction = (uint32_t)(magnitude % FIXED_UNITS);
    if (fraction) {
        int places = 9;
        for (; fraction % 10 == 0; fraction /= 10)
            places--;
        for (; places > 0; places--, fraction /= 10)
            digits[--at] = (char)('0' + fraction % 10);
        digits[--at] = '.';
    }
    do {
        digits[--at] = (char)('0' + (int)(whole % 10));
        whole /= 10;
    } while (whole);
    if (value < 0)
        digits[--at] = '-';
    text_add(out, digits + at, sizeof digits - at);
}

/** Machines read all numbers in the same unit, people read what is small better in a smaller one.
 */
static void duration_text(int64_t ns, enum spelling_style style, struct text *out)
{
    if (style == SPELLING_MACHINE)
        text_add_duration(out, ns);
    else
        text_add_duration_short(out, ns);
}

/** For people without an exponent as far as 9 decimals tell something. */
static void real_text(double value, enum spelling_style style, struct text *out)
{
    bool small = fabs(value) < 1e-4 && fabs(value) >= 1e-8;
    if (style == SPELLING_MACHINE || !small)
        text_add_real(out, value);
    else
        spelling_fixed(cell_fixed(value), out);
}

void spelling_bound(double bound, enum cell_type unit, enum spelling_style style, struct text *out)
{
    // Bounds of durations are whole ns; beyond what int64 holds there are no durations.
    if (unit == CELL_DURATION && fabs(bound) < 0x1p63)
        duration_text((int64_t)bound, style, out);
    else if (unit == CELL_DURATION)
        text_add_real(out, bound / FIXED_UNITS);
    else
        text_add_real(out, bound);
}

static void hist_text(const struct cell *cell, enum spelling_style style, struct text *out)
{
    for (uint32_t i = 0; i < cell->hist.count; i++) {
        const struct cell_bucket *bucket = &cell->hist.items[i];
        if (i)
            text_add_char(out, ' ');
        spelling_bound(bucket->low, cell->hist.unit, style, out);
        text_add_str(out, "..");
        spelling_bound(bucket->high, cell->hist.unit, style, out);
        text_add_char(out, ':');
        text_add_uint(out, bucket->count);
    }
}

static void list_text(const struct cell *cell, enum spelling_style style, struct text *out)
{
    for (uint32_t i = 0; i < cell->list.count; i++) {
        if (i)
            text_add_char(out, ',');
        spelling_cell(&cell->list.items[i], style, out); // an item is no list
    }
}

static void slice_text(const struct cell *cell, struct text *out)
{
    const uint8_t *data = cell->slice.data;
    size_t len = cell->slice.len;
    if (len == 0)
        return;
    if (cell->type == CELL_STRING)
        text_add(out, data, len);
    else if (cell->type == CELL_IPADDR)
        text_add_ipaddr(out, data, len);
    else if (cell->type == CELL_MAC)
        text_add_mac(out, data, len);
    else
        text_add_hex(out, data, len);
}

static void time_text(int64_t ns, enum spelling_style style, struct text *out)
{
    if (style == SPELLING_TERMINAL)
        text_add_time_iso(out, ns);
    else
        text_add_time(out, ns);
}

void spelling_cell(const struct cell *cell, enum spelling_style style, struct text *out)
{
    switch (cell->type) {
    case CELL_NIL:
        return;
    case CELL_INT:
        text_add_int(out, cell->sint);
        return;
    case CELL_ESTIMATE:
        if (style != SPELLING_MACHINE)
            text_add_str(out, "≈");
        text_add_uint(out, cell->uint);
        return;
    case CELL_UINT:
        text_add_uint(out, cell->uint);
        return;
    case CELL_REAL:
        real_text(cell->real, style, out);
        return;
    case CELL_BOOL:
        text_add_str(out, cell->uint ? "true" : "false");
        return;
    case CELL_FIXED:
        spelling_fixed(cell->wide, out);
        return;
    case CELL_TIME:
        time_text(cell->sint, style, out);
        return;
    case CELL_DURATION:
        duration_text(cell->sint, style, out);
        return;
    case CELL_IPADDR:
    case CELL_MAC:
    case CELL_STRING:
    case CELL_BYTES:
        slice_text(cell, out);
        return;
    case CELL_HIST:
        hist_text(cell, style, out);
        return;
    case CELL_LIST:
        list_text(cell, style, out);
        return;
    case CELL_OTHER:
        text_add_str(out, "(other)");
        return;
    }
}

bool spelling_is_number(const struct cell *cell)
{
    switch (cell->type) {
    case CELL_INT:
    case CELL_UINT:
    case CELL_ESTIMATE:
    case CELL_REAL:
    case CELL_FIXED:
    case CELL_TIME:
    case CELL_DURATION:
        return true;
    default:
        return false;
    }
}
