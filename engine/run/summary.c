// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/summary.h"

#include <string.h>

/** 1234567 as "1,234,567". */
static void add_grouped(struct text *out, uint64_t value)
{
    struct text digits;
    text_init(&digits);
    text_add_uint(&digits, value);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0)
            text_add_char(out, ',');
        text_add_char(out, digits.data[i]);
    }
    text_fini(&digits);
}

/** With a prefix that keeps three or four digits: 1.6 M, 12 k. */
static void add_scaled(struct text *out, double value, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T"};
    size_t i = 0;
    for (; value >= 1000 && i + 1 < sizeof prefixes / sizeof prefixes[0]; i++)
        value /= 1000;
    text_add_format(out, value < 100 && i > 0 ? "%.1f %s%s" : "%.0f %s%s", value, prefixes[i],
                    unit);
}

/** ", 12 things", only if there are any. */
static void add_count(struct text *out, uint64_t count, const char *what)
{
    if (!count)
        return;
    text_add_str(out, ", ");
    add_grouped(out, count);
    text_add_format(out, " %s", what);
}

void summary_text(const struct summary *summary, struct text *out)
{
    double seconds = (double)summary->elapsed_ns / 1e9;
    text_add_str(out, "palua: ");
    if (summary->file) {
        text_add_escaped(out, summary->file, strlen(summary->file));
        text_add_str(out, ": ");
    }
    add_grouped(out, summary->capture.packets);
    text_add_str(out, " packets, ");
    add_scaled(out, (double)summary->capture.bytes, "B");
    if (summary->worker.tracks_flows) {
        text_add_str(out, ", ");
        add_grouped(out, summary->worker.flows);
        text_add_str(out, " flows");
    }
    text_add_format(out, " in %.2f s", seconds);
    if (seconds > 0) {
        text_add_str(out, " (");
        add_scaled(out, (double)summary->capture.packets / seconds, "packets/s");
        text_add_char(out, ')');
    }
    add_count(out, summary->filter.packets, "packets left out by -f");
    add_count(out, summary->anomalies, "anomalies");
    add_count(out, summary->worker.flows_evicted, "flows evicted at the cap");
    add_count(out, summary->worker.history_cut, "letters of histories left out");
    add_count(out, summary->worker.pieces_lost, "segments behind too many holes forgotten");
    add_count(out, summary->defrag.reassembled, "datagrams reassembled");
    add_count(out, summary->defrag.incomplete, "datagrams left incomplete");
    add_count(out, summary->defrag.overlapping, "datagrams dropped for overlapping fragments");
    add_count(out, summary->defrag.shed, "fragmented datagrams shed at a cap");
    add_count(out, summary->defrag.skipped, "fragments malformed or cut");
    add_count(out, summary->worker.streams.missed, "TCP bytes missing");
    add_count(out, summary->worker.streams.refused, "TCP bytes held in doubt and dropped");
    add_count(out, summary->worker.streams.shed, "TCP holes given up at a cap");
    add_count(out, summary->worker.streams.unread, "bytes of long messages given up at a cap");
    add_count(out, summary->clock_jumps, "timestamps held back as wrong");
    add_count(out, summary->searches_given_up, "searches of filters given up at a limit");
    add_count(out, summary->states_shed, "states of keys dropped at the cap");
    add_count(out, summary->errors, "errors");
    add_count(out, summary->damaged, "inputs damaged or unreadable");
    add_count(out, summary->capture.skipped, "damaged bytes skipped");
    add_count(out, summary->capture.passed_over, "files in directories passed over as no captures");
    if (summary->counters)
        text_add_str(out, summary->counters);
    if (summary->partial)
        text_add_str(out, "; stopped early, results are partial");
    text_add_char(out, '\n');
}
