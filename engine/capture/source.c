// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"

/** A file or standard input. */
struct file_source {
    struct source source;
    int fd; /**< PARKED: none at the moment */
    dev_t device;
    ino_t inode;
};

enum {
    PARKED = -2,        /**< in the place of a descriptor */
    READ_MAX = 1 << 30, /**< some filesystems refuse larger reads, and none gets faster by them */
    WHERE_TAIL = 32     /**< room for "...", "@0x" and 16 digits beside a name */
};

static bool file_check(struct file_source *file, struct error *err)
{
    struct source *source = &file->source;
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return error_set(err, ERROR_UNREADABLE, source->name, "cannot be read: %s",
                         strerror(errno));
    if (S_ISDIR(status.st_mode))
        return error_set(err, ERROR_UNREADABLE, source->name,
                         "is a directory, expected a capture file; name the files in it");
    if (isatty(file->fd))
        return error_set(err, ERROR_UNREADABLE, source->name,
                         "is a terminal, expected a capture; name a file or pipe one in");
    source->regular = S_ISREG(status.st_mode);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    if (!source->regular)
        return true;
    // Standard input may have been read from already.
    off_t pos = lseek(file->fd, 0, SEEK_CUR);
    if (pos >= 0 && pos < status.st_size)
        source->size = (uint64_t)(status.st_size - pos);
    // Advice only: a filesystem that does not take it reads as well.
    (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

static ssize_t read_some(int fd, uint8_t *data, size_t cap)
{
    ssize_t got;
    do
        got = read(fd, data, cap < READ_MAX ? cap : READ_MAX);
    while (got < 0 && errno == EINTR && !interrupt_requested());
    // For whoever reads, an input that is not waited for any more has ended.
    return got < 0 && errno == EINTR ? 0 : got;
}

/** Opens a file again where it was left. */
static bool file_unpark(struct file_source *file, struct error *err)
{
    const struct source *source = &file->source;
    struct stat status;
    int fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(err, ERROR_UNREADABLE, source->name, "cannot be opened again: %s",
                         strerror(errno));
    file->fd = fd;
    if (fstat(fd, &status) != 0 || status.st_dev != file->device || status.st_ino != file->inode ||
        lseek(fd, (off_t)source->read_bytes, SEEK_SET) < 0)
        return error_set(err, ERROR_UNREADABLE, source->name,
                         "is another file than when it was opened, expected it to stay");
    return true;
}

static bool file_read(struct source *source, uint8_t *data, size_t cap, size_t *len,
                      struct error *err)
{
    struct file_source *file = (struct file_source *)source;
    *len = 0;
    if (file->fd == PARKED && !file_unpark(file, err))
        return false;
    while (*len < cap) {
        ssize_t got = read_some(file->fd, data + *len, cap - *len);
        if (got < 0)
            return error_set(err, ERROR_UNREADABLE, source->name, "cannot be read: %s",
                             strerror(errno));
        *len += (size_t)got;
        source->read_bytes += (size_t)got;
        // A pipe gives what it has: what came first must not wait for what comes later.
        if (got == 0 || !source->regular)
            break;
    }
    return true;
}

static void file_close(struct source *source)
{
    struct file_source *file = (struct file_source *)source;
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    memory_free(file);
}

static bool file_park(struct source *source)
{
    struct file_source *file = (struct file_source *)source;
    if (!source->regular || file->fd <= STDIN_FILENO)
        return false;
    close(file->fd);
    file->fd = PARKED;
    return true;
}

static const struct source_ops file_ops = {
    .read = file_read, .close = file_close, .park = file_park};

struct source *source_open(const char *path, struct error *err)
{
    struct file_source *file = memory_zalloc(1, sizeof *file);
    bool input = strcmp(path, "-") == 0;
    file->source.ops = &file_ops;
    file->source.name = input ? "stdin" : path;
    file->fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file->fd < 0)
        error_set(err, ERROR_UNREADABLE, path, "cannot be opened: %s", strerror(errno));
    else if (file_check(file, err))
        return &file->source;
    source_close(&file->source);
    return NULL;
}

void source_close(struct source *source)
{
    if (source)
        source->ops->close(source);
}

bool source_read(struct source *source, uint8_t *data, size_t cap, size_t *len, struct error *err)
{
    return source->ops->read(source, data, cap, len, err);
}

bool source_park(struct source *source)
{
    return source->ops->park(source);
}

void source_where(const char *name, uint64_t offset, char *out, size_t size)
{
    size_t len = strlen(name);
    bool cut = len > size - WHERE_TAIL;
    snprintf(out, size, "%s%s@0x%" PRIx64, cut ? "..." : "",
             cut ? name + (len - (size - WHERE_TAIL)) : name, offset);
}
