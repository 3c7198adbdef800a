// SPDX-License-Identifier: MIT OR Apache-2.0
#include "builder.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <pthread.h>
#include <signal.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/unpack.h"

/** Packs with the libraries' own compressors; each call appends one frame. */
typedef void pack_fn(struct text *out, const void *data, size_t len);

static uint8_t *room_for(struct text *out, size_t len)
{
    size_t start = out->len;
    uint8_t *zeros = memory_zalloc(1, len);
    text_add(out, zeros, len);
    memory_free(zeros);
    out->len = start;
    return (uint8_t *)out->data + start;
}

static void pack_gzip(struct text *out, const void *data, size_t len)
{
    z_stream stream = {0};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t cap = deflateBound(&stream, len);
    stream.next_out = room_for(out, cap);
    stream.avail_out = (uInt)cap;
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)len;
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += stream.total_out;
    deflateEnd(&stream);
}

static void pack_zstd(struct text *out, const void *data, size_t len)
{
    size_t cap = ZSTD_compressBound(len);
    out->len += ZSTD_compress(room_for(out, cap), cap, data, len, 3);
}

static void pack_xz(struct text *out, const void *data, size_t len)
{
    size_t cap = lzma_stream_buffer_bound(len), done = 0;
    cr_assert_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, data, len, room_for(out, cap),
                                         &done, cap),
                 LZMA_OK);
    out->len += done;
}

static void pack_lz4(struct text *out, const void *data, size_t len)
{
    LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB,
                      .contentChecksumFlag = LZ4F_contentChecksumEnabled}};
    size_t cap = LZ4F_compressFrameBound(len, &preferences);
    out->len += LZ4F_compressFrame(room_for(out, cap), cap, data, len, &preferences);
}

static void pack_bzip2(struct text *out, const void *data, size_t len)
{
    unsigned cap = (unsigned)(len + len / 100 + 600);
    uint8_t *to = room_for(out, cap);
    cr_assert_eq(BZ2_bzBuffToBuffCompress((char *)to, &cap, (char *)data, (unsigned)len, 1, 0, 0),
                 BZ_OK);
    out->len += cap;
}

static pack_fn *const packs[] = {pack_gzip, pack_zstd, pack_xz, pack_lz4, pack_bzip2};
enum { PACKS = sizeof packs / sizeof *packs };

/** Bytes that compress, but not to nothing. */
static struct text sample(size_t len)
{
    struct text out;
    uint32_t seed = 7;
    text_init(&out);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        text_add_char(&out, (char)(seed >> 30 ? 'a' + (seed >> 28) % 4 : seed >> 24));
    }
    return out;
}

static int file_of(const void *data, size_t len, char *path, size_t size)
{
    int fd = memfd_create("packed", MFD_CLOEXEC);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

/** Opens a file or "-" as the reader does: what was read to look at it is handed on. */
static struct source *open_packed(const char *path, size_t peek)
{
    struct error err = {0};
    struct source *file = source_open(path, &err);
    cr_assert_not_null(file, "%s", err.text);
    uint8_t start[512];
    size_t len;
    cr_assert(peek <= sizeof start && source_read(file, start, peek, &len, &err));
    return unpack_open(file, start, len);
}

/** Reads all in steps of `step` bytes. @return whether the end was reached without an error */
static bool read_all(struct source *source, size_t step, struct text *out, struct error *err)
{
    uint8_t *data = memory_alloc(step);
    size_t len;
    bool ok;
    *err = (struct error){0};
    while ((ok = source_read(source, data, step, &len, err)) && len)
        text_add(out, data, len);
    memory_free(data);
    return ok;
}

static bool unpack_all(const void *data, size_t len, size_t step, struct text *out,
                       struct error *err)
{
    char path[64];
    int fd = file_of(data, len, path, sizeof path);
    struct source *source = open_packed(path, len < 24 ? len : 24);
    bool ok = read_all(source, step, out, err);
    source_close(source);
    close(fd);
    return ok;
}

static void expect_unpacked(const struct text *packed, const struct text *want, size_t step)
{
    struct text got;
    struct error err;
    text_init(&got);
    cr_assert(unpack_all(packed->data, packed->len, step, &got, &err), "%s: %s", err.where,
              err.text);
    cr_assert_eq(got.len, want->len);
    cr_assert(got.len == 0 || memcmp(got.data, want->data, got.len) == 0);
    text_fini(&got);
}

Test(unpack, every_codec_in_steps_of_any_size)
{
    const size_t lens[] = {0, 1, 5000, 400000}, steps[] = {1, 7, 4096, 1 << 20};
    for (size_t i = 0; i < PACKS; i++)
        for (size_t j = 0; j < 4; j++)
            for (size_t k = 0; k < 4; k++) {
                struct text want = sample(lens[j]), packed;
                text_init(&packed);
                packs[i](&packed, want.data ? want.data : "", want.len);
                cr_expect(unpack_needed((uint8_t *)packed.data, packed.len));
                expect_unpacked(&packed, &want, steps[k]);
                text_fini(&packed);
                text_fini(&want);
            }
}

static void add_skippable(struct text *to, uint8_t kind, uint32_t len)
{
    const uint8_t header[8] = {
        0x50 | kind, 0x2a, 0x4d, 0x18, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), 0};
    text_add(to, header, sizeof header);
    for (uint32_t i = 0; i < len; i++)
        text_add_char(to, 'x');
}

