// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#include "capture/input.h"

enum { MICRO = 0xa1b2c3d4, ROOM = 64 };

static struct palua_packet packets[ROOM];

struct fixture {
    struct builder to;
    struct block_pool *pool;
    struct input input;
    int fd;
    char path[64];
};

static void fixture_open(struct fixture *it, size_t block_size)
{
    struct error err = {0};
    it->fd = build_file(&it->to, it->path, sizeof it->path);
    it->pool = block_pool_new(block_size);
    input_init(&it->input, &(struct input_options){.pool = it->pool,
                                                   .block_size = block_size,
                                                   .record_cap = READING_CAP});
    cr_assert(input_open(&it->input, it->path, &err), "%s", err.text);
}

static void fixture_close(struct fixture *it)
{
    input_close(&it->input);
    block_pool_free(it->pool);
    close(it->fd);
    build_fini(&it->to);
}

static enum input_status read_once(struct fixture *it, struct framing *framing,
                                   struct block **block)
{
    *framing = (struct framing){.packets = packets, .cap = ROOM};
    *block = NULL;
    return input_read(&it->input, framing, block, NULL);
}

Test(input, block_of_its_own_is_used_again)
{
    struct fixture it = {0};
    struct framing framing;
    struct block *first, *block;
    build_pcap(&it.to, MICRO, 1);
    for (uint32_t i = 0; i < 300; i++)
        build_packet(&it.to, i, 84);
    fixture_open(&it, 1000);
    cr_expect_eq(read_once(&it, &framing, &first), INPUT_PACKETS);
    cr_expect_eq(framing.count, 9); // (1000 - 24) / 100, and the tenth is cut
    block_release(first);
    for (int i = 0; i < 10; i++) {
        cr_expect_eq(read_once(&it, &framing, &block), INPUT_PACKETS);
        cr_expect_eq(block, first, "nobody else holds it, and it is warm in the cache");
        block_release(block);
    }
    fixture_close(&it);
}

Test(input, block_that_somebody_holds_is_left_alone)
{
    struct fixture it = {0};
    struct framing framing;
    struct block *first, *second;
    build_pcap(&it.to, MICRO, 1);
    for (uint32_t i = 0; i < 30; i++)
        build_packet(&it.to, i, 84);
    fixture_open(&it, 1000);
    cr_expect_eq(read_once(&it, &framing, &first), INPUT_PACKETS);
    uint8_t *copy = malloc(first->len);
    memcpy(copy, first->data, first->len);
    cr_expect_eq(read_once(&it, &framing, &second), INPUT_PACKETS);
    cr_expect_neq(first, second);
    cr_expect_eq(memcmp(copy, first->data, first->len), 0);
    cr_expect_eq(packets[0].data, second->data + 16,
                 "the cut record stands at the new block's start");
    cr_expect_eq(packets[0].data[0], 9);
    free(copy);
    block_release(first);
    block_release(second);
    fixture_close(&it);
}

Test(input, claimed_length_takes_no_more_memory_than_there_are_bytes)
{
    struct fixture it = {0};
    struct framing framing;
    struct block *block;
    build_pcap(&it.to, MICRO, 1);
    build_record(&it.to, 1, 1, READING_CAP, READING_CAP);
    build_data(&it.to, 0, 500);
    fixture_open(&it, 64);
    cr_expect_eq(read_once(&it, &framing, &block), INPUT_DAMAGED);
    cr_expect_null(block);
    cr_expect_leq(it.input.block->cap, 2 * (16 + 500));
    fixture_close(&it);
}

Test(input, grown_block_is_given_up_when_no_longer_needed)
{
    struct fixture it = {0};
    struct framing framing;
    struct block *block;
    build_pcap(&it.to, MICRO, 1);
    build_packet(&it.to, 1, 10000);
    for (uint32_t i = 0; i < 300; i++)
        build_packet(&it.to, i, 84);
    fixture_open(&it, 1000);
    cr_expect_eq(read_once(&it, &framing, &block), INPUT_PACKETS);
    cr_expect_gt(block->cap, 10000);
    block_release(block);
    while (read_once(&it, &framing, &block) == INPUT_PACKETS)
        block_release(block);
    cr_expect_eq(it.input.block->cap, 1000);
    fixture_close(&it);
}

Test(input, open_failure_leaves_it_closed)
{
    struct error err = {0};
    struct block_pool *pool = block_pool_new(100);
    struct input input;
    input_init(&input,
               &(struct input_options){.pool = pool, .block_size = 100, .record_cap = READING_CAP});
    cr_expect_not(input_open(&input, "/dev/null", &err));
    cr_expect_eq(err.code, ERROR_FOREIGN);
    cr_expect_null(input.source);
    cr_expect_null(input.block);
    input_close(&input);
    input_close(&input);
    block_pool_free(pool);
}

enum { HUGE_RECORD = 16 << 20 };

/** Writes a record of 16 MiB into a pipe. */
static void *write_huge(void *argument)
{
    const int *fd = argument;
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, HUGE_RECORD);
    for (size_t done = 0; done < to.bytes.len;) {
        ssize_t got = write(*fd, to.bytes.data + done, to.bytes.len - done);
        cr_assert_gt(got, 0);
        done += (size_t)got;
    }
    close(*fd);
    build_fini(&to);
    return NULL;
}

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Moved to where it lies for each read of the pipe, it would be copied a thousand times over. */
Test(input, huge_record_of_a_pipe_is_not_moved_for_every_read)
{
    struct fixture it = {0};
    struct framing framing;
    struct block *block;
    struct error err = {0};
    pthread_t writer;
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_geq(fcntl(fds[0], F_SETPIPE_SZ, 4096), 4096);
    snprintf(it.path, sizeof it.path, "/proc/self/fd/%d", fds[0]);
    it.pool = block_pool_new(65536);
    cr_assert_eq(pthread_create(&writer, NULL, write_huge, &fds[1]), 0);
    input_init(&it.input, &(struct input_options){
                              .pool = it.pool, .block_size = 65536, .record_cap = 32 << 20});
    cr_assert(input_open(&it.input, it.path, &err), "%s", err.text);
    double start = thread_seconds();
    cr_expect_eq(read_once(&it, &framing, &block), INPUT_PACKETS);
    double took = thread_seconds() - start;
    cr_expect_eq(packets[0].caplen, HUGE_RECORD);
    cr_expect_lt(took, 1.0, "%.2f s", took);
    block_release(block);
    pthread_join(writer, NULL);
    it.fd = fds[0];
    fixture_close(&it);
}

/* pzstd puts a skippable frame before each of its own. */
Test(input, packing_is_named_by_its_first_frame)
{
    const char packed[] = "\x50\x2a\x4d\x18\x04\0\0\0abcd\x28\xb5\x2f\xfd\0\x58\xc1\0\0"
                          "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0";
    struct fixture it = {0};
    build_raw(&it.to, packed, sizeof packed);
    fixture_open(&it, 1000);
    cr_expect_str_eq(it.input.packing, "zstd");
    fixture_close(&it);
}
