// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/progress.h"

#include <stdio.h>
#include <time.h>

#define REDRAW_NS INT64_C(500000000)

int64_t progress_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void progress_start(struct progress *progress, uint64_t size)
{
    int64_t now = progress_now();
    *progress = (struct progress){.started_ns = now, .drawn_ns = now, .size = size};
}

void progress_update(struct progress *progress, const struct capture *capture)
{
    int64_t now = progress_now();
    if (now - progress->drawn_ns < REDRAW_NS)
        return;
    struct capture_totals totals;
    capture_totals(capture, &totals);
    double seconds = (double)(now - progress->started_ns) / 1e9;
    fprintf(stderr, "\r\x1b[Kpalua: %.1f M packets, %.0f MB/s", (double)totals.packets / 1e6,
            (double)totals.read_bytes / 1e6 / seconds);
    if (progress->size && totals.read_bytes) {
        double share = (double)totals.read_bytes / (double)progress->size;
        fprintf(stderr, ", %.0f %%, %.0f s left", share * 100,
                share < 1 ? seconds / share - seconds : 0);
    }
    progress->drawn_ns = now;
    progress->shown = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\x1b[K", stderr);
    progress->shown = false;
}
