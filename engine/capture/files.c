// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"

/** Length of the run of digits at `text`, without its leading zeros, which `*zeros` counts. */
static size_t digits(const char *text, size_t *zeros)
{
    *zeros = strspn(text, "0");
    return strspn(text + *zeros, "0123456789");
}

/** Compares two runs of digits, and moves past them. Of two spellings of one number the shorter
 * comes first. */
static int compare_numbers(const char **a, const char **b)
{
    size_t zeros_a, zeros_b;
    size_t len_a = digits(*a, &zeros_a), len_b = digits(*b, &zeros_b);
    int order = len_a < len_b ? -1 : len_a > len_b;
    if (!order)
        order = memcmp(*a + zeros_a, *b + zeros_b, len_a);
    if (!order)
        order = zeros_a < zeros_b ? -1 : zeros_a > zeros_b;
    *a += zeros_a + len_a;
    *b += zeros_b + len_b;
    return order;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int files_compare(const char *a, const char *b)
{
    while (*a && *b) {
        int order;
        if (is_digit(*a) && is_digit(*b))
            order = compare_numbers(&a, &b);
        else
            order = (unsigned char)*a++ - (unsigned char)*b++;
        if (order)
            return order;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static void files_add(struct files *files, const char *path, enum file_kind kind)
{
    files->items = memory_grow(files->items, &files->cap, files->count + 1, sizeof *files->items);
    files->items[files->count++] = (struct file){.path = memory_strdup(path), .kind = kind};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return files_compare((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void add_folder(struct files *files, const char *folder, int depth);

static void add_entry(struct files *files, const char *path, int depth)
{
    struct stat link, target;
    if (lstat(path, &link) != 0 || stat(path, &target) != 0)
        return;
    if (S_ISDIR(link.st_mode))
        add_folder(files, path, depth + 1);
    else if (S_ISREG(target.st_mode))
        files_add(files, path, FILE_FOUND);
}

/* Recursive, over what the user has on disk, and no deeper than FILES_DEPTH_CAP. */
static void add_folder(struct files *files, const char *folder, int depth)
{
    struct dirent **entries;
    size_t len = strlen(folder);
    int count = depth < FILES_DEPTH_CAP ? scandir(folder, &entries, is_shown, by_name) : -1;
    for (int i = 0; i < count; i++) {
        struct text path;
        text_init(&path);
        text_add_format(&path, "%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/",
                        entries[i]->d_name);
        add_entry(files, path.data, depth);
        text_fini(&path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    else if (depth)
        files_add(files, folder, FILE_CLOSED);
}

void files_init(struct files *files, const char *const *paths, size_t count)
{
    *files = (struct files){0};
    for (size_t i = 0; i < count; i++) {
        struct stat info;
        bool folder =
            strcmp(paths[i], "-") != 0 && stat(paths[i], &info) == 0 && S_ISDIR(info.st_mode);
        files_add(files, paths[i], folder ? FILE_FOLDER : FILE_NAMED);
        if (folder)
            add_folder(files, paths[i], 0);
    }
}

void files_fini(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        memory_free(files->items[i].path);
    memory_free(files->items);
    *files = (struct files){0};
}

uint64_t files_size(const char *const *paths, size_t count, bool *files_only)
{
    struct files files;
    uint64_t size = 0;
    *files_only = true;
    files_init(&files, paths, count);
    for (size_t i = 0; i < files.count; i++) {
        struct stat info;
        if (stat(files.items[i].path, &info) != 0)
            *files_only &= strcmp(files.items[i].path, "-") != 0;
        else if (S_ISREG(info.st_mode))
            size += (uint64_t)info.st_size;
        else
            *files_only &= S_ISDIR(info.st_mode);
    }
    files_fini(&files);
    return size;
}