Test(unpack, frames_of_all_kinds_follow_each_other)
{
    struct text packed, want, part = sample(3000);
    text_init(&packed);
    text_init(&want);
    add_skippable(&packed, 3, 300000);
    for (size_t i = 0; i < 200; i++) {
        packs[i * 7 % PACKS](&packed, part.data, i * 13);
        text_add(&want, part.data, i * 13);
        if (i % 20 == 3)
            add_skippable(&packed, (uint8_t)(i % 16), (uint32_t)(i % 3 * 40));
        for (size_t zeros = 0; zeros < i % 9; zeros++)
            text_add_char(&packed, 0);
    }
    for (size_t step = 1; step < 1 << 20; step = step * 5 + 1)
        expect_unpacked(&packed, &want, step);
    text_fini(&packed);
    text_fini(&want);
    text_fini(&part);
}

Test(unpack, every_truncation_gives_what_came_before_and_says_so)
{
    for (size_t i = 0; i < PACKS; i++) {
        struct text want = sample(700), packed;
        text_init(&packed);
        packs[i](&packed, want.data, want.len);
        size_t last = 0;
        for (size_t len = 8; len < packed.len; len++) {
            struct text got;
            struct error err;
            char end[32];
            text_init(&got);
            cr_assert_not(unpack_all(packed.data, len, 100, &got, &err), "codec %zu, %zu", i, len);
            cr_assert_eq(err.code, ERROR_DAMAGED);
            cr_assert(strstr(err.text, "cut short"), "%s", err.text);
            snprintf(end, sizeof end, "@0x%zx", len);
            cr_assert(strstr(err.where, end), "%s, expected %s", err.where, end);
            cr_assert(got.len >= last && got.len <= want.len);
            cr_assert(got.len == 0 || memcmp(got.data, want.data, got.len) == 0);
            last = got.len;
            text_fini(&got);
        }
        // zstd and bzip2 give whole blocks, and this is one.
        cr_expect(last > 0 || packs[i] == pack_zstd || packs[i] == pack_bzip2, "codec %zu", i);
        text_fini(&packed);
        text_fini(&want);
    }
}

Test(unpack, every_flipped_byte_is_no_more_than_damage)
{
    for (size_t i = 0; i < PACKS; i++) {
        struct text want = sample(3000), packed;
        unsigned damaged = 0;
        text_init(&packed);
        packs[i](&packed, want.data, want.len);
        for (size_t at = 0; at < packed.len; at++) {
            struct text got;
            struct error err;
            text_init(&got);
            packed.data[at] ^= 0x55;
            if (!unpack_all(packed.data, packed.len, 512, &got, &err)) {
                cr_assert_eq(err.code, ERROR_DAMAGED);
                damaged++;
            }
            packed.data[at] ^= 0x55;
            text_fini(&got);
        }
        // Only where there is no check, as over gzip's header, may a flip go unseen.
        cr_expect(damaged > packed.len - 80 || i == 1, "codec %zu: %u of %zu", i, damaged,
                  packed.len);
        text_fini(&packed);
        text_fini(&want);
    }
}

