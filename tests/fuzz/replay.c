// SPDX-License-Identifier: MIT OR Apache-2.0
/** A main for fuzz targets built without libFuzzer: runs the target once over every file of the
 * given folders.
 *
 * A folder without files is a failure: a test that reads nothing proves nothing. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The input is a heap block of exactly its size, so that the address sanitizer sees one byte too
 * many. */
static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    if (!file || !data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    unsigned files = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            printf("%s\n", path);
            fflush(stdout); // so that a crash is seen beside its file
            replay_file(path, (size_t)status.st_size);
            files++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return files;
}

int main(int argc, char **argv)
{
    int status = argc > 1 ? 0 : 2;
    for (int i = 1; i < argc; i++) {
        unsigned files = replay_folder(argv[i]);
        printf("%s: %u files\n", argv[i], files);
        if (!files)
            status = 1;
    }
    return status;
}
