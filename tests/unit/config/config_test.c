// SPDX-License-Identifier: MIT OR Apache-2.0
#include "config/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/registry.h"
#include "stream/policy.h"

static struct config config;
static struct error err;
static char path[] = "/tmp/palua-config-XXXXXX";

static void setup(void)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    config_defaults(&config);
    memset(&err, 0, sizeof err);
}

static void teardown(void)
{
    unlink(path);
}

TestSuite(config, .init = setup, .fini = teardown);

static bool load(const char *text, struct plugin_set *plugins)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    return config_load(&config, path, plugins, &err);
}

Test(config, values_replace_defaults_and_the_rest_stays)
{
    cr_assert(load("return { batch = { packets = 7 }, flow = { cap = 2^10 } }", NULL), "%s",
              err.text);
    cr_expect_eq(config.batch_packets, 7);
    cr_expect_eq(config.flow_cap, 1024);
    cr_expect_eq(config.flow_udp_timeout, 60);
}

static void refuse(const char *text, const char *part)
{
    cr_expect_not(load(text, NULL), "%s", text);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect_not_null(strstr(err.text, part), "%s: %s", text, err.text);
}

Test(config, says_what_is_wrong)
{
    refuse("return { flwo = {} }", "did you mean flow?");
    refuse("return { flow = { cpa = 1 } }", "did you mean flow.cap?");
    refuse("return { flow = { zzzzzz = 1 } }", "unknown key flow.zzzzzz");
    refuse("return { flow = { cap = 1 } }", "got 1, expected an integer from 256 to 100000000");
    refuse("return { flow = { cap = 1000.5 } }", "got 1000.5");
    refuse("return { flow = { cap = 0/0 } }", "expected an integer");
    refuse("return { flow = { cap = 'many' } }", "got many");
    refuse("return { flow = { cap = {} } }", "got table");
    refuse("return { flow = 5 }", "flow: got a number, expected a table");
    refuse("return { 5 }", "got a number as a key");
    refuse("return 5", "expected a table");
    refuse("return {", "unexpected symbol");
    refuse("error('x')", "attempt to call");
    refuse("return os.getenv('HOME')", "attempt to index");
    refuse("\x1bLJ", "attempt to load chunk with wrong mode");
}

Test(config, says_where_that_is)
{
    static const struct {
        const char *text;
        int line;
    } cases[] = {
        {"return {\n flwo = {} }", 2},
        {"return {\n flow = {\n  cpa = 1 } }", 3},
        {"return {\n flow = {\n  cap = 1 } }", 3},
        {"return {\n\n flow = 5 }", 3},
        {"return {\n defrag = {\n  policies = {\n   ['10.0.0.0/8'] = 'x' } } }", 4},
        {"return {\n defrag = {\n  policies = 1 } }", 3},
    };
    char where[sizeof err.where];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_not(load(cases[i].text, NULL));
        snprintf(where, sizeof where, "%s:%d", path, cases[i].line);
        cr_expect_str_eq(err.where, where, "%s", cases[i].text);
    }
    cr_expect_not(load("local t = {} t['fl' .. 'ow'] = 1 return t", NULL));
    cr_expect_str_eq(err.where, path);
}

Test(config, networks_have_policies_of_their_own)
{
    static const uint8_t address[16] = {10, 1, 2, 3};
    cr_assert(load("return { defrag = { policy = 6, policies = { ['10.0.0.0/8'] = 'windows', "
                   "['2001:db8::/32'] = 'last' } } }",
                   NULL),
              "%s", err.text);
    cr_expect_eq(config.defrag_policy, DEFRAG_DROP);
    cr_expect_eq(config.defrag_policies.count, 2);
    cr_expect_eq(defrag_networks_find(&config.defrag_policies, 4, address, DEFRAG_BSD),
                 DEFRAG_WINDOWS);
    refuse("return { defrag = { policies = { ['10.0.0.0/33'] = 'last' } } }",
           "defrag.policies[\"10.0.0.0/33\"]: got 10.0.0.0/33, expected a network");
    refuse("return { defrag = { policies = { ['10.0.0.0/8'] = 'windos' } } }",
           "did you mean windows?");
    refuse("return { defrag = { policies = { ['10.0.0.0/8'] = {} } } }", "got table, expected");
    refuse("return { defrag = { policies = { 'last' } } }", "got a number as a key");
    refuse("return { defrag = { policies = 4 } }", "defrag.policies: got a number");
    refuse("return { defrag = { polices = {} } }", "did you mean defrag.policies?");
    refuse("return { defrag = { policy = 7 } }", "from 0 to 6");
    cr_assert(load("return { defrag = { policies = {} } }", NULL));
    cr_expect_eq(config.defrag_policies.count, 0);
}

Test(config, policies_have_names)
{
    for (int policy = 0; policy < STREAM_POLICY_COUNT; policy++) {
        char text[100];
        snprintf(text, sizeof text,
                 "return { defrag = { policy = '%s' }, stream = { policy = '%s' } }",
                 defrag_policy_names[policy], stream_policy_names[policy]);
        cr_assert(load(text, NULL), "%s", err.text);
        cr_expect_eq(config.defrag_policy, policy);
        cr_expect_eq(config.stream_policy, policy);
    }
    cr_assert(load("return { defrag = { policy = 'drop' }, stream = { policy = 3 } }", NULL));
    cr_expect_eq(config.defrag_policy, DEFRAG_DROP);
    cr_expect_eq(config.stream_policy, STREAM_LINUX);
    refuse(
        "return { defrag = { policy = 'BSD' } }",
        "defrag.policy: got BSD, expected first, last, bsd, linux, windows, solaris or drop; did "
        "you mean bsd?");
    refuse("return { stream = { policy = 'drop' } }",
           "got drop, expected first, last, bsd, linux, windows or solaris");
    refuse("return { stream = { policy = true } }", "got boolean, expected first");
    refuse("return { stream = { policy = '' } }", "got an empty text, expected first");
    refuse("return { stream = { policy = 6 } }", "from 0 to 5");
}

Test(config, names_a_file_that_is_not_there)
{
    unlink(path);
    cr_expect_not(config_load(&config, path, NULL, &err));
    cr_expect_not_null(strstr(err.text, path));
}

Test(config, sets_options_of_plugins)
{
    struct registry *registry = registry_new();
    struct plugin_set *plugins = plugin_set_new(registry, &err);
    cr_assert_not_null(plugins);
    cr_expect(load("return { plugins = { dns = { pending_cap = 10 } } }", plugins), "%s", err.text);
    cr_expect_not(load("return { plugins = { dsn = { pending_cap = 10 } } }", plugins));
    cr_expect_not_null(strstr(err.text, "dns"), "%s", err.text);
    cr_expect_not(load("return { plugins = { dns = { pending_cpa = 10 } } }", plugins));
    cr_expect_not_null(strstr(err.text, "pending_cap"), "%s", err.text);
    cr_expect_not(load("return { plugins = { dns = { pending_cap = 0 } } }", plugins));
    plugin_set_free(plugins);
    registry_free(registry);
}

/** conf/palua.lua shows every key with its default, no more and no less. */
Test(config, the_example_file_shows_every_default)
{
    struct config defaults;
    memset(&defaults, 0xff, sizeof defaults); // padding too
    config_defaults(&defaults);
    memset(&config, 0xff, sizeof config);
    cr_assert(config_load(&config, PALUA_SOURCE_DIR "/conf/palua.lua", NULL, &err), "%s", err.text);
    cr_expect_eq(memcmp(&config, &defaults, sizeof config), 0,
                 "a key is missing or has another value");
}
