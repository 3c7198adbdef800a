// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/summary.h"

#include <criterion/criterion.h>

static void expect(const struct summary *summary, const char *expected)
{
    struct text out;
    text_init(&out);
    summary_text(summary, &out);
    cr_expect_str_eq(out.data, expected);
    text_fini(&out);
}

Test(summary, names_only_what_there_was)
{
    expect(&(struct summary){.capture = {.packets = 1234567, .bytes = 98765432},
                             .elapsed_ns = 500000000},
           "palua: 1,234,567 packets, 98.8 MB in 0.50 s (2.5 Mpackets/s)\n");
    expect(&(struct summary){0}, "palua: 0 packets, 0 B in 0.00 s\n");
}

Test(summary, tells_everything_shed_or_damaged)
{
    expect(&(struct summary){.capture = {.packets = 999, .bytes = 1000},
                             .worker = {.tracks_flows = true, .flows = 1000, .flows_evicted = 3},
                             .anomalies = 2,
                             .clock_jumps = 1,
                             .errors = 4,
                             .damaged = 1,
                             .elapsed_ns = 1000000000,
                             .counters = ", dns.records_shed 5",
                             .partial = true},
           "palua: 999 packets, 1.0 kB, 1,000 flows in 1.00 s (999 packets/s), 2 anomalies, 3 "
           "flows evicted "
           "at the cap, 1 timestamp held back as wrong, 4 errors, 1 input damaged or unreadable, "
           "dns.records_shed 5; "
           "stopped "
           "early, results are partial\n");
}

Test(summary, tells_what_became_of_fragments)
{
    expect(&(struct summary){.defrag = {.fragments = 90,
                                        .reassembled = 5,
                                        .incomplete = 4,
                                        .overlapping = 3,
                                        .shed = 2,
                                        .skipped = 1}},
           "palua: 0 packets, 0 B in 0.00 s, 5 datagrams reassembled, 4 datagrams left incomplete, "
           "3 datagrams dropped for overlapping fragments, 2 fragmented datagrams shed at a cap, "
           "1 fragment malformed or cut\n");
}
