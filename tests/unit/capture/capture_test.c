// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

#include "capture/files.h"

#include <pthread.h>
#include <sys/stat.h>

enum { MICRO = 0xa1b2c3d4 };

static struct reading reading, other;

/** A pcap of `count` packets, of lengths that no block size divides: packet i is i seconds old and
 * i % 97 bytes long. */
static struct builder pcap_of(uint32_t first, uint32_t count)
{
    struct builder to = {0};
    build_pcap(&to, MICRO, 1);
    for (uint32_t i = first; i < first + count; i++)
        build_packet(&to, i, i % 97);
    return to;
}

static struct builder pcapng_of(uint32_t first, uint32_t count)
{
    struct builder to = {.big = true};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    for (uint32_t i = first; i < first + count; i++) {
        if (i % 10 == 0) // every tenth packet has an interface statistics block before it
            build_block_end(&to, build_block(&to, 5));
        build_enhanced(&to, 0, i, i % 97);
    }
    return to;
}

static void expect_packets(const struct reading *got, uint32_t first, uint32_t count)
{
    cr_assert_eq(got->error_count, 0, "%s: %s", got->errors[0].where, got->errors[0].text);
    cr_assert_eq(got->count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct palua_packet *packet = &got->packets[i];
        cr_assert_eq(packet->number, first + i, "packet %u", i);
        cr_assert_eq(packet->caplen, (first + i) % 97, "packet %u", i);
        cr_assert(reading_has(got, i, (uint8_t)(first + i)), "packet %u", i);
    }
}

Test(capture, any_block_and_batch_size_gives_the_same_packets)
{
    const uint32_t blocks[] = {1, 2, 15, 16, 17, 63, 64, 100, 113, 1000, 4096, 65536, 1 << 20};
    const uint32_t batches[] = {1, 2, 7, 1000, 1001};
    struct builder files[] = {pcap_of(1, 1000), pcapng_of(1, 1000)};
    for (size_t file = 0; file < 2; file++) {
        char path[64];
        const char *paths[] = {path};
        int fd = build_file(&files[file], path, sizeof path);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            for (size_t j = 0; j < sizeof batches / sizeof *batches; j++) {
                struct capture_options options = reading_options(paths, 1);
                options.block_size = blocks[i];
                options.batch_packets = batches[j];
                reading_run(&reading, &options);
                expect_packets(&reading, 1, 1000);
                reading_fini(&reading);
            }
        close(fd);
        build_fini(&files[file]);
    }
}

