// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (1U << 20)
/* The longest header that precedes a frame: pcapng's enhanced packet block. */
#define HEADER_CAP 28

static void fail(const char *what)
{
    fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
    exit(4);
}

static void flush(struct writer *writer)
{
    uint32_t done = 0;
    while (done < writer->used) {
        ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);
        if (n < 0)
            fail("cannot write the capture");
        done += (uint32_t)n;
    }
    writer->used = 0;
}

static void put(struct writer *writer, const uint32_t *words, uint32_t count)
{
    memcpy(writer->buffer + writer->used, words, count * 4);
    writer->used += count * 4;
    writer->written += count * 4;
}

static void put_pcap_header(struct writer *writer)
{
    uint32_t magic = writer->nanoseconds ? 0xa1b23c4dU : 0xa1b2c3d4U;
    uint32_t header[6] = {magic, 2 | 4 << 16, 0, 0, 262144, 1};
    put(writer, header, 6);
}

static void put_pcapng_header(struct writer *writer)
{
    uint32_t section[7] = {0x0a0d0d0aU, 28, 0x1a2b3c4dU, 1, UINT32_MAX, UINT32_MAX, 28};
    /* if_tsresol is option 9, one byte long. */
    uint32_t resolution = writer->nanoseconds ? 9 : 6;
    uint32_t interface[8] = {1, 32, 1, 262144, 9 | 1 << 16, resolution, 0, 32};
    put(writer, section, 7);
    put(writer, interface, 8);
}

void writer_init(struct writer *writer, const char *path, bool pcapng, bool nanoseconds)
{
    *writer = (struct writer){.pcapng = pcapng, .nanoseconds = nanoseconds};
    writer->fd = strcmp(path, "-") == 0
                     ? STDOUT_FILENO
                     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (writer->fd < 0)
        fail(path);
    writer->buffer = malloc(BUFFER_SIZE);
    if (!writer->buffer)
        fail("no memory for the write buffer");
    if (pcapng)
        put_pcapng_header(writer);
    else
        put_pcap_header(writer);
}

uint8_t *writer_frame(struct writer *writer)
{
    if (writer->used + HEADER_CAP + WRITER_FRAME_CAP + 8 > BUFFER_SIZE)
        flush(writer);
    return writer->buffer + writer->used + (writer->pcapng ? 28 : 16);
}

static void commit_pcap(struct writer *writer, uint64_t ts_ns, uint32_t len)
{
    uint32_t fraction = (uint32_t)(ts_ns % 1000000000);
    uint32_t header[4] = {(uint32_t)(ts_ns / 1000000000),
                          writer->nanoseconds ? fraction : fraction / 1000, len, len};
    put(writer, header, 4);
    writer->used += len;
    writer->written += len;
}

static void commit_pcapng(struct writer *writer, uint64_t ts_ns, uint32_t len)
{
    uint32_t padded = (len + 3) & ~3U;
    uint32_t total = 32 + padded;
    uint64_t ts = writer->nanoseconds ? ts_ns : ts_ns / 1000;
    uint32_t header[7] = {6, total, 0, (uint32_t)(ts >> 32), (uint32_t)ts, len, len};
    put(writer, header, 7);
    memset(writer->buffer + writer->used + len, 0, padded - len);
    writer->used += padded;
    writer->written += padded;
    put(writer, &total, 1);
}

void writer_commit(struct writer *writer, uint64_t ts_ns, uint32_t len)
{
    if (writer->pcapng)
        commit_pcapng(writer, ts_ns, len);
    else
        commit_pcap(writer, ts_ns, len);
}

void writer_fini(struct writer *writer)
{
    flush(writer);
    if (writer->fd != STDOUT_FILENO && close(writer->fd) != 0)
        fail("cannot close the capture");
    free(writer->buffer);
}
