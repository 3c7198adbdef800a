// SPDX-License-Identifier: MIT OR Apache-2.0
/* How fast can TCP bytes be delivered in order? Both directions of every connection, from their
 * SYN or from the first data seen; a segment that comes too early is copied and waits, a byte that
 * comes twice is delivered once. With --digest the answer also holds a sum over the delivered bytes
 * and their places, which another tool's reassembly can be compared with. */
#include <inttypes.h>

#include "reference/capture.h"
#include "reference/decode.h"
#include "reference/memory.h"

#define GROUP 32
#define FIRST_SIZE (1U << 16)

enum { FLAG_SYN = 2, FLAG_ACK = 16 };

/* An early segment; the list of a side is sorted by sequence number. */
struct early {
    struct early *next;
    uint32_t seq;
    uint32_t len;
    uint8_t data[];
};

/* One cache line, and words[4] of the key is 0 in a free slot. */
struct stream {
    struct decode_key key;
    uint32_t next[2]; /**< the sequence number that is delivered next */
    uint8_t started[2];
    uint8_t has_early[2];
    uint32_t early; /**< index into table.early */
};

struct table {
    struct stream *streams;
    uint64_t mask;
    uint64_t count;
    struct early *(*early)[2];
    uint32_t early_count;
    uint32_t early_size;
};

struct answer {
    uint64_t connections;
    uint64_t bytes;
    uint64_t duplicate; /**< bytes that came again */
    uint64_t early;     /**< segments that had to wait */
    uint64_t digest;
    bool wants_digest;
};

struct item {
    struct decoded decoded;
    uint64_t hash;
};

static struct answer answer;

static struct stream *find(const struct table *table, const struct decode_key *key, uint64_t hash)
{
    uint64_t slot = hash & table->mask;
    while (table->streams[slot].key.words[4] && !decode_same(&table->streams[slot].key, key))
        slot = (slot + 1) & table->mask;
    return &table->streams[slot];
}

static void grow(struct table *table)
{
    struct table old = *table;
    uint64_t size = (old.mask + 1) * 4;
    table->streams = memory_table(size * sizeof *table->streams);
    table->mask = size - 1;
    for (uint64_t i = 0; i <= old.mask; i++)
        if (old.streams[i].key.words[4])
            *find(table, &old.streams[i].key, decode_hash(&old.streams[i].key)) = old.streams[i];
    munmap(old.streams, (old.mask + 1) * sizeof *old.streams);
}

static uint64_t digest(const struct stream *stream, int side, uint32_t seq, const uint8_t *data,
                       uint32_t len)
{
    uint32_t ports = (uint32_t)(stream->key.words[4] >> 32);
    uint64_t sum = 0;
    if (side)
        ports = ports << 16 | ports >> 16;
    for (uint32_t i = 0; i < len; i++)
        sum += (data[i] + 1U) * (((uint64_t)(seq + i) << 32 | ports) * 0x9e3779b97f4a7c15ULL);
    return sum;
}

/* Where a consumer would get the bytes. */
static void deliver(struct stream *stream, int side, const uint8_t *data, uint32_t len)
{
    answer.bytes += len;
    if (answer.wants_digest)
        answer.digest += digest(stream, side, stream->next[side], data, len);
    stream->next[side] += len;
}

/* @return false if the segment begins after what is wanted next */
static bool deliver_from(struct stream *stream, int side, uint32_t seq, const uint8_t *data,
                         uint32_t len)
{
    int32_t ahead = (int32_t)(seq - stream->next[side]);
    if (ahead > 0)
        return false;
    uint32_t known = (uint32_t)-ahead < len ? (uint32_t)-ahead : len;
    answer.duplicate += known;
    if (known < len)
        deliver(stream, side, data + known, len - known);
    return true;
}

static struct early **early_list(struct table *table, struct stream *stream, int side)
{
    if (!stream->early) {
        if (++table->early_count >= table->early_size) {
            table->early_size = table->early_size ? table->early_size * 2 : 1024;
            table->early = realloc(table->early, table->early_size * sizeof *table->early);
            if (!table->early)
                capture_fail("no memory for early segments");
        }
        stream->early = table->early_count;
        memset(table->early[stream->early], 0, sizeof *table->early);
    }
    return &table->early[stream->early][side];
}

static void keep_early(struct table *table, struct stream *stream, int side, uint32_t seq,
                       const uint8_t *data, uint32_t len)
{
    struct early **place = early_list(table, stream, side);
    while (*place && (int32_t)((*place)->seq - seq) <= 0)
        place = &(*place)->next;
    struct early *early = malloc(sizeof *early + len);
    if (!early)
        capture_fail("no memory for an early segment");
    *early = (struct early){*place, seq, len};
    memcpy(early->data, data, len);
    *place = early;
    stream->has_early[side] = 1;
    answer.early++;
}

