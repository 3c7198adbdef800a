// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { NAME_MOST = 200, SLOTS = 1 << 18 };

struct file {
    char *name;
    FILE *stream; /**< NULL: closed for now */
};

struct files {
    char *dir;
    int folder; /**< -1: not opened yet */
    struct file *items;
    size_t count;
    size_t cap;
    uint32_t *slots; /**< 1 + number, by name */
    uint32_t open[FILES_OPEN];
    uint32_t open_count;
    uint32_t open_next; /**< whose turn it is to be closed */
};

struct files *files_new(const char *dir)
{
    struct files *files = memory_zalloc(1, sizeof *files);
    files->dir = dir ? memory_strdup(dir) : NULL;
    files->folder = -1;
    return files;
}

void files_free(struct files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].stream)
            fclose(files->items[i].stream);
        memory_free(files->items[i].name);
    }
    if (files->folder >= 0)
        close(files->folder);
    memory_free(files->items);
    memory_free(files->slots);
    memory_free(files->dir);
    memory_free(files);
}

static bool name_ok(const char *name)
{
    size_t len = strlen(name);
    return len && len <= NAME_MOST && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static bool open_folder(struct files *files, struct error *err)
{
    if (files->folder >= 0)
        return true;
    if (mkdir(files->dir, 0777) != 0 && errno != EEXIST)
        return error_set(err, ERROR_UNREADABLE, files->dir, "cannot make the directory: %s",
                         strerror(errno));
    files->folder = open(files->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return files->folder >= 0 || error_set(err, ERROR_UNREADABLE, files->dir,
                                           "cannot open the directory: %s", strerror(errno));
}

static bool close_stream(struct files *files, struct file *file, struct error *err)
{
    FILE *stream = file->stream;
    file->stream = NULL;
    return !stream || fclose(stream) == 0 ||
           error_set(err, ERROR_UNREADABLE, file->name, "cannot write below %s: %s", files->dir,
                     strerror(errno));
}

/** Takes a place among the open files, from the one that has had it longest. */
static bool take_place(struct files *files, uint32_t number, struct error *err)
{
    if (files->open_count < FILES_OPEN) {
        files->open[files->open_count++] = number;
        return true;
    }
    uint32_t at = files->open_next++ % FILES_OPEN;
    struct file *before = &files->items[files->open[at]];
    files->open[at] = number;
    return close_stream(files, before, err);
}

static bool open_file(struct files *files, uint32_t number, int flags, struct error *err)
{
    struct file *file = &files->items[number];
    if (file->stream)
        return true;
    if (!take_place(files, number, err))
        return false;
    int handle = openat(files->folder, file->name,
                        O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
    file->stream = handle >= 0 ? fdopen(handle, flags & O_APPEND ? "ab" : "wb") : NULL;
    if (file->stream)
        return true;
    int why = errno;
    if (handle >= 0)
        close(handle);
    return error_set(err, ERROR_UNREADABLE, file->name, "cannot create the file below %s: %s",
                     files->dir, strerror(why));
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash;
}

/** Where the name stands, or may stand. */
static uint32_t *slot_of(struct files *files, const char *name, uint32_t hash)
{
    if (!files->slots)
        files->slots = memory_zalloc(SLOTS, sizeof *files->slots);
    uint32_t at = hash % SLOTS;
    while (files->slots[at] && strcmp(files->items[files->slots[at] - 1].name, name) != 0)
        at = (at + 1) % SLOTS;
    return &files->slots[at];
}

bool files_create(struct files *files, const char *name, uint32_t *number, struct error *err)
{
    if (!files->dir)
        return error_set(err, ERROR_USAGE, "", "files are written only below -O DIR: give one");
    if (!name_ok(name))
        return error_set(err, ERROR_USAGE, "",
                         "files.create: '%.60s' is no name of a file: use letters, digits, '.', "
                         "'-' and '_', and no '.' in front",
                         name);
    if (!open_folder(files, err))
        return false;
    uint32_t *slot = slot_of(files, name, hash_of(name));
    if (!*slot) {
        if (files->count == FILES_CAP)
            return error_set(err, ERROR_USAGE, "", "files.create: more than %d files", FILES_CAP);
        files->items =
            memory_grow(files->items, &files->cap, files->count + 1, sizeof *files->items);
        files->items[files->count] = (struct file){.name = memory_strdup(name)};
        *slot = (uint32_t)++files->count;
        if (!open_file(files, *slot - 1, O_TRUNC, err))
            return false;
    }
    *number = *slot - 1;
    return true;
}

bool files_write(struct files *files, uint32_t number, const void *data, size_t len,
                 struct error *err)
{
    if (!open_file(files, number, O_APPEND, err))
        return false;
    struct file *file = &files->items[number];
    return !len || fwrite(data, 1, len, file->stream) == len ||
           error_set(err, ERROR_UNREADABLE, file->name, "cannot write below %s: %s", files->dir,
                     strerror(errno));
}

bool files_close(struct files *files, uint32_t number, struct error *err)
{
    for (uint32_t i = 0; i < files->open_count; i++)
        if (files->open[i] == number) {
            files->open[i] = files->open[--files->open_count];
            break;
        }
    return close_stream(files, &files->items[number], err);
}
