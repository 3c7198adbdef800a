// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

struct source {
    const char *name;
    uint64_t size;
    int fd;
    bool regular; /**< a read that comes up short means the end, not that more is on its way */
};

/* Some filesystems refuse larger reads, and none gets faster by them. */
enum { READ_MAX = 1 << 30 };

static bool source_check(struct source *source, struct error *err)
{
    struct stat status;
    if (fstat(source->fd, &status) != 0)
        return error_set(err, ERROR_UNREADABLE, source->name, "cannot be read: %s",
                         strerror(errno));
    if (S_ISDIR(status.st_mode))
        return error_set(err, ERROR_UNREADABLE, source->name,
                         "is a directory, expected a capture file; name the files in it");
    if (isatty(source->fd))
        return error_set(err, ERROR_UNREADABLE, source->name,
                         "is a terminal, expected a capture; name a file or pipe one in");
    source->regular = S_ISREG(status.st_mode);
    if (!source->regular)
        return true;
    // Standard input may have been read from already.
    off_t pos = lseek(source->fd, 0, SEEK_CUR);
    if (pos >= 0 && pos < status.st_size)
        source->size = (uint64_t)(status.st_size - pos);
    // Advice only: a filesystem that does not take it reads as well.
    (void)posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

struct source *source_open(const char *path, struct error *err)
{
    struct source *source = memory_zalloc(1, sizeof *source);
    bool input = strcmp(path, "-") == 0;
    source->name = input ? "stdin" : path;
    source->fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (source->fd < 0)
        error_set(err, ERROR_UNREADABLE, path, "cannot be opened: %s", strerror(errno));
    else if (source_check(source, err))
        return source;
    source_close(source);
    return NULL;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    memory_free(source);
}

static ssize_t read_some(int fd, uint8_t *data, size_t cap)
{
    ssize_t got;
    do
        got = read(fd, data, cap < READ_MAX ? cap : READ_MAX);
    while (got < 0 && errno == EINTR);
    return got;
}

bool source_read(struct source *source, uint8_t *data, size_t cap, size_t *len, struct error *err)
{
    *len = 0;
    while (*len < cap) {
        ssize_t got = read_some(source->fd, data + *len, cap - *len);
        if (got < 0)
            return error_set(err, ERROR_UNREADABLE, source->name, "cannot be read: %s",
                             strerror(errno));
        *len += (size_t)got;
        // A pipe gives what it has: what came first must not wait for what comes later.
        if (got == 0 || !source->regular)
            break;
    }
    return true;
}

const char *source_name(const struct source *source)
{
    return source->name;
}

uint64_t source_size(const struct source *source)
{
    return source->size;
}
