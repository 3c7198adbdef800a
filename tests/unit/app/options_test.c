// SPDX-License-Identifier: MIT OR Apache-2.0
#include "app/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options options;
static struct error err;

static void teardown(void)
{
    options_fini(&options);
}

TestSuite(options, .fini = teardown);

/** Splits a line at spaces and parses it. */
static bool parse(const char *line)
{
    static char words[512];
    char *argv[32] = {"palua"};
    int argc = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(&options, argc, argv, &err);
}

Test(options, takes_what_the_manual_shows)
{
    cr_assert(parse("-s a -s b.lua -p x,y -T dns.query.qname,packet.len -A top=5 -A "
                    "dns.pending_cap= -o json=out "
                    "-j 2 --batch 7 --skip 3 --count 10 --strict -q one.pcap - --keep-going"));
    cr_expect_eq(options.scripts.count, 2);
    cr_expect_str_eq(options.plugins.items[1], "y");
    cr_expect_str_eq(options.fields.items[0], "dns.query.qname");
    cr_expect_str_eq(options.arg_keys.items[0], "top");
    cr_expect_str_eq(options.arg_values.items[1], "");
    cr_expect_eq(options.format, OUTPUT_JSON);
    cr_expect_str_eq(options.output_path, "out");
    cr_expect_eq(options.batch, 7);
    cr_expect(options.strict && options.quiet && options.keep_going);
    cr_expect_eq(options.inputs.count, 2, "options may follow inputs");
    cr_expect_str_eq(options.inputs.items[1], "-");
}

Test(options, list_events_takes_a_glob_either_way)
{
    cr_assert(parse("--list-events dns.*"));
    cr_expect_str_eq(options.subject, "dns.*");
    options_fini(&options);
    cr_assert(parse("--list-events=dns.*"));
    cr_expect_str_eq(options.subject, "dns.*");
    options_fini(&options);
    cr_assert(parse("--list-events"));
    cr_expect_null(options.subject);
}

static void refuse(const char *line, const char *part)
{
    memset(&err, 0, sizeof err);
    cr_expect_not(parse(line), "%s", line);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect_not_null(strstr(err.text, part), "%s: %s", line, err.text);
    options_fini(&options);
}

Test(options, says_what_was_got_and_expected)
{
    refuse("--scirpt x", "did you mean --script?");
    refuse("--frobnicate", "--help lists all");
    refuse("-Z", "unknown option '-Z'");
    refuse("-s", "expected a value");
    refuse("--skip -1 f", "got '-1', expected a whole number");
    refuse("--skip 1x f", "got '1x'");
    refuse("--count 99999999999999999999 f", "expected a whole number");
    refuse("-o yaml f", "expected table, json, csv, tsv or zeek");
    refuse("-o csv= f", "expected a path");
    refuse("-A top f", "expected KEY=VALUE");
    refuse("-A =5 f", "expected KEY=VALUE");
    refuse("-p a,,b f", "empty name");
    refuse("--progress maybe f", "expected auto, always or never");
}

Test(options, help_names_every_option)
{
    struct text out;
    text_init(&out);
    options_help(&out);
    for (const char *const *name =
             (const char *const[]){"--script", "--fields", "--profile", "--batch", NULL};
         *name; name++)
        cr_expect_not_null(strstr(out.data, *name));
    text_fini(&out);
}
