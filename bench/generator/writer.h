// SPDX-License-Identifier: MIT OR Apache-2.0
/** Writes a capture: pcap or pcapng, microseconds or nanoseconds, little-endian, Ethernet. A frame
 * is built where it will be written from; nothing is copied. Failures end the program. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WRITER_FRAME_CAP 4096

struct writer {
    int fd;
    bool pcapng;
    bool nanoseconds;
    uint8_t *buffer;
    uint32_t used;
    uint64_t written; /**< bytes of the whole file so far */
};

/** @param path  "-" is stdout */
void writer_init(struct writer *writer, const char *path, bool pcapng, bool nanoseconds);
/** Room for the next frame, WRITER_FRAME_CAP bytes. */
uint8_t *writer_frame(struct writer *writer);
/** Ends the frame that was built in writer_frame's room. */
void writer_commit(struct writer *writer, uint64_t ts_ns, uint32_t len);
void writer_fini(struct writer *writer);
