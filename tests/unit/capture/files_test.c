// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/files.h"

Test(files, numbers_compare_as_numbers)
{
    // Each comes before all that stand behind it.
    const char *const order[] = {"",
                                 "1",
                                 "01",
                                 "2",
                                 "9a",
                                 "10",
                                 "a",
                                 "a1.b2",
                                 "a1.b10",
                                 "a2",
                                 "a02",
                                 "a002",
                                 "a10",
                                 "a10b",
                                 "a010",
                                 "b",
                                 "cap2",
                                 "cap10",
                                 "cap10.",
                                 "cap_",
                                 "capa",
                                 "z99999999999999999999998",
                                 "z99999999999999999999999",
                                 "\xff"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (size_t j = 0; j < sizeof order / sizeof *order; j++) {
            int got = files_compare(order[i], order[j]);
            cr_expect_eq((got > 0) - (got < 0), (i > j) - (i < j), "'%s' and '%s': %d", order[i],
                         order[j], got);
        }
}

static void make(const char *folder, const char *name, bool directory)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (directory) {
        cr_assert_eq(mkdir(path, 0700), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fclose(file);
}

Test(files, directory_gives_its_files_in_natural_order)
{
    char folder[] = "/tmp/palua_files_test.XXXXXX", command[256];
    cr_assert_not_null(mkdtemp(folder));
    make(folder, "day10", true);
    make(folder, "day9", true);
    make(folder, ".git", true);
    const char *const names[] = {"cap10", "cap2", "day10/b", "day9/a", ".git/x", ".hidden", "z"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make(folder, names[i], false);
    snprintf(command, sizeof command,
             "ln -s .. %s/day9/up && mkfifo %s/pipe && ln -s ../z %s/day9/z2", folder, folder,
             folder);
    cr_assert_eq(system(command), 0);
    struct files files;
    char slash[64];
    snprintf(slash, sizeof slash, "%s/", folder);
    const char *paths[] = {"-", folder, "/nowhere", slash};
    files_init(&files, paths, 4);
    const char *const want[] = {"/cap2", "/cap10", "/day9/a", "/day9/z2", "/day10/b", "/z"};
    cr_assert_eq(files.count, 4 + 2 * 6);
    cr_expect_str_eq(files.items[0].path, "-");
    cr_expect_eq(files.items[0].kind, FILE_NAMED);
    cr_expect_eq(files.items[1].kind, FILE_FOLDER);
    cr_expect_eq(files.items[8].kind, FILE_NAMED, "what is missing is told when it is opened");
    cr_expect_eq(files.items[9].kind, FILE_FOLDER);
    for (size_t i = 0; i < 6; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", folder, want[i]);
        cr_expect_str_eq(files.items[2 + i].path, path);
        cr_expect_str_eq(files.items[10 + i].path, path, "no second slash");
        cr_expect_eq(files.items[2 + i].kind, FILE_FOUND);
    }
    files_fini(&files);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}
