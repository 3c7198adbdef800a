// SPDX-License-Identifier: MIT OR Apache-2.0
#include "config/data.h"

#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/nearest.h"

void data_folder(struct text *out)
{
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe);
    if (len <= 0)
        return;
    const char *slash = memrchr(exe, '/', (size_t)len);
    text_add(out, exe, slash ? (size_t)(slash - exe) : 0);
    text_add_str(out, "/../share/palua");
}

static bool is_file(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/** "…/scripts/dns_stats.lua" to "dns_stats", in place. */
static char *base_name(char *path)
{
    char *slash = strrchr(path, '/');
    char *name = slash ? slash + 1 : path;
    if (ends_with(name, ".lua"))
        name[strlen(name) - 4] = '\0';
    return name;
}

static bool unknown_script(const char *name, const char *folder, struct error *err)
{
    struct text pattern;
    glob_t found = {0};
    text_init(&pattern);
    text_add_format(&pattern, "%s/scripts/*.lua", folder);
    glob(pattern.data, 0, NULL, &found);
    text_fini(&pattern);
    const char **names = memory_zalloc(found.gl_pathc, sizeof *names);
    for (size_t i = 0; i < found.gl_pathc; i++)
        names[i] = base_name(found.gl_pathv[i]);
    const char *near = nearest(name, names, found.gl_pathc);
    error_set(err, ERROR_USAGE, NULL,
              near ? "-s %s: no such file and no bundled script of that name; did you mean %s?"
                   : "-s %s: no such file and no bundled script of that name",
              name, near);
    memory_free(names);
    globfree(&found);
    return false;
}

bool data_script(const char *name, struct text *out, struct error *err)
{
    if (is_file(name)) {
        text_add_str(out, name);
        return true;
    }
    struct text folder;
    text_init(&folder);
    data_folder(&folder);
    text_add_str(&folder, ""); // so that there is a string even without a folder
    text_add_format(out, "%s/scripts/%s%s", folder.data, name,
                    ends_with(name, ".lua") ? "" : ".lua");
    bool known = !strchr(name, '/') && is_file(out->data);
    if (!known)
        unknown_script(name, folder.data, err);
    text_fini(&folder);
    return known;
}
