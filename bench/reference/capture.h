// SPDX-License-Identifier: MIT OR Apache-2.0
/** Reads a pcap file of this machine's byte order, record by record, through a buffer of 256 KiB
 * that stays in the cache. Only what the workloads need: anything else ends the program with a
 * line that says what is wrong. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPTURE_BUFFER 262144
#define CAPTURE_RECORD_HEADER 16

struct capture {
    const uint8_t *pos;
    const uint8_t *end;
    uint8_t *buffer;
    uint32_t fraction_ns; /**< nanoseconds per unit of a timestamp's fraction */
    int fd;
};

struct capture_record {
    const uint8_t *data; /**< valid until the next capture_next */
    uint32_t caplen;
    uint32_t len;
    uint32_t seconds;
    uint32_t fraction;
};

static _Noreturn inline void capture_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(4);
}

/* Moves what is left to the front and reads behind it. */
static __attribute__((noinline, cold)) bool capture_fill(struct capture *capture, size_t wanted)
{
    size_t left = (size_t)(capture->end - capture->pos);
    memmove(capture->buffer, capture->pos, left);
    capture->pos = capture->buffer;
    while (left < wanted) {
        ssize_t n = read(capture->fd, capture->buffer + left, CAPTURE_BUFFER - left);
        if (n <= 0)
            break;
        left += (size_t)n;
    }
    capture->end = capture->buffer + left;
    return left >= wanted;
}

static inline void capture_init(struct capture *capture, const char *path)
{
    uint32_t header[6];
    capture->fd = open(path, O_RDONLY | O_CLOEXEC);
    capture->buffer = aligned_alloc(4096, CAPTURE_BUFFER);
    if (capture->fd < 0 || !capture->buffer)
        capture_fail("cannot open the capture");
    capture->pos = capture->end = capture->buffer;
    if (!capture_fill(capture, sizeof header))
        capture_fail("the capture is shorter than its header");
    memcpy(header, capture->pos, sizeof header);
    capture->pos += sizeof header;
    if ((header[0] != 0xa1b2c3d4U && header[0] != 0xa1b23c4dU) || header[5] != 1)
        capture_fail("not a pcap file of this byte order with Ethernet frames");
    capture->fraction_ns = header[0] == 0xa1b23c4dU ? 1 : 1000;
}

static inline void capture_fini(struct capture *capture)
{
    free(capture->buffer);
    close(capture->fd);
}

/** @return false at the end, and at a record that is cut short or longer than the buffer */
static inline bool capture_next(struct capture *capture, struct capture_record *record)
{
    if (capture->end - capture->pos < CAPTURE_RECORD_HEADER &&
        !capture_fill(capture, CAPTURE_RECORD_HEADER))
        return false;
    uint32_t header[4];
    memcpy(header, capture->pos, sizeof header);
    size_t total = (size_t)header[2] + CAPTURE_RECORD_HEADER;
    if ((size_t)(capture->end - capture->pos) < total &&
        (total > CAPTURE_BUFFER || !capture_fill(capture, total)))
        return false;
    *record = (struct capture_record){capture->pos + CAPTURE_RECORD_HEADER, header[2], header[3],
                                      header[0], header[1]};
    capture->pos += total;
    return true;
}

/** Whether the next record already lies in the buffer, so that earlier records stay where they
 * are. */
static inline bool capture_has_next(const struct capture *capture)
{
    uint32_t caplen;
    size_t left = (size_t)(capture->end - capture->pos);
    if (left < CAPTURE_RECORD_HEADER)
        return false;
    memcpy(&caplen, capture->pos + 8, 4);
    return left - CAPTURE_RECORD_HEADER >= caplen;
}