static void drain(struct table *table, struct stream *stream, int side)
{
    struct early **list = early_list(table, stream, side);
    while (*list && deliver_from(stream, side, (*list)->seq, (*list)->data, (*list)->len)) {
        struct early *done = *list;
        *list = done->next;
        free(done);
    }
    stream->has_early[side] = *list != NULL;
}

static void restart(struct table *table, struct stream *stream, int side)
{
    stream->started[side] = 0;
    if (!stream->has_early[side])
        return;
    struct early **list = early_list(table, stream, side);
    while (*list) {
        struct early *dropped = *list;
        *list = dropped->next;
        free(dropped);
    }
    stream->has_early[side] = 0;
}

/* A SYN with a sequence number of its own is a new connection between the same ends. */
static void synchronise(struct table *table, struct stream *stream, int side, uint32_t seq,
                        uint8_t flags)
{
    if (stream->started[side] && (flags & FLAG_ACK || stream->next[side] == seq))
        return;
    if (!(flags & FLAG_ACK)) {
        answer.connections += stream->started[side];
        restart(table, stream, !side);
    }
    restart(table, stream, side);
    stream->started[side] = 1;
    stream->next[side] = seq;
}

static void take_data(struct table *table, struct stream *stream, int side, uint32_t seq,
                      const uint8_t *data, uint32_t len)
{
    if (!stream->started[side]) {
        stream->started[side] = 1;
        stream->next[side] = seq;
    }
    if (!deliver_from(stream, side, seq, data, len))
        keep_early(table, stream, side, seq, data, len);
    else if (stream->has_early[side])
        drain(table, stream, side);
}

static void take_segment(struct table *table, const struct item *item)
{
    const uint8_t *at = item->decoded.transport;
    uint32_t header_len = (at[12] >> 4) * 4U;
    if (header_len < 20 || header_len > item->decoded.transport_len)
        return;
    struct stream *stream = find(table, &item->decoded.key, item->hash);
    if (!stream->key.words[4]) {
        stream->key = item->decoded.key;
        table->count++;
        answer.connections++;
    }
    int side = item->decoded.side;
    uint32_t seq = decode_u32(at + 4);
    uint32_t len = item->decoded.transport_len - header_len;
    if (at[13] & FLAG_SYN)
        synchronise(table, stream, side, ++seq, at[13]);
    if (len)
        take_data(table, stream, side, seq, at + header_len, len);
}

/* The bytes of a group must stay where they are, so the group ends before the buffer is refilled.
 */
static uint32_t take_group(struct capture *capture, const struct table *table, struct item *items)
{
    struct capture_record record;
    uint32_t count = 0;
    while (count < GROUP && (count == 0 || capture_has_next(capture)) &&
           capture_next(capture, &record)) {
        struct item *item = &items[count];
        if (!decode(record.data, record.caplen, &item->decoded) ||
            item->decoded.proto != DECODE_TCP || item->decoded.transport_len < 20)
            continue;
        item->hash = decode_hash(&item->decoded.key);
        __builtin_prefetch(&table->streams[item->hash & table->mask], 1);
        count++;
    }
    return count;
}

static void deliver_all(struct capture *capture, struct table *table)
{
    struct item items[GROUP];
    uint32_t count;
    while ((count = take_group(capture, table, items))) {
        for (uint32_t i = 0; i < count; i++)
            take_segment(table, &items[i]);
        if (table->count * 8 > table->mask * 5)
            grow(table);
    }
}

static void table_fini(struct table *table)
{
    for (uint64_t i = 0; i <= table->mask; i++)
        for (int side = 0; side < 2; side++)
            restart(table, &table->streams[i], side);
    free(table->early);
}

int main(int argc, char **argv)
{
    struct capture capture;
    answer.wants_digest = argc == 3 && strcmp(argv[1], "--digest") == 0;
    if (argc != 2 + answer.wants_digest)
        capture_fail("usage: delivery [--digest] FILE");
    capture_init(&capture, argv[argc - 1]);
    struct table table = {.streams = memory_table(FIRST_SIZE * sizeof(struct stream)),
                          .mask = FIRST_SIZE - 1};
    deliver_all(&capture, &table);
    printf("connections %" PRIu64 "\nbytes %" PRIu64 "\nduplicate %" PRIu64 "\nearly %" PRIu64 "\n",
           answer.connections, answer.bytes, answer.duplicate, answer.early);
    if (answer.wants_digest)
        printf("digest %016" PRIx64 "\n", answer.digest);
    table_fini(&table);
    capture_fini(&capture);
    return 0;
}
