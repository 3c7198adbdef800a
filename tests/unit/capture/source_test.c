// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/source.h"

static int file_with(const char *text, char *path, size_t size)
{
    int fd = memfd_create("source", MFD_CLOEXEC);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    snprintf(path, size, "/proc/self/fd/%d", fd);
    return fd;
}

Test(source, gives_a_file_in_order)
{
    char path[64];
    int fd = file_with("0123456789", path, sizeof path);
    struct error err = {0};
    uint8_t data[8];
    size_t len;
    struct source *source = source_open(path, &err);
    cr_assert_not_null(source, "%s", err.text);
    cr_expect_str_eq(source->name, path);
    cr_expect_eq(source->size, 10);
    cr_assert(source_read(source, data, 8, &len, &err));
    cr_expect_eq(len, 8);
    cr_expect_eq(memcmp(data, "01234567", 8), 0);
    cr_assert(source_read(source, data, 8, &len, &err));
    cr_expect_eq(len, 2);
    cr_expect_eq(memcmp(data, "89", 2), 0);
    cr_assert(source_read(source, data, 8, &len, &err));
    cr_expect_eq(len, 0);
    source_close(source);
    close(fd);
}

static void check_refused(const char *path, const char *words)
{
    struct error err = {0};
    cr_expect_null(source_open(path, &err));
    cr_expect_eq(err.code, ERROR_UNREADABLE);
    cr_expect_str_eq(err.where, strcmp(path, "-") ? path : "stdin");
    cr_expect(strstr(err.text, words), "got '%s', expected '%s'", err.text, words);
}

Test(source, what_cannot_be_opened_is_refused)
{
    check_refused("/nowhere/at/all.pcap", "cannot be opened: No such file");
    check_refused("/tmp", "is a directory, expected a capture file");
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    cr_assert_geq(dup2(fd, STDIN_FILENO), 0);
    check_refused("-", "is a directory");
}

Test(source, dash_is_standard_input_and_stays_open)
{
    char path[64];
    int fd = file_with("abcdef", path, sizeof path);
    cr_assert_eq(lseek(fd, 2, SEEK_SET), 2); // somebody read from it before
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    struct error err = {0};
    uint8_t data[8];
    size_t len;
    struct source *source = source_open("-", &err);
    cr_assert_not_null(source);
    cr_expect_str_eq(source->name, "stdin");
    cr_expect_eq(source->size, 4);
    cr_assert(source_read(source, data, 8, &len, &err));
    cr_expect_eq(len, 4);
    cr_expect_eq(memcmp(data, "cdef", 4), 0);
    source_close(source);
    cr_expect_neq(fcntl(STDIN_FILENO, F_GETFD), -1);
}

Test(source, pipe_gives_what_it_has)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    struct error err = {0};
    uint8_t data[100];
    size_t len;
    struct source *source = source_open("-", &err);
    cr_assert_not_null(source);
    cr_expect_eq(source->size, 0);
    for (int round = 1; round < 4; round++) {
        cr_assert_eq(write(fds[1], "0123456789", (size_t)round), round);
        cr_assert(source_read(source, data, sizeof data, &len, &err));
        cr_expect_eq(len, round, "must not wait for more");
    }
    close(fds[1]);
    cr_assert(source_read(source, data, sizeof data, &len, &err));
    cr_expect_eq(len, 0);
    source_close(source);
}

static void on_signal(int number)
{
    (void)number;
}

struct interrupter {
    pthread_t reader;
    int fd;
};

static void *interrupt_then_write(void *argument)
{
    const struct interrupter *it = argument;
    for (int i = 0; i < 5; i++) {
        usleep(2000);
        pthread_kill(it->reader, SIGUSR1);
    }
    usleep(2000);
    return write(it->fd, "late", 4) == 4 ? NULL : argument;
}

Test(source, interrupted_read_goes_on)
{
    int fds[2];
    struct sigaction action = {.sa_handler = on_signal}; // without SA_RESTART
    sigaction(SIGUSR1, &action, NULL);
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    struct error err = {0};
    uint8_t data[8];
    size_t len;
    struct source *source = source_open("-", &err);
    struct interrupter it = {pthread_self(), fds[1]};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_then_write, &it), 0);
    cr_assert(source_read(source, data, sizeof data, &len, &err), "%s", err.text);
    cr_expect_eq(len, 4);
    pthread_join(thread, NULL);
    source_close(source);
}

Test(source, failing_read_is_an_error)
{
    int fd = open("/dev/null", O_WRONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    struct error err = {0};
    uint8_t data[8];
    size_t len;
    struct source *source = source_open("-", &err);
    cr_assert_not_null(source);
    cr_expect_not(source_read(source, data, sizeof data, &len, &err));
    cr_expect_eq(err.code, ERROR_UNREADABLE);
    cr_expect_str_eq(err.where, "stdin");
    source_close(source);
}

Test(source, close_of_nothing_is_nothing)
{
    source_close(NULL);
}
