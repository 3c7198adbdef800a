// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/datagram.h"

#include <criterion/criterion.h>
#include <string.h>

static struct datagram datagram;
static uint64_t packets;

static unsigned add_as(enum defrag_policy policy, uint32_t start, const char *bytes, bool more)
{
    struct datagram_fragment fragment = {.bytes = cursor_of(bytes, strlen(bytes)),
                                         .packet = ++packets,
                                         .start = start,
                                         .more = more};
    return datagram_add(&datagram, &fragment, policy);
}

static void expect(const char *whole)
{
    char out[256] = "";
    cr_assert(datagram_whole(&datagram));
    cr_assert_lt(datagram.end, sizeof out);
    datagram_copy(&datagram, (uint8_t *)out);
    cr_expect_str_eq(out, whole);
    datagram_fini(&datagram);
    datagram = (struct datagram){0};
}

Test(datagram, joins_what_arrives_in_order_and_against_it)
{
    cr_expect_eq(add_as(DEFRAG_FIRST, 0, "aaaaaaaa", true), 0);
    cr_expect_not(datagram_whole(&datagram));
    cr_expect_eq(add_as(DEFRAG_FIRST, 8, "b", false), 0);
    expect("aaaaaaaab");
    add_as(DEFRAG_FIRST, 16, "c", false);
    add_as(DEFRAG_FIRST, 8, "bbbbbbbb", true);
    cr_expect_not(datagram_whole(&datagram));
    add_as(DEFRAG_FIRST, 0, "aaaaaaaa", true);
    expect("aaaaaaaabbbbbbbbc");
}

/* The example of Novak's paper: six fragments, then six that overlap them, told apart by digit.
 * What each stack answers with is from there, for BSD, Linux, Windows, Solaris (as later
 * corrected), first and last. In units of 8 bytes. */
static const struct {
    uint32_t start;
    uint32_t len;
    char digit;
} novak[] = {{0, 3, '1'}, {4, 2, '2'}, {6, 3, '3'}, {1, 4, '4'}, {6, 3, '5'}, {9, 3, '6'}};

static void expect_novak(enum defrag_policy policy, const char *units)
{
    char bytes[128], out[128] = "";
    for (size_t i = 0; i < sizeof novak / sizeof *novak; i++) {
        memset(bytes, novak[i].digit, novak[i].len * 8);
        bytes[novak[i].len * 8] = 0;
        add_as(policy, novak[i].start * 8, bytes, novak[i].digit != '6');
    }
    cr_assert(datagram_whole(&datagram));
    datagram_copy(&datagram, (uint8_t *)out);
    for (size_t i = 0; units[i]; i++)
        for (size_t byte = 0; byte < 8; byte++)
            cr_expect_eq(out[i * 8 + byte], units[i], "policy %d: %s", policy, out);
    cr_expect_eq(datagram.end, strlen(units) * 8);
    datagram_fini(&datagram);
    datagram = (struct datagram){0};
}

Test(datagram, overlaps_as_the_paper_says)
{
    expect_novak(DEFRAG_BSD, "111442333666");
    expect_novak(DEFRAG_LINUX, "111442555666");
    expect_novak(DEFRAG_FIRST, "111422333666");
    expect_novak(DEFRAG_LAST, "144442555666");
}

Test(datagram, windows_and_solaris_differ_where_ends_meet)
{
    add_as(DEFRAG_WINDOWS, 8, "oooooooo", true);
    cr_expect_eq(add_as(DEFRAG_WINDOWS, 0, "nnnnnnnnnnnnnnnn", true),
                 DATAGRAM_OVERLAP | DATAGRAM_CONFLICT);
    add_as(DEFRAG_WINDOWS, 16, ".", false);
    expect("nnnnnnnnoooooooo.");
    add_as(DEFRAG_SOLARIS, 8, "oooooooo", true);
    add_as(DEFRAG_SOLARIS, 0, "nnnnnnnnnnnnnnnn", true);
    add_as(DEFRAG_SOLARIS, 16, ".", false);
    expect("nnnnnnnnnnnnnnnn.");
    add_as(DEFRAG_WINDOWS, 8, "oooooooo", true);
    add_as(DEFRAG_WINDOWS, 0, "nnnnnnnnnnnnnnnnn", false);
    expect("nnnnnnnnnnnnnnnnn");
}