Test(unpack, damage_loses_no_block_before_it_whatever_the_step)
{
    for (size_t i = 0; i < PACKS; i++) {
        struct text want = sample(1000000), packed, once, twice;
        struct error err;
        text_init(&packed);
        text_init(&once);
        text_init(&twice);
        packs[i](&packed, want.data, want.len);
        packed.data[packed.len - packed.len / 8] ^= 0x55;
        cr_expect_not(unpack_all(packed.data, packed.len, 3 << 20, &once, &err));
        cr_expect_not(unpack_all(packed.data, packed.len, 100, &twice, &err));
        cr_expect_eq(once.len, twice.len, "codec %zu", i);
        cr_expect_eq(memcmp(once.data, twice.data, once.len), 0, "codec %zu", i);
        cr_expect(once.len > want.len / 4 * 3 && once.len <= want.len, "codec %zu: %zu", i,
                  once.len);
        cr_expect_eq(memcmp(once.data, want.data, want.len / 4 * 3), 0, "codec %zu", i);
        text_fini(&packed);
        text_fini(&want);
        text_fini(&once);
        text_fini(&twice);
    }
}

/** Writes in steps of some size to a pipe that is read as standard input. */
struct slow_writer {
    const struct text *from;
    int fd;
    size_t step;
};

static void *write_slowly(void *argument)
{
    const struct slow_writer *it = argument;
    for (size_t done = 0; done < it->from->len;) {
        size_t left = it->from->len - done;
        ssize_t got = write(it->fd, it->from->data + done, left < it->step ? left : it->step);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    close(it->fd);
    return NULL;
}

static void unpack_slowly(const struct text *packed, size_t step, struct text *out)
{
    int fds[2];
    pthread_t thread;
    struct error err;
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    close(fds[0]);
    struct slow_writer writer = {packed, fds[1], step};
    cr_assert_eq(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    struct source *source = open_packed("-", 24);
    (void)read_all(source, 5000, out, &err);
    source_close(source);
    // A writer that is not read to its end must not wait.
    cr_assert_not_null(freopen("/dev/null", "r", stdin));
    pthread_join(thread, NULL);
}

Test(unpack, damaged_frames_give_the_same_whatever_the_steps)
{
    const size_t reads[] = {1, 777, 65536, 65537, 3 << 20}, writes[] = {1000, 4096, 100000};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < PACKS; i++)
        for (size_t damage = 1; damage < 12; damage += 2) {
            struct text want = sample(300000), packed, first;
            struct error err;
            text_init(&packed);
            text_init(&first);
            packs[i](&packed, want.data, want.len);
            packed.data[packed.len * damage / 12] ^= (char)(1 << damage % 8);
            for (size_t k = 0; k < 8; k++) {
                struct text got;
                text_init(&got);
                if (k < 5)
                    (void)unpack_all(packed.data, packed.len, reads[k], &got, &err);
                else
                    unpack_slowly(&packed, writes[k - 5], &got);
                if (k == 0)
                    text_add(&first, got.data ? got.data : "", got.len);
                cr_assert_eq(got.len, first.len, "codec %zu, damage %zu, steps %zu: %zu, not %zu",
                             i, damage, k, got.len, first.len);
                cr_assert(got.len == 0 || memcmp(got.data, first.data, got.len) == 0);
                text_fini(&got);
            }
            text_fini(&packed);
            text_fini(&want);
            text_fini(&first);
        }
}

/** A zstd frame that says to hold 29 bytes, and has a block of 23 and one of 25. */
static struct text zstd_overfull(void)
{
    struct text out;
    text_init(&out);
    text_add(&out, "\x28\xb5\x2f\xfd\x20\x1d\xb8\0\0", 9);
    text_add(&out, "a block is given or it is not", 23);
    text_add(&out, "\xc9\0\0", 3);
    text_add(&out, "and this one has no room in it", 25);
    return out;
}

Test(unpack, a_block_without_room_in_its_frame_is_not_given_in_part)
{
    struct text packed = zstd_overfull(), got;
    struct error err;
    char path[64];
    for (size_t at_hand = 10; at_hand < packed.len; at_hand++) {
        int fd = file_of(packed.data, packed.len, path, sizeof path);
        struct source *source = open_packed(path, at_hand);
        text_init(&got);
        cr_expect_not(read_all(source, 5, &got, &err));
        cr_expect(strstr(err.where, "@0x23"), "%s with %zu bytes at hand", err.where, at_hand);
        cr_expect_eq(got.len, 23, "%zu with %zu bytes at hand", got.len, at_hand);
        text_fini(&got);
        source_close(source);
        close(fd);
    }
    text_fini(&packed);
}

Test(unpack, of_a_block_that_is_cut_and_not_compressed_the_rest_is_given)
{
    const char zstd[] = "\x28\xb5\x2f\xfd\0\x58\xb8\0\0twenty-three, but for";
    struct text got;
    struct error err;
    for (size_t step = 1; step < 30; step++) {
        text_init(&got);
        cr_expect_not(unpack_all(zstd, sizeof zstd - 1, step, &got, &err));
        cr_expect(strstr(err.text, "cut short"), "%s", err.text);
        cr_expect_eq(got.len, sizeof zstd - 10);
        text_fini(&got);
    }
}

Test(unpack, what_follows_the_last_frame_and_is_none_is_told)
{
    for (size_t i = 0; i < PACKS; i++) {
        struct text packed, got;
        struct error err;
        char end[32];
        text_init(&packed);
        text_init(&got);
        packs[i](&packed, "abc", 3);
        snprintf(end, sizeof end, "@0x%zx", packed.len + 2);
        text_add(&packed, "\0\0garbage", 9);
        cr_expect_not(unpack_all(packed.data, packed.len, 64, &got, &err));
        cr_expect_eq(got.len, 3);
        cr_expect(strstr(err.text, "that begin no other"), "%s", err.text);
        cr_expect(strstr(err.where, end), "%s, expected %s", err.where, end);
        text_fini(&packed);
        text_fini(&got);
    }
}

Test(unpack, a_skippable_frame_may_be_cut_too)
{
    struct text packed, got;
    struct error err;
    text_init(&packed);
    text_init(&got);
    add_skippable(&packed, 0, 100);
    cr_expect(unpack_needed((uint8_t *)packed.data, 8));
    cr_expect_not(unpack_needed((uint8_t *)packed.data, 7));
    cr_expect(unpack_all(packed.data, packed.len, 64, &got, &err), "%s", err.text);
    cr_expect_not(unpack_all(packed.data, packed.len - 1, 64, &got, &err));
    cr_expect(strstr(err.text, "expected 1 bytes more"), "%s", err.text);
    cr_expect_eq(got.len, 0);
    text_fini(&packed);
    text_fini(&got);
}

Test(unpack, a_frame_that_wants_too_much_memory_is_not_read)
{
    // A window of 1 GiB: descriptor 0xa0 in a frame that does not know its size.
    const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00};
    struct text got, packed;
    struct error err;
    text_init(&got);
    text_init(&packed);
    cr_expect_not(unpack_all(zstd, sizeof zstd, 64, &got, &err));
    cr_expect_eq(err.code, ERROR_UNREADABLE, "it is no damage");
    cr_expect(strstr(err.text, "more memory"), "%s", err.text);
    cr_expect(strstr(err.text, "`zstd -dc --long=31 FILE"), "%s", err.text);
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    cr_assert_not(lzma_lzma_preset(&options, 0));
    options.dict_size = 1 << 30;
    size_t done = 0;
    uint8_t *to = room_for(&packed, 4096);
    // What the header says counts, not what was packed.
    options.mf = LZMA_MF_HC3;
    options.mode = LZMA_MODE_FAST;
    if (lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, (const uint8_t *)"abc", 3, to,
                                  &done, 4096) == LZMA_OK) {
        cr_expect_not(unpack_all(to, done, 64, &got, &err));
        cr_expect_eq(err.code, ERROR_UNREADABLE);
        cr_expect(strstr(err.text, "`xz -dc FILE"), "%s", err.text);
    }
    text_fini(&got);
    text_fini(&packed);
}

