// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/logs.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

static struct logs *logs;
static struct error err;

static void start(void)
{
    logs = logs_new();
}

static void stop(void)
{
    logs_free(logs);
    logs_free(NULL);
}

TestSuite(logs, .init = start, .fini = stop);

static const struct log_owner owner = {"a.lua", 3}, other = {"b.lua", 7};

static void expect_refused(const char *name, const char *columns, const char *text)
{
    err = (struct error){0};
    cr_expect_null(logs_declare(logs, name, columns, &other, &err), "%s: %s", name, columns);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect(strstr(err.text, text), "%s", err.text);
}

Test(logs, columns_are_names_with_types)
{
    struct log_stream *stream =
        logs_declare(logs, "http", " ts:time\tid.orig_h:addr\n tags:set[string] ", &owner, &err);
    cr_assert(stream, "%s", err.text);
    const struct table_schema *schema = &stream->schema;
    cr_expect_str_eq(schema->name, "http");
    cr_assert_eq(schema->column_count, 3);
    cr_expect_str_eq(schema->columns[0], "ts");
    cr_expect_str_eq(schema->columns[1], "id.orig_h");
    cr_expect_eq(schema->types[1].item, COLUMN_ADDR);
    cr_expect_eq(schema->types[2].container, COLUMN_SET);
    cr_expect_not(stream->opened);
}

Test(logs, the_same_stream_is_one)
{
    struct log_stream *stream = logs_declare(logs, "http", "ts:time n:count", &owner, &err);
    cr_assert(stream);
    cr_expect_eq(logs_declare(logs, "http", "ts:time  n:count", &other, &err), stream);
    cr_expect_neq(logs_declare(logs, "dns", "ts:time n:count", &other, &err), stream);
    expect_refused("http", "ts:time n:int", "column 2: got n:int, expected n:count, as a.lua:3");
    expect_refused("http", "ts:time", "column 2: got nothing, expected n:count");
    expect_refused("http", "ts:time n:count x:int", "column 3: got x:int, expected nothing");
    expect_refused("http", "when:time n:count", "column 1: got when:time, expected ts:time");
    expect_refused("http", "ts:time n:set[count]", "got n:set[count], expected n:count");
}

Test(logs, what_is_no_declaration)
{
    expect_refused("", "a:int", "got the name ''");
    expect_refused("a b", "a:int", "got the name 'a b'");
    expect_refused("../x", "a:int", "got the name '../x'");
    expect_refused(".x", "a:int", "no '.' in front");
    expect_refused("x", "", "got no columns");
    expect_refused("x", " \n", "got no columns");
    expect_refused("x", "ts", "got 'ts', expected NAME:TYPE");
    expect_refused("x", "ts:", "got 'ts:', expected NAME:TYPE");
    expect_refused("x", ":time", "got ':time', expected NAME:TYPE");
    expect_refused("x", "a,b:time", "got 'a,b:time', expected NAME:TYPE");
    expect_refused("x", "a:int b:adr", "column b: got type 'adr'; did you mean 'addr'?");
    expect_refused("x", "a:record", "column a: got type 'record', expected time, interval");
    expect_refused("x", "a:set[addr", "got type 'set[addr'");
    expect_refused("x", "a:int a:time", "column a is there twice");
}

Test(logs, names_and_columns_are_bounded)
{
    char name[LOG_NAME_CAP + 2], columns[LOG_COLUMN_CAP * 16 + 16];
    memset(name, 'n', sizeof name);
    name[LOG_NAME_CAP + 1] = '\0';
    expect_refused(name, "a:int", "up to 64 letters");
    name[LOG_NAME_CAP] = '\0';
    cr_expect(logs_declare(logs, name, "a:int", &owner, &err));
    size_t len = 0;
    for (int i = 0; i < LOG_COLUMN_CAP; i++)
        len += (size_t)snprintf(columns + len, sizeof columns - len, "c%d:int ", i);
    cr_expect(logs_declare(logs, "wide", columns, &owner, &err), "%s", err.text);
    snprintf(columns + len, sizeof columns - len, "more:int");
    expect_refused("wider", columns, "more than 64 columns");
}

Test(logs, streams_are_bounded)
{
    char name[16];
    for (int i = 0; i < LOGS_CAP; i++) {
        snprintf(name, sizeof name, "s%d", i);
        cr_assert(logs_declare(logs, name, "a:int", &owner, &err));
    }
    expect_refused("one-more", "a:int", "more than 256 streams");
    cr_expect(logs_declare(logs, "s7", "a:int", &other, &err), "one that is there is none more");
}

Test(logs, a_stream_is_opened_once)
{
    struct output_options options = {.format = OUTPUT_JSON, .path = "/dev/null"};
    struct output *output = output_new(&options, &err);
    struct log_stream *a = logs_declare(logs, "a", "n:int", &owner, &err);
    struct log_stream *b = logs_declare(logs, "b", "n:int", &owner, &err);
    cr_assert(output && a && b);
    log_stream_open(a, output);
    log_stream_open(b, output);
    log_stream_open(a, output);
    cr_expect_eq(a->number, 0);
    cr_expect_eq(b->number, 1);
    cr_expect(output_free(output, &err));
}
