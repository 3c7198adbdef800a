// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/** How one of the runs is computed. */
struct manner {
    uint64_t jobs;
    uint64_t batch; /**< 0: as configured */
    bool spoil;
};

static const struct manner manners[] = {
    {1, 0, false}, {1, 1, true}, {1, 7, true}, {2, 0, true}, {2, 13, true}, {3, 7, true},
};

enum { MANNER_COUNT = sizeof manners / sizeof manners[0] };

/** What is run, again and again. */
struct subject {
    const struct run_options *options;
    int (*how)(const struct run_options *options);
};

/** What a run came to. */
struct outcome {
    int status;
    char *data;
    size_t len;
};

/** The run itself, in a process of its own, with stdout to `fd`. */
static void run_child(const struct subject *subject, const struct manner *manner, int fd,
                      bool first)
{
    const struct run_options *options = subject->options;
    struct run_options run_options = *options;
    run_options.jobs = manner->jobs;
    run_options.batch = manner->batch ? manner->batch : options->batch;
    run_options.spoil = manner->spoil;
    run_options.quiet = options->quiet || !first;
    run_options.progress = options->progress && first;
    int nowhere = first ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool ok = dup2(fd, STDOUT_FILENO) >= 0;
    if (nowhere >= 0) // what it has to say was said by the first
        ok &= dup2(nowhere, STDERR_FILENO) >= 0;
    int status = ok ? subject->how(&run_options) : 4;
    fflush(NULL);
    _exit(status);
}

static bool take(int fd, struct outcome *out)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return false;
    out->len = (size_t)info.st_size;
    out->data = memory_alloc(out->len + 1);
    for (size_t at = 0; at < out->len;) {
        ssize_t got = pread(fd, out->data + at, out->len - at, (off_t)at);
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    out->data[out->len] = '\0';
    return true;
}

static bool run_one(const struct subject *subject, size_t index, struct outcome *out)
{
    int status, fd = memfd_create("palua-check", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_child(subject, &manners[index], fd, index == 0);
    bool ok = child > 0 && waitpid(child, &status, 0) == child && take(fd, out);
    out->status = ok && WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    close(fd);
    return ok;
}

static size_t line_end(const struct outcome *outcome, size_t from)
{
    const char *end = memchr(outcome->data + from, '\n', outcome->len - from);
    return end ? (size_t)(end - outcome->data) : outcome->len;
}

static void tell_line(const char *what, const struct outcome *outcome, size_t from)
{
    struct text line;
    text_init(&line);
    if (from < outcome->len)
        text_add_escaped(&line, outcome->data + from, line_end(outcome, from) - from);
    else
        text_add_str(&line, "(nothing)");
    fprintf(stderr, "palua:   %s: %s\n", what, line.data ? line.data : "");
    text_fini(&line);
}

/** The first line that differs, and how the run was made. */
static void tell_difference(const struct outcome *expected, const struct outcome *got,
                            const struct manner *manner)
{
    size_t line = 1, start = 0, at = 0;
    while (at < expected->len && at < got->len && expected->data[at] == got->data[at]) {
        if (expected->data[at++] == '\n') {
            line++;
            start = at;
        }
    }
    fprintf(stderr,
            "palua: --check: -j %llu --batch %llu gives something else, at line %zu (exit status "
            "%d, %d at first)\n",
            (unsigned long long)manner->jobs,
            (unsigned long long)(manner->batch ? manner->batch : 1024), line, got->status,
            expected->status);
    tell_line("-j 1", expected, start);
    tell_line("this", got, start);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->status == b->status && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int give_up(const char *why)
{
    fprintf(stderr, "palua: --check: %s\n", why);
    return 4;
}

/** Runs all, compares each with the first. @return how many differ; -1 if one could not be run */
static int compare(const struct subject *subject, struct outcome *first)
{
    int differ = 0;
    for (size_t i = 1; i < MANNER_COUNT; i++) {
        struct outcome outcome = {0};
        bool ran = run_one(subject, i, &outcome);
        if (ran && !same(first, &outcome)) {
            tell_difference(first, &outcome, &manners[i]);
            differ++;
        }
        memory_free(outcome.data);
        if (!ran)
            return -1;
    }
    return differ;
}

/** Each run reads the inputs anew and writes its results to stdout. */
static bool is_repeatable(const struct run_options *options)
{
    for (size_t i = 0; i < options->inputs.count; i++)
        if (strcmp(options->inputs.items[i], "-") == 0) {
            give_up("got standard input, expected files: they are read several times");
            return false;
        }
    if (options->output.path)
        give_up("got -o with a path, expected results on standard output");
    return !options->output.path;
}

int run_check(const struct run_options *options, int (*how)(const struct run_options *options))
{
    const struct subject subject = {options, how};
    struct outcome first = {0};
    if (!is_repeatable(options))
        return 2;
    if (!run_one(&subject, 0, &first))
        return give_up("a run could not be started");
    fwrite(first.data, 1, first.len, stdout);
    int status = first.status, differ = status == 2 ? 0 : compare(&subject, &first);
    if (differ < 0)
        status = give_up("a run could not be started");
    else if (differ > 0)
        status = 1;
    else if (status != 2 && !options->quiet)
        fprintf(stderr,
                "palua: --check: %d runs with 1 to 3 threads and 1 to 1,024 packets per batch gave "
                "the same %zu bytes\n",
                MANNER_COUNT, first.len);
    memory_free(first.data);
    return status;
}