Test(unpack, a_bomb_is_unpacked_only_as_far_as_it_is_read)
{
    struct text zeros, member, packed;
    text_init(&zeros);
    text_init(&member);
    text_init(&packed);
    (void)room_for(&zeros, 1 << 20);
    pack_gzip(&member, zeros.data, 1 << 20);
    for (int i = 0; i < 2000; i++)
        text_add(&packed, member.data, member.len);
    char path[64];
    struct error err;
    size_t len;
    uint8_t data[1000];
    int fd = file_of(packed.data, packed.len, path, sizeof path);
    struct source *source = open_packed(path, 24);
    for (int i = 0; i < 1000; i++) {
        cr_assert(source_read(source, data, sizeof data, &len, &err));
        cr_assert_eq(len, sizeof data);
    }
    cr_expect(source->read_bytes <= 256 << 10, "%zu of 2 GB", (size_t)source->read_bytes);
    cr_expect_eq(source->size, packed.len);
    source_close(source);
    close(fd);
    text_fini(&zeros);
    text_fini(&member);
    text_fini(&packed);
}

static void expect_next(struct source *source, const char *want)
{
    char data[100];
    struct error err;
    for (size_t done = 0, len; done < strlen(want); done += len) {
        cr_assert(source_read(source, (uint8_t *)data, sizeof data, &len, &err));
        cr_assert(len > 0 && done + len <= strlen(want));
        cr_assert_eq(memcmp(data, want + done, len), 0);
    }
}