Test(datagram, one_new_fragment_may_split_an_old_one_or_be_split)
{
    add_as(DEFRAG_LAST, 0, "oooooooooooooooooooooooo", false);
    datagram.ended = false; // as if more were to come
    add_as(DEFRAG_LAST, 8, "nnnnnnnn", true);
    add_as(DEFRAG_LAST, 24, ".", false);
    expect("oooooooonnnnnnnnoooooooo.");
    add_as(DEFRAG_FIRST, 8, "oooooooo", true);
    add_as(DEFRAG_FIRST, 0, "nnnnnnnnnnnnnnnnnnnnnnnn", false);
    expect("nnnnnnnnoooooooonnnnnnnn");
}

Test(datagram, equal_bytes_are_no_conflict)
{
    add_as(DEFRAG_BSD, 0, "aaaaaaaabbbbbbbb", true);
    cr_expect_eq(add_as(DEFRAG_BSD, 8, "bbbbbbbb", true), DATAGRAM_OVERLAP);
    cr_expect_eq(add_as(DEFRAG_BSD, 8, "bbbbbbbc", true), DATAGRAM_OVERLAP | DATAGRAM_CONFLICT);
    add_as(DEFRAG_BSD, 16, ".", false);
    expect("aaaaaaaabbbbbbbb.");
}

Test(datagram, a_second_end_is_left_out)
{
    add_as(DEFRAG_LAST, 8, "b", false);
    cr_expect_eq(add_as(DEFRAG_LAST, 8, "bb", false), DATAGRAM_END);
    cr_expect_eq(add_as(DEFRAG_LAST, 16, "cccccccc", true), DATAGRAM_END);
    cr_expect_eq(datagram.packet_count, 1);
    add_as(DEFRAG_LAST, 0, "aaaaaaaa", true);
    expect("aaaaaaaab");
    add_as(DEFRAG_LAST, 16, "cccccccc", true);
    cr_expect_eq(add_as(DEFRAG_LAST, 8, "b", false), DATAGRAM_END);
    datagram_fini(&datagram);
}

Test(datagram, overlaps_kill_it_where_they_drop_it_and_duplicates_do_not)
{
    add_as(DEFRAG_DROP, 0, "aaaaaaaa", true);
    cr_expect_eq(add_as(DEFRAG_DROP, 0, "aaaaaaaa", true), 0);
    cr_expect_eq(add_as(DEFRAG_DROP, 8, "b", false), 0);
    expect("aaaaaaaab");
    add_as(DEFRAG_DROP, 0, "aaaaaaaa", true);
    cr_expect_eq(add_as(DEFRAG_DROP, 0, "aaaaaaaaaaaaaaaa", true), DATAGRAM_OVERLAP);
    cr_expect(datagram.dead);
    cr_expect_eq(datagram.memory, 0);
    cr_expect_eq(add_as(DEFRAG_DROP, 16, "c", false), 0);
    cr_expect_not(datagram_whole(&datagram));
    datagram_fini(&datagram);
    datagram = (struct datagram){0};
    add_as(DEFRAG_DROP, 0, "aaaaaaaa", true);
    cr_expect_eq(add_as(DEFRAG_DROP, 0, "aaaaaaax", true), DATAGRAM_OVERLAP | DATAGRAM_CONFLICT);
    datagram_fini(&datagram);
}

Test(datagram, begins_where_it_has_come_from_0_on)
{
    char out[64] = "";
    add_as(DEFRAG_FIRST, 8, "bbbbbbbb", true);
    cr_expect_eq(datagram_beginning(&datagram), 0);
    add_as(DEFRAG_FIRST, 0, "aaaaaaaa", true);
    add_as(DEFRAG_FIRST, 24, "dddddddd", true);
    cr_expect_eq(datagram_beginning(&datagram), 16);
    datagram_copy(&datagram, (uint8_t *)out);
    cr_expect_str_eq(out, "aaaaaaaabbbbbbbb");
    datagram_fini(&datagram);
}

Test(datagram, the_longest_in_the_smallest_pieces_backwards)
{
    uint8_t bytes[8] = "12345678";
    for (uint32_t start = DATAGRAM_MOST & ~7u; start <= DATAGRAM_MOST; start -= 8) {
        bool more = start + 8 <= DATAGRAM_MOST;
        struct datagram_fragment fragment = {.bytes =
                                                 cursor_of(bytes, more ? 8 : DATAGRAM_MOST - start),
                                             .packet = ++packets,
                                             .start = start,
                                             .more = more};
        cr_assert_eq(datagram_add(&datagram, &fragment, DEFRAG_BSD), 0);
    }
    cr_assert(datagram_whole(&datagram));
    cr_expect_eq(datagram.end, DATAGRAM_MOST);
    datagram_fini(&datagram);
}
