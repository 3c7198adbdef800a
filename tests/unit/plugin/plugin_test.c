// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/plugin.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sample.h"

static struct registry *registry;
static struct plugin_set *set;
static struct error err;

static void open_set(void)
{
    registry = registry_new();
    set = plugin_set_new(registry, &err);
    cr_assert_not_null(set, "%s", err.text);
    cr_assert(plugin_set_add(set, &sample_dissector, "the test", &err), "%s", err.text);
}

static void close_set(void)
{
    plugin_set_free(set);
    registry_free(registry);
}

TestSuite(plugin, .init = open_set, .fini = close_set);

Test(plugin, set_has_the_bundled_ones_and_what_was_added)
{
    uint32_t index;
    cr_assert(plugin_set_find(set, "dns", &index, &err));
    cr_expect_str_eq(plugin_set_at(set, index)->name, "dns");
    cr_assert(plugin_set_find(set, "sample", &index, &err));
    cr_expect_eq(index, plugin_set_count(set) - 1);
}

Test(plugin, set_registers_events)
{
    uint32_t index;
    cr_assert(plugin_set_find(set, "sample", &index, &err));
    uint16_t kind = plugin_set_kind(set, index, 0);
    cr_expect_eq(kind, registry_find(registry, "sample.word"));
    cr_expect_eq(registry_schema(registry, kind), &sample_word_schema);
    cr_expect_neq(registry_find(registry, "dns.answer"), EVENT_KIND_NONE);
}

Test(plugin, set_names_the_nearest)
{
    uint32_t index;
    cr_expect_not(plugin_set_find(set, "sampel", &index, &err));
    cr_expect_str_eq(err.text, "no plugin 'sampel'; did you mean 'sample'?");
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect_not(plugin_set_find(set, "q", &index, &err));
    cr_expect_str_eq(err.text, "no plugin 'q'");
}

Test(plugin, set_keeps_options)
{
    uint32_t index;
    cr_assert(plugin_set_find(set, "sample", &index, &err));
    cr_expect_str_eq(plugin_set_option_value(set, index, "cap"), "5");
    cr_assert(plugin_set_option(set, index, "cap", "7", &err));
    cr_assert(plugin_set_option(set, index, "cap", "8", &err));
    cr_expect_str_eq(plugin_set_option_value(set, index, "cap"), "8");
    cr_expect_not(plugin_set_option(set, index, "cap", "11", &err));
    cr_expect_str_eq(err.text, "option 'sample.cap' is 11, expected 1 to 10");
    cr_expect_str_eq(plugin_set_option_value(set, index, "cap"), "8");
    cr_expect_not(plugin_set_option(set, index, "capp", "1", &err));
    cr_expect_str_eq(err.text, "no option of plugin 'sample' named 'capp'; did you mean 'cap'?");
    cr_expect_null(plugin_set_option_value(set, index, "capp"));
}

Test(plugin, set_refuses_a_name_twice)
{
    uint32_t before = plugin_set_count(set);
    cr_expect_not(plugin_set_add(set, &sample_dissector, "again", &err));
    cr_expect_str_eq(err.text, "a plugin named 'sample' is loaded already, from the test");
    struct palua_plugin other = sample_dissector;
    other.name = "other"; // the same events
    cr_expect_not(plugin_set_add(set, &other, "again", &err));
    cr_expect_eq(plugin_set_count(set), before);
}

Test(plugin, set_reads_no_more_than_the_plugin_has)
{
    struct palua_plugin newer = sample_analysis;
    newer.size = sizeof newer + 64;
    cr_expect_not(plugin_set_add(set, &newer, "newer", &err));
    cr_expect(strstr(err.text, "newer headers"), "%s", err.text);
}

static void expect_load(const char *path, const char *part)
{
    cr_expect_not(plugin_set_load(set, path, &err));
    cr_expect_eq(err.code, ERROR_PLUGIN);
    cr_expect(strstr(err.text, part), "'%s' does not say '%s'", err.text, part);
    cr_expect_str_eq(err.where, path);
}

Test(plugin, set_says_why_a_file_cannot_be_loaded)
{
    expect_load("/nonexistent/chat.so", "No such file");
    char path[] = "/tmp/palua-plugin-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "hello", 5), 5);
    close(fd);
    expect_load(path, "cannot load the plugin");
    unlink(path);
    // A name without a slash is a file here, not a library of the system.
    expect_load("libm.so.6", "No such file");
}
