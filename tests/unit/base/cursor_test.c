// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/cursor.h"

#include <criterion/criterion.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};

Test(cursor, reads_network_and_little_order)
{
    struct cursor in = cursor_of(bytes, sizeof bytes);
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    cr_assert(cursor_u8(&in, &a) && a == 1);
    cr_assert(cursor_u16(&in, &b) && b == 0x0203);
    cr_assert(cursor_u24(&in, &c) && c == 0x040506);
    cr_assert(cursor_u16le(&in, &b) && b == 0x0807);
    cr_assert_eq(cursor_left(&in), 0);
    in = cursor_of(bytes, sizeof bytes);
    cr_assert(cursor_u32(&in, &c) && c == 0x01020304);
    cr_assert(cursor_u32le(&in, &c) && c == 0x08070605);
    in = cursor_of(bytes, sizeof bytes);
    cr_assert(cursor_u64(&in, &d) && d == 0x0102030405060708);
    in = cursor_of(bytes, sizeof bytes);
    cr_assert(cursor_u64le(&in, &d) && d == 0x0807060504030201);
}

/** Every reader one byte short: false, and unmoved. */
Test(cursor, short_reads_leave_it_unmoved)
{
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    const uint8_t *p;
    struct cursor sub;
#define SHORT(len, call)                              \
    do {                                              \
        struct cursor in = cursor_of(bytes, (len)-1); \
        cr_expect_not(call);                          \
        cr_expect_eq(cursor_offset(&in), 0);          \
    } while (0)
    SHORT(1, cursor_u8(&in, &a));
    SHORT(1, cursor_peek_u8(&in, &a));
    SHORT(2, cursor_u16(&in, &b));
    SHORT(2, cursor_u16le(&in, &b));
    SHORT(3, cursor_u24(&in, &c));
    SHORT(4, cursor_u32(&in, &c));
    SHORT(4, cursor_u32le(&in, &c));
    SHORT(8, cursor_u64(&in, &d));
    SHORT(8, cursor_u64le(&in, &d));
    SHORT(5, cursor_skip(&in, 5));
    SHORT(5, cursor_bytes(&in, 5, &p));
    SHORT(5, cursor_sub(&in, 5, &sub));
    SHORT(5, cursor_skip(&in, SIZE_MAX));
    SHORT(5, cursor_seek(&in, 5, &sub));
#undef SHORT
}

Test(cursor, sub_seek_and_clip_stay_inside)
{
    struct cursor in = cursor_of(bytes, sizeof bytes), sub, again;
    uint8_t a;
    cr_assert(cursor_skip(&in, 2));
    cr_assert(cursor_sub(&in, 3, &sub));
    cr_expect_eq(cursor_offset(&sub), 2);
    cr_expect_eq(cursor_left(&sub), 3);
    cr_assert(cursor_seek(&sub, 0, &again));
    cr_assert(cursor_u8(&again, &a) && a == 1);
    cr_assert(cursor_seek(&sub, 5, &again));
    cr_expect_eq(cursor_left(&again), 0);
    cr_expect_not(cursor_seek(&sub, 6, &again));
    cursor_clip(&sub, 9);
    cr_expect_eq(cursor_left(&sub), 3);
    cursor_clip(&sub, 1);
    cr_expect_eq(cursor_left(&sub), 1);
    in = cursor_of(NULL, 0);
    cr_expect_eq(cursor_left(&in), 0);
}
