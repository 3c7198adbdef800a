// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/chunk.h"

#include "probe.h"

/** The chunks of a packet of `left` bytes of which `captured` are there, as "type+captured value of
 * length, …", and how the walk ended. */
static const char *tell(const struct frame *frame, size_t captured, uint32_t left)
{
    static const char *const ends[] = {
        [CHUNK_END] = "end", [CHUNK_CUT] = "cut", [CHUNK_BAD] = "bad", [CHUNK_MANY] = "many"};
    static char out[512];
    int len = 0;
    uint8_t *exact =
        malloc(captured ? captured : 1); // so that the sanitizer sees what reads too far
    memcpy(exact, frame->data, captured);
    struct chunk_walk walk = chunk_walk_of(cursor_of(exact, captured), left);
    struct chunk chunk;
    enum chunk_step step;
    while ((step = chunk_next(&walk, &chunk)) == CHUNK_READ)
        if (len < 400)
            len += snprintf(out + len, sizeof out - (size_t)len, "%u+%zu of %u, ", chunk.type,
                            cursor_left(&chunk.value), chunk.length);
    cr_expect_eq(chunk_next(&walk, &chunk), step, "a walk that has ended stays where it is");
    snprintf(out + len, sizeof out - (size_t)len, "%s", ends[step]);
    free(exact);
    return out;
}

static struct frame of(const char *hex)
{
    struct frame frame = {0};
    put_hex(&frame, hex);
    return frame;
}

static const char *tell_hex(const char *hex)
{
    struct frame frame = of(hex);
    return tell(&frame, frame.len, (uint32_t)frame.len);
}

Test(chunk, every_length)
{
    cr_expect_str_eq(tell_hex(""), "end");
    cr_expect_str_eq(tell_hex("0b000004"), "11+0 of 4, end");
    cr_expect_str_eq(tell_hex("0b000004 0e010008 aabbccdd"), "11+0 of 4, 14+4 of 8, end");
    cr_expect_str_eq(tell_hex("0b000005 aa000000 0e000004"), "11+1 of 5, 14+0 of 4, end");
    cr_expect_str_eq(tell_hex("0b000006 aabb"), "11+2 of 6, end", "padding missing at the end");
    cr_expect_str_eq(tell_hex("0b000005 aa00"), "11+1 of 5, end", "padding short at the end");
    cr_expect_str_eq(tell_hex("0b000003"), "bad");
    cr_expect_str_eq(tell_hex("0b000000"), "bad");
    cr_expect_str_eq(tell_hex("0b000005"), "bad");
    cr_expect_str_eq(tell_hex("0b00ffff"), "bad");
    cr_expect_str_eq(tell_hex("0b000004 0b"), "11+0 of 4, bad");
    cr_expect_str_eq(tell_hex("0b000004 0b0000"), "11+0 of 4, bad");
}

Test(chunk, every_cut)
{
    struct frame frame = of("03000010 0102030405060708090a0b0c 0b000005 aa000000 0e000004");
    for (size_t captured = 0; captured < frame.len; captured++) {
        const char *expected = captured < 16   ? "cut"
                               : captured < 21 ? "3+12 of 16, cut"
                                               : "3+12 of 16, 11+1 of 5, cut";
        cr_expect_str_eq(tell(&frame, captured, (uint32_t)frame.len), expected, "%zu", captured);
    }
    cr_expect_str_eq(tell(&frame, 6, 6), "bad", "on the wire it ends there");
    frame = of("0b000006 aabb 0000 0e");
    for (size_t captured = 6; captured < frame.len; captured++)
        cr_expect_str_eq(tell(&frame, captured, (uint32_t)frame.len), "11+2 of 6, cut", "%zu",
                         captured);
    cr_expect_str_eq(tell(&frame, frame.len, (uint32_t)frame.len), "11+2 of 6, bad");
}

Test(chunk, cap)
{
    struct frame frame = {0};
    for (unsigned i = 0; i < CHUNK_CAP; i++)
        put32(&frame, 0x0b000004);
    const char *told = tell(&frame, frame.len, (uint32_t)frame.len);
    cr_expect(strstr(told, ", end"), "%s", told);
    put_hex(&frame, "0b000004");
    told = tell(&frame, frame.len, (uint32_t)frame.len);
    cr_expect(strstr(told, ", many"), "%s", told);
}
