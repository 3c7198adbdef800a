// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/each.h"

#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "capture/capture.h"
#include "capture/files.h"

/** The one that comes first in 2, 4, 1, 3, 0. */
static int worse(int a, int b)
{
    static const int ranks[] = {[0] = 0, [3] = 1, [1] = 2, [4] = 3, [2] = 4};
    return ranks[a] >= ranks[b] ? a : b;
}

static bool passed_over(const struct file *file)
{
    return file->kind == FILE_FOUND && capture_foreign(file->path);
}

/** Whether a directory has captures, each of which then has its turn; else it is an error. */
static bool has_captures(const struct files *files, size_t folder)
{
    for (size_t i = folder + 1; i < files->count && files->items[i].kind >= FILE_FOUND; i++)
        if (!passed_over(&files->items[i]))
            return true;
    return false;
}

static int run_file(const struct run_options *options, const char *path, struct output *output)
{
    struct run_options one = *options;
    one.inputs = (struct string_list){.items = &path, .count = 1, .cap = 1};
    one.into = output;
    one.file = strcmp(path, "-") == 0 ? "stdin" : path;
    output_file(output, one.file);
    return run(&one);
}

static int run_files(const struct run_options *options, const struct files *files,
                     struct output *output)
{
    int status = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct file *file = &files->items[i];
        if (file->kind == FILE_FOLDER ? has_captures(files, i) : passed_over(file))
            continue;
        status = worse(status, run_file(options, file->path, output));
        // What is wrong with the command line is wrong for all files.
        if (status == 2 || (status && options->strict) || output_closed(output) ||
            output_failed(output) || interrupt_requested())
            break;
    }
    return status;
}

int run_each(const struct run_options *options)
{
    struct error err = {0};
    struct files files;
    struct output *output = output_new(&options->output, &err);
    if (!output) {
        error_tell(&err);
        return error_status(err.code);
    }
    files_init(&files, options->inputs.items, options->inputs.count);
    int status = run_files(options, &files, output);
    if (status != 2)
        output_gathered(output);
    if (!options->quiet)
        fputs(output_notes(output), stderr);
    files_fini(&files);
    if (output_free(output, &err))
        return status;
    error_tell(&err);
    return worse(status, error_status(err.code));
}