Test(capture, batch_ends_at_its_packets_and_the_rest_shares_the_block)
{
    struct builder to = pcap_of(1, 25);
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.batch_packets = 10;
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(4, 10, 1, 1);
    const uint32_t counts[] = {10, 10, 5};
    struct batch *batches[3];
    for (uint32_t i = 0; i < 3; i++) {
        batches[i] = batch_take(pool);
        cr_assert_eq(capture_read(capture, batches[i], NULL), CAPTURE_BATCH);
        cr_expect_eq(batches[i]->count, counts[i]);
        cr_expect_eq(batches[i]->sequence, i + 1);
        cr_expect_eq(batches[i]->block, batches[0]->block);
    }
    cr_expect_eq(batches[1]->packets[0].data, batches[0]->packets[9].data + 10 + 16);
    struct batch *end = batch_take(pool);
    cr_expect_eq(capture_read(capture, end, NULL), CAPTURE_END);
    cr_expect_eq(capture_read(capture, end, NULL), CAPTURE_END, "the end stays the end");
    cr_expect_eq(end->count, 0);
    cr_expect_null(end->block);
    for (uint32_t i = 0; i < 3; i++)
        batch_give(pool, batches[i]);
    batch_give(pool, end);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

Test(capture, batch_holds_no_more_than_its_own_room)
{
    struct builder to = pcap_of(1, 5);
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(1, 2, 1, 1);
    struct batch *batch = batch_take(pool);
    cr_expect_eq(capture_read(capture, batch, NULL), CAPTURE_BATCH);
    cr_expect_eq(batch->count, 2);
    batch_give(pool, batch);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

Test(capture, packets_of_a_batch_stay_while_others_are_read)
{
    struct builder to = pcap_of(1, 400);
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.batch_packets = 9;
    options.block_size = 300;
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(400, 9, 1, 1);
    struct batch *batches[400] = {0};
    uint32_t count = 0, packets = 0;
    do
        batches[count] = batch_take(pool);
    while (capture_read(capture, batches[count++], NULL) == CAPTURE_BATCH);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < batches[i]->count; j++, packets++) {
            const struct palua_packet *packet = &batches[i]->packets[j];
            cr_assert_eq(packet->number, packets + 1);
            for (uint32_t k = 0; k < packet->caplen; k++)
                cr_assert_eq(packet->data[k], (uint8_t)(packets + 1 + k));
        }
        batch_give(pool, batches[i]);
    }
    cr_expect_eq(packets, 400);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

Test(capture, record_larger_than_a_block_gets_one_large_enough)
{
    struct builder to = {0};
    char path[64];
    const char *paths[] = {path};
    build_pcap(&to, MICRO, 1);
    build_packet(&to, 1, 10);
    build_packet(&to, 2, 100000);
    build_packet(&to, 3, 10);
    build_packet(&to, 4, READING_CAP);
    build_packet(&to, 5, 0);
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    options.block_size = 100;
    reading_run(&reading, &options);
    cr_assert_eq(reading.count, 5);
    cr_expect_eq(reading.error_count, 0);
    for (uint32_t i = 0; i < 5; i++)
        cr_expect(reading_has(&reading, i, (uint8_t)(i + 1)), "packet %u", i);
    reading_fini(&reading);
    close(fd);
    build_fini(&to);
}

Test(capture, several_files_in_the_order_of_their_times)
{
    char one[64], two[64];
    struct builder first = pcap_of(5, 3), second = pcap_of(1, 2);
    int fd1 = build_file(&first, one, sizeof one), fd2 = build_file(&second, two, sizeof two);
    const char *paths[] = {one, two, one};
    struct capture_options options = reading_options(paths, 3);
    reading_run(&reading, &options);
    cr_assert_eq(reading.count, 8);
    // Of two packets of one time, that of the file named first comes first.
    const uint64_t frames[] = {1, 2, 1, 1, 2, 2, 3, 3};
    const uint32_t files[] = {1, 1, 0, 2, 0, 2, 0, 2};
    for (uint32_t i = 0; i < 8; i++) {
        const struct palua_packet *packet = &reading.packets[i];
        cr_expect_eq(packet->number, i + 1);
        cr_expect_eq(packet->frame, frames[i]);
        cr_expect_eq(packet->file, files[i]);
        cr_expect_eq(packet->file_name.len, strlen(paths[files[i]]));
    }
    cr_expect_eq(reading.totals.packets, 8);
    cr_expect_eq(reading.totals.bytes, 1 + 2 + 2 * (5 + 6 + 7));
    cr_expect_eq(reading.totals.wire_bytes, reading.totals.bytes);
    cr_expect_eq(reading.totals.first_ts_ns, 1000007000);
    cr_expect_eq(reading.totals.last_ts_ns, 7000007000);
    cr_expect_eq(reading.totals.read_bytes, 2 * first.bytes.len + second.bytes.len);
    reading_fini(&reading);
    close(fd1);
    close(fd2);
    build_fini(&first);
    build_fini(&second);
}

enum { MERGED_FILES = 7, MERGED_PACKETS = 150 };

/** Files whose packets have times in some order, runs of them disjoint and runs overlapping. */
struct merged {
    struct builder files[MERGED_FILES];
    uint32_t times[MERGED_FILES][MERGED_PACKETS];
    uint32_t counts[MERGED_FILES];
    char paths[MERGED_FILES][64];
    const char *names[MERGED_FILES];
    int fds[MERGED_FILES];
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void merged_make(struct merged *it, uint32_t seed)
{
    *it = (struct merged){0};
    for (uint32_t i = 0; i < MERGED_FILES; i++) {
        uint32_t now = 1000 + next_random(&seed) % 4 * 200, backwards = next_random(&seed) % 20;
        it->counts[i] = next_random(&seed) % MERGED_PACKETS;
        build_pcap(&it->files[i], MICRO, 1);
        for (uint32_t j = 0; j < it->counts[i]; j++) {
            now += next_random(&seed) % 5;
            it->times[i][j] = now - next_random(&seed) % (backwards + 1);
            build_packet(&it->files[i], it->times[i][j], next_random(&seed) % 90);
        }
        it->fds[i] = build_file(&it->files[i], it->paths[i], sizeof it->paths[i]);
        it->names[i] = it->paths[i];
    }
}

/** The naive way: of all files that have packets left, the one whose next is oldest. */
static int merged_next(const struct merged *it, const uint32_t *done)
{
    int best = -1;
    for (int i = 0; i < MERGED_FILES; i++)
        if (done[i] < it->counts[i] &&
            (best < 0 || it->times[i][done[i]] < it->times[best][done[best]]))
            best = i;
    return best;
}

static void expect_merged(const struct merged *it, uint32_t seed)
{
    uint32_t done[MERGED_FILES] = {0}, count = 0;
    for (int file; (file = merged_next(it, done)) >= 0; count++) {
        const struct palua_packet *packet = &reading.packets[count];
        cr_assert_lt(count, reading.count, "seed %u", seed);
        cr_assert_eq(packet->file, (uint32_t)file, "seed %u, packet %u", seed, count);
        cr_assert_eq(packet->frame, ++done[file], "seed %u, packet %u", seed, count);
        cr_assert_eq(packet->number, count + 1, "seed %u", seed);
        cr_assert(reading_has(&reading, count, (uint8_t)it->times[file][done[file] - 1]));
    }
    cr_assert_eq(reading.count, count, "seed %u", seed);
    cr_assert_eq(reading.error_count, 0, "seed %u", seed);
}

Test(capture, overlapping_files_are_merged_as_the_naive_way_does)
{
    static struct merged files;
    const uint32_t batches[] = {1, 2, 63, 64, 1024}, blocks[] = {40, 700, 65536};
    for (uint32_t seed = 1; seed <= 60; seed++) {
        merged_make(&files, seed);
        struct capture_options options = reading_options(files.names, MERGED_FILES);
        options.batch_packets = batches[seed % 5];
        options.block_size = blocks[seed % 3];
        options.open_cap = seed % 4;
        reading_run(&reading, &options);
        expect_merged(&files, seed);
        reading_fini(&reading);
        for (uint32_t i = 0; i < MERGED_FILES; i++) {
            close(files.fds[i]);
            build_fini(&files.files[i]);
        }
    }
}

Test(capture, files_that_do_not_overlap_are_not_copied)
{
    char one[64], two[64];
    struct builder first = pcap_of(1, 100), second = pcap_of(101, 100);
    int fd1 = build_file(&first, one, sizeof one), fd2 = build_file(&second, two, sizeof two);
    const char *paths[] = {two, one};
    struct capture_options options = reading_options(paths, 2);
    reading_run(&reading, &options);
    expect_packets(&reading, 1, 200);
    cr_expect_eq(reading.batches, 2);
    reading_fini(&reading);
    close(fd1);
    close(fd2);
    build_fini(&first);
    build_fini(&second);
}

/** A pcapng of one packet without a time, then one with. */
static struct builder untimed(uint64_t ts)
{
    struct builder to = {0};
    build_section(&to);
    build_interface(&to, 1, 0, -1);
    build_simple(&to, 3, 3);
    build_enhanced(&to, 0, ts, 4);
    return to;
}

Test(capture, file_that_begins_without_a_time_waits_for_those_named_before)
{
    char one[64], two[64], three[64];
    struct builder first = pcap_of(5, 2), second = untimed(7000000), third = pcap_of(1, 8);
    int fd1 = build_file(&first, one, sizeof one), fd2 = build_file(&second, two, sizeof two);
    int fd3 = build_file(&third, three, sizeof three);
    const char *paths[] = {one, two, three};
    struct capture_options options = reading_options(paths, 3);
    for (options.batch_packets = 1; options.batch_packets < 20; options.batch_packets += 6) {
        reading_run(&reading, &options);
        const uint32_t files[] = {2, 2, 2, 2, 0, 2, 0, 1, 2, 1, 2, 2};
        cr_assert_eq(reading.count, 12);
        for (uint32_t i = 0; i < 12; i++)
            cr_expect_eq(reading.packets[i].file, files[i], "packet %u: %u", i,
                         reading.packets[i].file);
        cr_expect_eq(reading.packets[7].ts_ns, 6000007000, "as the packet before it");
        reading_fini(&reading);
    }
    close(fd1);
    close(fd2);
    close(fd3);
    build_fini(&first);
    build_fini(&second);
    build_fini(&third);
}

Test(capture, bad_inputs_do_not_keep_the_others_from_being_read)
{
    char good[64], cut[64], empty[64];
    struct builder whole = pcap_of(1, 3), short_by_one = pcap_of(1, 3), nothing = {0};
    short_by_one.bytes.len--;
    int fd1 = build_file(&whole, good, sizeof good);
    int fd2 = build_file(&short_by_one, cut, sizeof cut);
    int fd3 = build_file(&nothing, empty, sizeof empty);
    const char *paths[] = {"/nowhere.pcap", cut, "/nowhere/either", good, empty};
    struct capture_options options = reading_options(paths, 5);
    reading_run(&reading, &options);
    cr_expect_eq(reading.count, 5);
    cr_expect_eq(reading.packets[4].frame, 3);
    cr_expect_eq(reading.packets[4].file, 3);
    cr_assert_eq(reading.error_count, 4);
    const enum capture_status statuses[] = {CAPTURE_FAILED, CAPTURE_DAMAGED, CAPTURE_FAILED,
                                            CAPTURE_FAILED};
    const char *words[] = {"cannot be opened", "the input ends 18 bytes into a record, expected 19",
                           "cannot be opened", "is empty"};
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(reading.statuses[i], statuses[i], "report %u", i);
        cr_expect(strstr(reading.errors[i].text, words[i]), "%s", reading.errors[i].text);
    }
    reading_fini(&reading);
    close(fd1);
    close(fd2);
    close(fd3);
    build_fini(&whole);
    build_fini(&short_by_one);
}

Test(capture, damage_comes_with_what_was_before_it_in_the_block)
{
    struct builder to = pcap_of(1, 3);
    build_record(&to, 1, 1, UINT32_MAX, 4);
    char path[64];
    const char *paths[] = {path};
    int fd = build_file(&to, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(1, 1024, 1, 1);
    struct batch *batch = batch_take(pool);
    struct error err;
    cr_expect_eq(capture_read(capture, batch, &err), CAPTURE_DAMAGED);
    cr_expect_eq(batch->count, 3);
    cr_expect_not_null(batch->block);
    cr_expect_eq(batch->packets[2].data[0], 3, "still readable after its input was closed");
    batch_give(pool, batch);
    cr_expect_eq(capture_read(capture, batch_take(pool), &err), CAPTURE_END);
    batch_give(pool, batch);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

static void read_part(uint64_t skip, uint64_t count, uint32_t batch)
{
    char one[64], two[64];
    struct builder first = pcap_of(1, 100), second = pcap_of(101, 100);
    int fd1 = build_file(&first, one, sizeof one), fd2 = build_file(&second, two, sizeof two);
    const char *paths[] = {one, two};
    struct capture_options options = reading_options(paths, 2);
    options.skip = skip;
    options.count = count;
    options.batch_packets = batch;
    options.block_size = 500;
    reading_run(&reading, &options);
    close(fd1);
    close(fd2);
    build_fini(&first);
    build_fini(&second);
}

Test(capture, skip_and_count_keep_the_numbers)
{
    const struct {
        uint64_t skip, count;
        uint32_t packets;
    } cases[] = {{0, 0, 200},         {0, 1, 1},
                 {0, 100, 100},       {0, 101, 101},
                 {0, 500, 200},       {1, 0, 199},
                 {7, 5, 5},           {99, 2, 2},
                 {100, 0, 100},       {150, 100, 50},
                 {199, 9, 1},         {200, 0, 0},
                 {5000, 1, 0},        {UINT64_MAX, UINT64_MAX, 0},
                 {0, UINT64_MAX, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t batch = 1; batch < 300; batch += 59) {
            read_part(cases[i].skip, cases[i].count, batch);
            cr_assert_eq(reading.totals.packets, cases[i].packets);
            expect_packets(&reading, (uint32_t)cases[i].skip + 1, cases[i].packets);
            for (uint32_t j = 0; j < reading.count; j++)
                cr_assert_eq(reading.packets[j].frame, (reading.packets[j].number - 1) % 100 + 1);
            reading_fini(&reading);
        }
}

Test(capture, count_reached_opens_nothing_more)
{
    char path[64];
    struct builder to = pcap_of(1, 3);
    int fd = build_file(&to, path, sizeof path);
    const char *paths[] = {path, "/nowhere.pcap"};
    struct capture_options options = reading_options(paths, 2);
    options.count = 3;
    reading_run(&reading, &options);
    expect_packets(&reading, 1, 3);
    reading_fini(&reading);
    close(fd);
    build_fini(&to);
}

Test(capture, knows_its_files)
{
    char path[64];
    struct builder to = pcap_of(1, 3);
    int fd = build_file(&to, path, sizeof path);
    const char *paths[] = {path, "-"};
    struct capture_options options = reading_options(paths, 2);
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(1, 1024, 1, 1);
    struct batch *batch = batch_take(pool);
    cr_expect_str_eq(capture_file(capture, 0).name, path);
    cr_expect_str_eq(capture_file(capture, 1).name, "stdin");
    cr_expect_eq(capture_file(capture, 0).size, 0, "not opened yet");
    cr_assert_not_null(freopen("/dev/null", "r", stdin));
    cr_expect_eq(capture_read(capture, batch, NULL), CAPTURE_BATCH);
    cr_expect_eq(capture_file(capture, 0).size, to.bytes.len);
    batch_give(pool, batch);
    capture_free(capture);
    batch_pool_free(pool);
    close(fd);
    build_fini(&to);
}

/** A folder for one test, with files in it. */
struct folder {
    char path[64];
};

static void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/palua_capture_test.XXXXXX");
    cr_assert_not_null(mkdtemp(folder->path));
}

static void folder_add(const struct folder *folder, const char *name, const struct builder *from)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert(from->bytes.len == 0 ||
              fwrite(from->bytes.data, 1, from->bytes.len, file) == from->bytes.len);
    fclose(file);
}

static void folder_remove(const struct folder *folder)
{
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", folder->path);
    cr_assert_eq(system(command), 0);
}

Test(capture, directory_means_the_captures_in_it)
{
    struct folder folder;
    struct builder first = pcap_of(1, 3), second = pcap_of(4, 2), third = pcapng_of(1, 1);
    struct builder text = {0}, nothing = {0};
    build_raw(&text, "this is no capture, whatever its name says", 42);
    folder_make(&folder);
    char command[256];
    snprintf(command, sizeof command, "mkdir %s/sub && mkfifo %s/pipe", folder.path, folder.path);
    cr_assert_eq(system(command), 0);
    folder_add(&folder, "notes.pcap", &text);
    folder_add(&folder, "empty", &nothing);
    folder_add(&folder, ".hidden", &first);
    folder_add(&folder, "b", &first);
    folder_add(&folder, "sub/a", &second);
    folder_add(&folder, "sub/c", &third);
    const char *paths[] = {folder.path};
    struct capture_options options = reading_options(paths, 1);
    reading_run(&reading, &options);
    cr_expect_eq(reading.error_count, 0, "%s", reading.errors[0].text);
    cr_assert_eq(reading.count, 6);
    cr_expect_eq(reading.totals.passed_over, 2);
    const char *names[] = {"/sub/c", "/b", "/b", "/b", "/sub/a", "/sub/a"};
    reading_fini(&reading);
    struct capture *capture = capture_new(&options);
    for (uint32_t i = 0; i < 6; i++)
        cr_expect(strstr(capture_file(capture, reading.packets[i].file).name, names[i]));
    capture_free(capture);
    folder_remove(&folder);
    build_fini(&first);
    build_fini(&second);
    build_fini(&third);
    build_fini(&text);
}

Test(capture, directory_too_deep_is_told)
{
    struct folder folder;
    struct builder good = pcap_of(1, 2);
    char path[1024];
    folder_make(&folder);
    folder_add(&folder, "a", &good);
    size_t len = (size_t)snprintf(path, sizeof path, "%s", folder.path);
    for (int depth = 1; depth <= FILES_DEPTH_CAP; depth++) {
        len += (size_t)snprintf(path + len, sizeof path - len, "/d");
        cr_assert_eq(mkdir(path, 0700), 0);
    }
    const char *paths[] = {folder.path};
    struct capture_options options = reading_options(paths, 1);
    reading_run(&reading, &options);
    cr_expect_eq(reading.count, 2);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_str_eq(reading.errors[0].where, path);
    cr_expect(strstr(reading.errors[0].text, "lies 64 directories deep"), "%s",
              reading.errors[0].text);
    reading_fini(&reading);
    folder_remove(&folder);
    build_fini(&good);
}

Test(capture, directory_without_captures_is_told)
{
    struct folder folder;
    struct builder text = {0}, good = pcap_of(1, 2);
    char path[64];
    build_raw(&text, "this is no capture, whatever its name says", 42);
    folder_make(&folder);
    folder_add(&folder, "notes", &text);
    int fd = build_file(&good, path, sizeof path);
    const char *paths[] = {path, folder.path};
    struct capture_options options = reading_options(paths, 2);
    reading_run(&reading, &options);
    cr_expect_eq(reading.count, 2);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_eq(reading.statuses[0], CAPTURE_FAILED);
    cr_expect(strstr(reading.errors[0].text, "directory without captures (1 file looked at)"));
    reading_fini(&reading);
    folder_remove(&folder);
    close(fd);
    build_fini(&text);
    build_fini(&good);
}

Test(capture, without_inputs_is_at_its_end)
{
    struct capture_options options = reading_options(NULL, 0);
    reading_run(&reading, &options);
    cr_expect_eq(reading.count, 0);
    cr_expect_eq(reading.error_count, 0);
    reading_fini(&reading);
}

struct writer {
    const struct builder *from;
    int fd;
    size_t step;
};

static void *write_in_steps(void *argument)
{
    const struct writer *it = argument;
    for (size_t done = 0; done < it->from->bytes.len;) {
        size_t left = it->from->bytes.len - done;
        ssize_t got = write(it->fd, it->from->bytes.data + done, left < it->step ? left : it->step);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    close(it->fd);
    return NULL;
}

Test(capture, pipe_gives_what_a_file_gives_whatever_its_steps)
{
    const size_t steps[] = {1, 3, 24, 1000, 100000};
    struct builder files[] = {pcap_of(1, 1000), pcapng_of(1, 1000)};
    const char *paths[] = {"-"};
    for (size_t file = 0; file < 2; file++)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            int fds[2];
            pthread_t thread;
            cr_assert_eq(pipe(fds), 0);
            cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
            close(fds[0]);
            struct writer writer = {&files[file], fds[1], steps[i]};
            cr_assert_eq(pthread_create(&thread, NULL, write_in_steps, &writer), 0);
            struct capture_options options = reading_options(paths, 1);
            options.block_size = 700;
            reading_run(&other, &options);
            pthread_join(thread, NULL);
            expect_packets(&other, 1, 1000);
            reading_fini(&other);
        }
    build_fini(&files[0]);
    build_fini(&files[1]);
}

Test(capture, pipe_hands_out_a_record_before_the_next_is_written)
{
    const char *paths[] = {"-"};
    struct builder to = pcap_of(1, 3);
    const size_t ends[] = {24 + 17, 24 + 17 + 18, 24 + 17 + 18 + 19};
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    struct capture_options options = reading_options(paths, 1);
    struct capture *capture = capture_new(&options);
    struct batch_pool *pool = batch_pool_new(4, 1024, 1, 1);
    struct batch *batches[4];
    size_t done = 0;
    for (int i = 0; i < 3; i++) {
        // Half of the record after it comes along, and must not be waited for.
        size_t upto = i < 2 ? ends[i] + 9 : ends[i];
        cr_assert_eq(write(fds[1], to.bytes.data + done, upto - done), (ssize_t)(upto - done));
        done = upto;
        batches[i] = batch_take(pool);
        cr_assert_eq(capture_read(capture, batches[i], NULL), CAPTURE_BATCH);
        cr_expect_eq(batches[i]->count, 1);
        cr_expect_eq(batches[i]->block, batches[0]->block, "there was room in the first block");
    }
    close(fds[1]);
    batches[3] = batch_take(pool);
    cr_expect_eq(capture_read(capture, batches[3], NULL), CAPTURE_END);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(batches[i]->packets[0].data[0], i + 1);
    for (int i = 0; i < 4; i++)
        batch_give(pool, batches[i]);
    capture_free(capture);
    batch_pool_free(pool);
    build_fini(&to);
}