Test(unpack, a_pipe_is_not_waited_for_while_there_is_something)
{
    for (size_t i = 0; i < PACKS; i++) {
        struct text packed;
        struct error err;
        uint8_t data[1000];
        size_t len;
        int fds[2];
        text_init(&packed);
        packs[i](&packed, "first", 5);
        cr_assert_eq(pipe(fds), 0);
        cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
        cr_assert_eq(write(fds[1], packed.data, packed.len), (ssize_t)packed.len);
        struct source *source = open_packed("-", 10);
        expect_next(source, "first");
        // Not even for the rest of a header that begins behind it.
        cr_assert_eq(write(fds[1], packed.data, packed.len), (ssize_t)packed.len);
        cr_assert_eq(write(fds[1], packed.data, 5), 5);
        expect_next(source, "first");
        cr_assert_eq(write(fds[1], packed.data + 5, packed.len - 5), (ssize_t)packed.len - 5);
        close(fds[1]);
        expect_next(source, "first");
        cr_assert(source_read(source, data, sizeof data, &len, &err));
        cr_expect_eq(len, 0);
        cr_expect_eq(source->read_bytes, 3 * packed.len);
        source_close(source);
        close(fds[0]);
        text_fini(&packed);
    }
}

static struct reading reading;

/** A pcap of 500 packets, packed `times` over. */
static struct text packed_pcap(pack_fn *pack, unsigned times)
{
    struct builder to = {0};
    build_pcap(&to, 0xa1b2c3d4, 1);
    for (uint32_t i = 1; i <= 500; i++)
        build_packet(&to, i, i % 97);
    struct text packed = to.bytes;
    for (unsigned i = 0; i < times; i++) {
        struct text next;
        text_init(&next);
        pack(&next, packed.data, packed.len);
        text_fini(&packed);
        packed = next;
    }
    return packed;
}

static void read_capture(const struct text *packed, size_t len)
{
    char path[64];
    const char *paths[] = {path};
    int fd = file_of(packed->data, len, path, sizeof path);
    struct capture_options options = reading_options(paths, 1);
    reading_run(&reading, &options);
    close(fd);
}

Test(unpack, the_reader_finds_captures_in_it)
{
    for (size_t i = 0; i < PACKS; i++)
        for (unsigned times = 1; times <= 4; times++) {
            struct text packed = packed_pcap(packs[i], times);
            read_capture(&packed, packed.len);
            cr_expect_eq(reading.error_count, 0, "%s", reading.errors[0].text);
            cr_assert_eq(reading.count, 500);
            cr_expect(reading_has(&reading, 499, (uint8_t)500));
            cr_expect_eq(reading.totals.read_bytes, packed.len, "as it lies on disk");
            reading_fini(&reading);
            text_fini(&packed);
        }
}

Test(unpack, deeper_nesting_is_refused)
{
    struct text packed = packed_pcap(pack_gzip, 5);
    read_capture(&packed, packed.len);
    cr_expect_eq(reading.count, 0);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_eq(reading.errors[0].code, ERROR_FOREIGN);
    cr_expect(strstr(reading.errors[0].text, "still compressed"), "%s", reading.errors[0].text);
    reading_fini(&reading);
    text_fini(&packed);
}

Test(unpack, a_cut_capture_gives_the_packets_before_the_cut)
{
    struct text packed = packed_pcap(pack_gzip, 1);
    read_capture(&packed, packed.len - packed.len / 3);
    cr_expect(reading.count > 200 && reading.count < 500, "%u", reading.count);
    cr_assert_eq(reading.error_count, 1);
    cr_expect_eq(reading.statuses[0], CAPTURE_DAMAGED);
    cr_expect_eq(reading.errors[0].code, ERROR_DAMAGED);
    cr_expect(strstr(reading.errors[0].text, "ends within a frame of gzip"), "%s",
              reading.errors[0].text);
    reading_fini(&reading);
    text_fini(&packed);
}
