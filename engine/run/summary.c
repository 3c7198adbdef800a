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

/** "12 flows", "1 flow". */
static void add_noun(struct text *out, uint64_t count, const char *one, const char *many)
{
    add_grouped(out, count);
    text_add_format(out, " %s", count == 1 ? one : many);
}

/** ", 12 bytes missing", only if there are any. */
static void add_count(struct text *out, uint64_t count, const char *one, const char *many,
                      const char *which)
{
    if (!count)
        return;
    text_add_str(out, ", ");
    add_noun(out, count, one, many);
    text_add_str(out, which);
}

void summary_text(const struct summary *summary, struct text *out)
{
    double seconds = (double)summary->elapsed_ns / 1e9;
    text_add_str(out, "palua: ");
    if (summary->file) {
        text_add_escaped(out, summary->file, strlen(summary->file));
        text_add_str(out, ": ");
    }
    add_noun(out, summary->capture.packets, "packet", "packets");
    text_add_str(out, ", ");
    add_scaled(out, (double)summary->capture.bytes, "B");
    if (summary->worker.tracks_flows) {
        text_add_str(out, ", ");
        add_noun(out, summary->worker.flows, "flow", "flows");
    }
    text_add_format(out, " in %.2f s", seconds);
    if (seconds > 0) {
        text_add_str(out, " (");
        add_scaled(out, (double)summary->capture.packets / seconds, "packets/s");
        text_add_char(out, ')');
    }
    add_count(out, summary->filter.packets, "packet", "packets", " left out by -f");
    add_count(out, summary->anomalies, "anomaly", "anomalies", "");
    add_count(out, summary->worker.flows_evicted, "flow", "flows", " evicted at the cap");
    add_count(out, summary->worker.history_cut, "letter", "letters", " of histories left out");
    add_count(out, summary->worker.pieces_lost, "segment", "segments",
              " behind too many holes forgotten");
    add_count(out, summary->defrag.reassembled, "datagram", "datagrams", " reassembled");
    add_count(out, summary->defrag.incomplete, "datagram", "datagrams", " left incomplete");
    add_count(out, summary->defrag.overlapping, "datagram", "datagrams",
              " dropped for overlapping fragments");
    add_count(out, summary->defrag.shed, "fragmented datagram", "fragmented datagrams",
              " shed at a cap");
    add_count(out, summary->defrag.skipped, "fragment", "fragments", " malformed or cut");
    add_count(out, summary->worker.streams.missed, "TCP byte", "TCP bytes", " missing");
    add_count(out, summary->worker.streams.refused, "TCP byte", "TCP bytes",
              " held in doubt and dropped");
    add_count(out, summary->worker.streams.shed, "TCP hole", "TCP holes", " given up at a cap");
    add_count(out, summary->worker.streams.unread, "byte", "bytes",
              " of long messages given up at a cap");
    add_count(out, summary->clock_jumps, "timestamp", "timestamps", " held back as wrong");
    add_count(out, summary->searches_given_up, "search", "searches",
              " of filters given up at a limit");
    add_count(out, summary->states_shed, "state", "states", " of keys dropped at the cap");
    add_count(out, summary->errors, "error", "errors", "");
    add_count(out, summary->damaged, "input", "inputs", " damaged or unreadable");
    add_count(out, summary->capture.skipped, "damaged byte", "damaged bytes", " skipped");
    add_count(out, summary->capture.passed_over, "file", "files",
              " in directories passed over as no capture");
    if (summary->counters)
        text_add_str(out, summary->counters);
    if (summary->partial)
        text_add_str(out, "; stopped early, results are partial");
    text_add_char(out, '\n');
}
