// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/info.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/findings_json.h"
#include "app/findings_text.h"
#include "capture/files.h"

/** What has been seen that the exit status tells. */
struct outcome {
    bool unreadable;
    bool damaged;
    bool closed; /**< nobody reads the output any more */
    bool unwritable;
};

static void print(struct outcome *outcome, const struct text *text)
{
    bool ok = fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    if (ok)
        return;
    struct error err;
    outcome->closed = true;
    if (errno == EPIPE)
        return;
    outcome->unwritable = true;
    error_set(&err, ERROR_UNWRITABLE, "stdout", "writing failed: %s", strerror(errno));
    error_tell(&err);
}

/** Tells of one file. What was found in a directory and is no capture is passed over. */
static void info_file(struct outcome *outcome, const struct info_options *options,
                      const struct file *file)
{
    struct findings found;
    struct text out;
    findings_init(&found, file->path, &(struct findings_options){.strict = options->strict});
    bool foreign = found.failed && found.failure.code == ERROR_FOREIGN;
    if (!foreign || file->kind != FILE_FOUND) {
        text_init(&out);
        if (found.failed)
            error_tell(&found.failure);
        outcome->unreadable |= found.failed;
        outcome->damaged |= found.totals.damages > 0;
        if (options->json)
            findings_json(&found, &out);
        else
            findings_text(&found, &out);
        print(outcome, &out);
        text_fini(&out);
    }
    findings_fini(&found);
}

int info(const struct info_options *options)
{
    struct outcome outcome = {0};
    struct files files;
    files_init(&files, options->inputs.items, options->inputs.count);
    for (size_t i = 0; i < files.count && !outcome.closed; i++)
        if (files.items[i].kind != FILE_FOLDER)
            info_file(&outcome, options, &files.items[i]);
    files_fini(&files);
    if (outcome.unreadable || outcome.unwritable)
        return 4;
    return outcome.damaged ? 3 : 0;
}
