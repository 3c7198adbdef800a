// SPDX-License-Identifier: MIT OR Apache-2.0
/** Growable text, and the spellings that every output shares: numbers, times, addresses, escapes.
 *
 * The one place that turns values into characters, so that a table, a JSON line and print() agree.
 * A text owns its memory. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /**< always NUL-terminated once something was added; NULL before */
    size_t len; /**< bytes, without the NUL */
    size_t cap;
};

void text_init(struct text *text);
void text_fini(struct text *text);
void text_clear(struct text *text);

void text_add(struct text *text, const void *data, size_t len);
void text_add_str(struct text *text, const char *str);
void text_add_char(struct text *text, char c);
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_add_uint(struct text *text, uint64_t value);
void text_add_int(struct text *text, int64_t value);

/** Shortest decimal digits that read back as the same double; integers without a point; "inf",
 * "-inf", "nan". */
void text_add_real(struct text *text, double value);

/** Seconds from nanoseconds: all digits that are not zero at the end, so 1.5, 0.000000001, 3. */
void text_add_duration(struct text *text, int64_t ns);

/** The same for people: four digits and a unit, ns, µs, ms or s; above 1000 s whole seconds. */
void text_add_duration_short(struct text *text, int64_t ns);

/** Seconds since the epoch with 9 decimals: the form of machine formats. */
void text_add_time(struct text *text, int64_t ns);

/** ISO 8601 UTC, with as many decimals as needed of 0, 3, 6, 9: 2026-01-31T09:00:00.123Z. */
void text_add_time_iso(struct text *text, int64_t ns);

/** IPv4 dotted, IPv6 as RFC 5952; any other length as hex. */
void text_add_ipaddr(struct text *text, const uint8_t *addr, size_t len);

/** aa:bb:cc:dd:ee:ff */
void text_add_mac(struct text *text, const uint8_t *addr, size_t len);
void text_add_hex(struct text *text, const uint8_t *data, size_t len);

/** Bytes of a capture made safe for a terminal: control bytes, DEL, C1 controls and what is not
 * UTF-8 become \xNN, a backslash becomes \\. */
void text_add_escaped(struct text *text, const void *data, size_t len);
/** The same, with the printable bytes in `special` as \xNN too. */
void text_add_escaped_and(struct text *text, const void *data, size_t len, const char *special);

/** The same, but a backslash stays one: for texts that may have been made safe before. */
void text_add_safe(struct text *text, const void *data, size_t len);

/** A JSON string with its quotes (RFC 8259); bytes that are not UTF-8 become \u00NN. */
void text_add_json(struct text *text, const void *data, size_t len);

/** One field of a separated-values line: for ',' quoted where RFC 4180 asks for it; for '\t' with
 * tab, newline and control bytes as \xNN. */
void text_add_separated(struct text *text, const void *data, size_t len, char separator);
