// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/output.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "format_fixture.h"

static char folder[] = "/tmp/palua-output-XXXXXX";
static char path[128];

static void start(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
}

static void stop(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(output, .init = start, .fini = stop);

static struct sheet sheet; // of the output that is open

static struct output *open_output(enum output_format format, const char *where)
{
    struct output_options options = {.format = format, .path = where};
    struct error err = {0};
    struct output *output = output_new(&options, &err);
    cr_assert(output, "%s: %s", err.where, err.text);
    sheet_init(&sheet, output);
    return output;
}

static void close_output(struct output *output)
{
    struct error err = {0};
    output_write(output, NULL, &sheet, 1);
    sheet_fini(&sheet);
    cr_expect(output_free(output, &err), "%s: %s", err.where, err.text);
}

static const char *content(const char *name)
{
    static char text[65536];
    FILE *file = fopen(name, "rb");
    cr_assert(file, "%s", name);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void print(uint64_t event, uint32_t script, uint32_t call, const char *text)
{
    output_print(&sheet, (struct output_key){event, script, call}, text, strlen(text));
}

static const char *const columns[] = {"a", "b"};
static const struct table_schema first = {"first", columns, 2, 0, NULL};
static const struct table_schema second = {"second", columns, 2, 0, NULL};

static void row(uint64_t event, uint32_t stream, const char *a, uint64_t b)
{
    struct cell cells[] = {fixture_text(a), {.type = CELL_UINT, .uint = b}};
    output_row(&sheet, (struct output_key){.event = event}, stream, cells);
}

Test(output, lines_come_out_in_key_order)
{
    struct output *output = open_output(OUTPUT_TABLE, path);
    print(UINT64_MAX, 0, 0, "end");
    print(2, 1, 0, "2.1.0");
    print(1, 2, 7, "1.2.7");
    print(2, 0, 1, "2.0.1");
    print(2, 0, 1, "2.0.1 again");
    print(2, 0, 0, "2.0.0");
    output_write(output, NULL, &sheet, 1);
    print(1, 0, 0, "next batch");
    close_output(output);
    cr_expect_str_eq(content(path), "1.2.7\n2.0.0\n2.0.1\n2.0.1 again\n2.1.0\nend\nnext batch\n");
}

/** The same lines in any order of adding give the same bytes. */
Test(output, order_of_adding_does_not_matter)
{
    unsigned seed = (unsigned)getpid();
    char expected[4096];
    enum { LINES = 200 };
    for (int round = 0; round < 20; round++) {
        uint32_t order[LINES];
        for (uint32_t i = 0; i < LINES; i++)
            order[i] = i;
        for (uint32_t i = LINES - 1; round && i > 0; i--) {
            uint32_t j = (uint32_t)rand_r(&seed) % (i + 1), swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        struct output *output = open_output(OUTPUT_TABLE, path);
        for (uint32_t i = 0; i < LINES; i++) {
            char line[16];
            snprintf(line, sizeof line, "%u", order[i]);
            print(order[i] / 20, order[i] / 5 % 4, order[i] % 5, line);
        }
        close_output(output);
        if (round == 0)
            strcpy(expected, content(path));
        cr_assert_str_eq(content(path), expected, "seed %u, round %d", (unsigned)getpid(), round);
    }
}

Test(output, streams_as_table_have_no_header)
{
    struct output *output = open_output(OUTPUT_TABLE, path);
    uint32_t stream = output_stream(output, &first);
    row(2, stream, "tab\there", 2);
    row(1, stream, "\x1b[0m", 1);
    close_output(output);
    cr_expect_str_eq(content(path), "\\x1b[0m\t1\ntab\\x09here\t2\n");
}

Test(output, streams_as_csv_are_told_apart)
{
    struct output *output = open_output(OUTPUT_CSV, path);
    uint32_t one = output_stream(output, &first), two = output_stream(output, &second);
    row(3, two, "z", 3);
    row(1, one, "x", 1);
    row(2, one, "y", 2);
    output_write(output, NULL, &sheet, 1);
    row(1, two, "z", 4);
    close_output(output);
    cr_expect_str_eq(content(path), "a,b\nx,1\ny,2\n\n# second\na,b\nz,3\nz,4\n");
}

Test(output, prints_do_not_repeat_headers)
{
    struct output *output = open_output(OUTPUT_TSV, path);
    uint32_t one = output_stream(output, &first);
    row(1, one, "x", 1);
    print(2, 0, 0, "between");
    row(3, one, "y", 2);
    close_output(output);
    cr_expect_str_eq(content(path), "a\tb\nx\t1\nbetween\ny\t2\n");
}

Test(output, json_lines)
{
    struct output *output = open_output(OUTPUT_JSON, path);
    uint32_t one = output_stream(output, &first);
    row(2, one, "x\"", 1);
    print(1, 0, 0, "hi\x1b");
    struct table table;
    fixture_hist(&table);
    output_write(output, NULL, &sheet, 1);
    output_table(output, &table);
    table_fini(&table);
    close_output(output);
    cr_expect_str_eq(content(path), "{\"print\":\"hi\\u001b\"}\n"
                                    "{\"table\":\"first\",\"a\":\"x\\\"\",\"b\":1}\n"
                                    "{\"table\":\"sizes\",\"src\":\"x\",\"count\":162,\"hist\":["
                                    "{\"low\":1,\"high\":1,\"count\":2},"
                                    "{\"low\":2,\"high\":3,\"count\":0},"
                                    "{\"low\":4,\"high\":7,\"count\":160}]}\n");
}

static void write_tables(struct output *output)
{
    struct table table;
    fixture_hist(&table);
    output_write(output, NULL, &sheet, 1);
    output_table(output, &table);
    output_table(output, &table);
    table_fini(&table);
}

Test(output, tables_are_separated)
{
    struct output *output = open_output(OUTPUT_CSV, path);
    print(1, 0, 0, "hello");
    write_tables(output);
    close_output(output);
    cr_expect_str_eq(content(path),
                     "hello\n\n# sizes\nsrc,count,hist\nx,162,1..1:2 2..3:0 4..7:160\n"
                     "\n# sizes\nsrc,count,hist\nx,162,1..1:2 2..3:0 4..7:160\n");
    output = open_output(OUTPUT_TABLE, path);
    write_tables(output);
    close_output(output);
    const char *text = content(path);
    cr_expect(strncmp(text, "sizes\n", 6) == 0);
    cr_expect(strstr(text, "160\n\nsizes\n"), "a blank line between tables, and only one");
}

Test(output, one_file_per_table)
{
    char directory[160], name[200];
    snprintf(directory, sizeof directory, "%s/new/", folder);
    struct output *output = open_output(OUTPUT_CSV, directory);
    struct table table;
    fixture_hist(&table);
    output_table(output, &table);
    output_table(output, &table);
    table.schema.name = "../..//evil\n";
    output_table(output, &table);
    table_fini(&table);
    uint32_t one = output_stream(output, &first);
    row(1, one, "x", 1);
    close_output(output);
    const char *expected = "src,count,hist\nx,162,1..1:2 2..3:0 4..7:160\n";
    snprintf(name, sizeof name, "%ssizes.csv", directory);
    cr_expect_str_eq(content(name), expected);
    snprintf(name, sizeof name, "%ssizes-2.csv", directory);
    cr_expect_str_eq(content(name), expected);
    snprintf(name, sizeof name, "%s_._..__evil_.csv", directory);
    cr_expect_str_eq(content(name), expected);
    snprintf(name, sizeof name, "%sfirst.csv", directory);
    cr_expect_str_eq(content(name), "a,b\nx,1\n");
}

static const struct column_type types[] = {{COLUMN_STRING, COLUMN_SCALAR},
                                           {COLUMN_COUNT, COLUMN_SCALAR}};
static const struct table_schema typed = {"typed", columns, 2, 0, types};
static const struct table_schema idle = {"idle", columns, 2, 0, types};

#define HEADER(path, open)                                                                      \
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t" path \
    "\n#open\t1970-01-01-00-00-" open "\n#fields\ta\tb\n#types\tstring\tcount\n"
#define CLOSE(close) "#close\t1970-01-01-00-00-" close "\n"

/** A batch of packets, as far as the output looks at it. */
static void write_batch(struct output *output, int64_t first_s, int64_t last_s, uint32_t count)
{
    struct palua_packet packets[2] = {{.ts_ns = first_s * 1000000000},
                                      {.ts_ns = last_s * 1000000000}};
    struct batch batch = {.packets = packets, .count = count, .part_count = 1};
    output_write(output, &batch, &sheet, 1);
}

/** Several batches; the first packet is of second 10, the last of second 30. */
static void log_rows(struct output *output)
{
    uint32_t stream = output_stream(output, &typed);
    output_stream(output, &idle);
    row(0, stream, "early", 1); // a filter left nothing of the first batch
    write_batch(output, 0, 0, 0);
    row(0, stream, "first", 2);
    write_batch(output, 10, 11, 2);
    write_batch(output, 0, 0, 0);
    row(0, stream, "#x\t", 3);
    write_batch(output, 20, 30, 2);
}

Test(output, zeek_logs_are_files)
{
    char directory[160], name[200];
    struct table table;
    snprintf(directory, sizeof directory, "%s/logs", folder);
    struct output *output = open_output(OUTPUT_ZEEK, directory);
    log_rows(output);
    fixture_hist(&table);
    output_table(output, &table);
    table_fini(&table);
    close_output(output);
    snprintf(name, sizeof name, "%s/typed.log", directory);
    cr_expect_str_eq(content(name),
                     HEADER("typed", "10") "early\t1\nfirst\t2\n\\x23x\\x09\t3\n" CLOSE("30"));
    snprintf(name, sizeof name, "%s/idle.log", directory);
    cr_expect_str_eq(content(name), HEADER("idle", "10") CLOSE("30"), "%s", content(name));
    snprintf(name, sizeof name, "%s/sizes.log", directory);
    const char *text = content(name);
    cr_expect(strstr(text, "#types\tstring\tcount\tvector[string]\nx\t162\t"), "%s", text);
    cr_expect(strstr(text, CLOSE("30")), "%s", text);
}

static int to_file(void)
{
    int saved = dup(STDOUT_FILENO), file = creat(path, 0600);
    dup2(file, STDOUT_FILENO);
    close(file);
    return saved;
}

Test(output, zeek_logs_on_stdout)
{
    int saved = to_file();
    struct output *output = open_output(OUTPUT_ZEEK, NULL);
    log_rows(output);
    uint32_t one = output_stream(output, &typed), two = output_stream(output, &idle);
    row(1, two, "i", 4);
    row(2, one, "t", 5);
    output_write(output, NULL, &sheet, 1);
    close_output(output);
    dup2(saved, STDOUT_FILENO);
    cr_expect_str_eq(content(path),
                     HEADER("typed", "10") "early\t1\nfirst\t2\n\\x23x\\x09\t3\n" HEADER(
                         "idle", "10") "i\t4\n" HEADER("typed", "10") "t\t5\n" CLOSE("30"),
                     "%s", content(path));
}

Test(output, zeek_logs_without_packets)
{
    char directory[160], name[200];
    snprintf(directory, sizeof directory, "%s/none", folder);
    struct output *output = open_output(OUTPUT_ZEEK, directory);
    uint32_t stream = output_stream(output, &typed);
    row(0, stream, "init", 1);
    write_batch(output, 0, 0, 0);
    row(UINT64_MAX, stream, "done", 2);
    close_output(output);
    snprintf(name, sizeof name, "%s/typed.log", directory);
    cr_expect_str_eq(content(name), HEADER("typed", "00") "init\t1\ndone\t2\n" CLOSE("00"));
}

Test(output, footers_that_no_table_shows_are_noted)
{
    struct table table;
    fixture_table(&table);
    struct output *output = open_output(OUTPUT_CSV, path);
    cr_expect_str_eq(output_notes(output), "");
    output_table(output, &table);
    cr_expect_str_eq(output_notes(output), "palua: hosts: 1 more row\n");
    close_output(output);
    output = open_output(OUTPUT_TABLE, path);
    output_table(output, &table);
    cr_expect_str_eq(output_notes(output), "", "it stands below the table");
    close_output(output);
    table_fini(&table);
}

static void expect_refused(enum output_format format, const char *where, const char *text)
{
    struct output_options options = {.format = format, .path = where};
    struct error err = {0};
    cr_assert_null(output_new(&options, &err));
    cr_expect_eq(err.code, ERROR_UNWRITABLE);
    cr_expect(strstr(err.text, text), "%s", err.text);
    cr_expect(strstr(err.where, folder), "%s", err.where);
}

Test(output, paths_that_cannot_be_written)
{
    char name[160];
    snprintf(name, sizeof name, "%s/missing/file", folder);
    expect_refused(OUTPUT_JSON, name, "No such file");
    snprintf(name, sizeof name, "%s/missing/deeper/", folder);
    expect_refused(OUTPUT_JSON, name, "No such file");
    close(creat(path, 0600));
    snprintf(name, sizeof name, "%s/out/", folder);
    expect_refused(OUTPUT_JSON, name, "irectory");
    expect_refused(OUTPUT_ZEEK, path, "irectory"); // a file stands there
    snprintf(name, sizeof name, "%s/missing/logs", folder);
    expect_refused(OUTPUT_ZEEK, name, "No such file");
}

Test(output, a_full_disk_is_reported_once_at_the_end)
{
    struct output *output = open_output(OUTPUT_TABLE, "/dev/full");
    struct error err = {0};
    print(1, 0, 0, "lost");
    output_write(output, NULL, &sheet, 1);
    cr_expect(output_failed(output));
    cr_expect_not(output_closed(output));
    print(1, 0, 0, "lost too");
    cr_expect_not(output_free(output, &err));
    cr_expect_eq(err.code, ERROR_UNWRITABLE);
    cr_expect_str_eq(err.where, "/dev/full");
    cr_expect(strstr(err.text, "No space left"), "%s", err.text);
}

Test(output, a_closed_pipe_is_no_error)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(ends), 0);
    int saved = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    struct output *output = open_output(OUTPUT_TABLE, NULL);
    print(1, 0, 0, "read");
    output_write(output, NULL, &sheet, 1);
    cr_expect_not(output_closed(output));
    char got[16] = "";
    cr_expect_eq(read(ends[0], got, sizeof got), 5);
    cr_expect_str_eq(got, "read\n");
    close(ends[0]);
    print(2, 0, 0, "nobody reads");
    output_write(output, NULL, &sheet, 1);
    cr_expect(output_closed(output));
    cr_expect_not(output_failed(output));
    print(3, 0, 0, "nobody reads");
    close_output(output);
    dup2(saved, STDOUT_FILENO);
}

Test(output, a_non_blocking_pipe_is_waited_for)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    int saved = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    static char line[300000]; // more than a pipe holds
    memset(line, 'x', sizeof line - 1);
    pid_t reader = fork();
    if (reader == 0) {
        size_t total = 0;
        static char part[4096];
        close(STDOUT_FILENO);
        fcntl(ends[0], F_SETFL, 0);
        for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;)
            total += (size_t)got;
        _exit(total == sizeof line ? 0 : 1);
    }
    struct output *output = open_output(OUTPUT_TABLE, NULL);
    print(1, 0, 0, line);
    close_output(output);
    dup2(saved, STDOUT_FILENO);
    int status;
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
