// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

static void expect_good(const struct palua_plugin *plugin)
{
    struct error err = {0};
    cr_expect(plugin_check(plugin, "here", &err), "%s", err.text);
}

/** Refused, and the message says `part`. */
static void expect_bad(const struct palua_plugin *plugin, const char *part)
{
    struct error err = {0};
    cr_expect_not(plugin_check(plugin, "here", &err), "expected: %s", part);
    cr_expect_eq(err.code, ERROR_PLUGIN, "%s", err.text);
    cr_expect(strstr(err.text, part), "'%s' does not say '%s'", err.text, part);
}

Test(check, takes_each_role)
{
    expect_good(&sample_dissector);
    expect_good(&sample_analysis);
    expect_good(&sample_decoder);
}

Test(check, abi_and_size)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.abi = PALUA_PLUGIN_ABI + 1;
    char words[64];
    snprintf(words, sizeof words, "plugin ABI %d, this palua has %d", PALUA_PLUGIN_ABI + 1,
             PALUA_PLUGIN_ABI);
    expect_bad(&plugin, words);
    plugin = sample_dissector;
    plugin.size = sizeof plugin + 8;
    expect_bad(&plugin, "newer headers");
    plugin.size = 4;
    expect_bad(&plugin, "damaged headers");
    expect_bad(NULL, "returned nothing");
}

Test(check, name_doc_and_role)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.name = "Chat";
    expect_bad(&plugin, "'Chat' is not snake_case");
    plugin.name = "";
    expect_bad(&plugin, "snake_case");
    plugin.name = NULL;
    expect_bad(&plugin, "snake_case");
    plugin = sample_dissector;
    plugin.doc = "";
    expect_bad(&plugin, "no doc line");
    plugin = sample_dissector;
    plugin.role = 0;
    expect_bad(&plugin, "role 0");
    plugin.role = 4;
    expect_bad(&plugin, "role 4");
}

Test(check, hooks_that_a_role_needs)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.datagram = NULL;
    expect_bad(&plugin, "a dissector needs a hook 'datagram'");
    plugin = sample_dissector;
    plugin.start = NULL;
    expect_bad(&plugin, "needs a hook 'start'");
    plugin = sample_analysis;
    plugin.event = NULL;
    expect_bad(&plugin, "an analysis needs a hook 'event'");
    plugin = sample_decoder;
    plugin.decode = NULL;
    expect_bad(&plugin, "a decoder needs a hook 'decode'");
}

Test(check, parts_that_a_role_cannot_have)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.event = sample_analysis.event;
    expect_bad(&plugin, "a dissector cannot have a hook 'event'");
    plugin = sample_dissector;
    plugin.partition = PALUA_PARTITION_FLOW;
    expect_bad(&plugin, "cannot have a partition");
    plugin = sample_analysis;
    plugin.flow_state_size = 8;
    expect_bad(&plugin, "an analysis cannot have a flow_state_size");
    plugin = sample_decoder;
    plugin.start = sample_dissector.start;
    expect_bad(&plugin, "a decoder cannot have a hook 'start'");
}

Test(check, lists_and_counts_belong_together)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.bindings = NULL;
    expect_bad(&plugin, "'bindings'");
    plugin = sample_dissector;
    plugin.event_count = 0;
    expect_bad(&plugin, "needs a list 'events'");
    plugin = sample_dissector;
    plugin.option_count = 0;
    expect_bad(&plugin, "'options'");
    plugin = sample_dissector;
    const struct palua_schema *none[] = {NULL};
    plugin.events = none;
    expect_bad(&plugin, "event 0 has no schema");
}

static void some_layer(void *self, struct palua_call *call, const struct palua_layer_input *in)
{
    (void)self, (void)call, (void)in;
}

Test(check, layers_need_their_hook)
{
    struct palua_plugin plugin = sample_dissector;
    const struct palua_binding arp = {PALUA_ON_LAYER, PALUA_PROTOCOL_ARP};
    plugin.bindings = &arp;
    plugin.binding_count = 1;
    expect_bad(&plugin, "needs a hook 'layer'");
    plugin.layer = some_layer;
    expect_good(&plugin);
    plugin.datagram = NULL; // nothing is bound to payload
    expect_good(&plugin);
    const struct palua_binding both[] = {arp, {PALUA_ON_UDP_PORT, 53}};
    plugin.bindings = both;
    plugin.binding_count = 2;
    expect_bad(&plugin, "needs a hook 'datagram'");
    const struct palua_binding beyond = {PALUA_ON_LAYER, PALUA_PROTOCOL_ENGINE_END};
    plugin.bindings = &beyond;
    plugin.binding_count = 1;
    expect_bad(&plugin, "binding 0 is of kind 6, which a dissector cannot have");
    plugin = sample_decoder;
    plugin.bindings = &arp;
    plugin.binding_count = 1;
    expect_bad(&plugin, "which a decoder cannot have");
}

Test(check, bindings_fit_the_role)
{
    struct palua_plugin plugin = sample_dissector;
    const struct palua_binding ethertype = {PALUA_ON_ETHERTYPE, 0x800};
    plugin.bindings = &ethertype;
    plugin.binding_count = 1;
    expect_bad(&plugin, "binding 0 is of kind 2, which a dissector cannot have");
    plugin = sample_decoder;
    const struct palua_binding tcp = {PALUA_ON_TCP_PORT, 80};
    plugin.bindings = &tcp;
    expect_bad(&plugin, "a decoder cannot have");
    const struct palua_binding none = {0, 80};
    plugin.bindings = &none;
    expect_bad(&plugin, "kind 0");
}

Test(check, names_in_lists)
{
    struct palua_plugin plugin = sample_dissector;
    const struct palua_counter twice[] = {{"a", "doc"}, {"a", "doc"}};
    plugin.counters = twice;
    plugin.counter_count = 2;
    expect_bad(&plugin, "occurs twice");
    const struct palua_counter nameless[] = {{"a b", "doc"}};
    plugin.counters = nameless;
    plugin.counter_count = 1;
    expect_bad(&plugin, "item 0 of its counters");
    const struct palua_counter undocumented[] = {{"a", ""}};
    plugin.counters = undocumented;
    expect_bad(&plugin, "no doc line");
}

Test(check, options)
{
    struct palua_plugin plugin = sample_dissector;
    struct palua_option option = {"cap", "queries", "5", 6, 7};
    plugin.options = &option;
    plugin.option_count = 1;
    struct error err;
    cr_expect_not(plugin_check(&plugin, "here", &err));
    cr_expect(strstr(err.text, "'sample.cap' is 5, expected 6 to 7"), "%s", err.text);
    option = (struct palua_option){"cap", "queries", "5", 7, 6};
    expect_bad(&plugin, "exclude every value");
    option = (struct palua_option){"cap", "queries", NULL, 0, 0};
    expect_bad(&plugin, "no default");
}

Test(check, partition_needs_merge)
{
    struct palua_plugin plugin = sample_analysis;
    plugin.partition = PALUA_PARTITION_FLOW;
    plugin.merge = NULL;
    expect_bad(&plugin, "'merge'");
    plugin.partition = PALUA_PARTITION_PAIR + 1;
    expect_bad(&plugin, "partition is none that exists");
}

Test(check, flow_state_is_bounded)
{
    struct palua_plugin plugin = sample_dissector;
    plugin.flow_state_size = PALUA_FLOW_STATE_CAP;
    expect_good(&plugin);
    plugin.flow_state_size++;
    expect_bad(&plugin, "PALUA_FLOW_STATE_CAP");
}

Test(check, tables)
{
    struct palua_plugin plugin = sample_analysis;
    struct palua_field field = sample_analysis.tables[0]->fields[0];
    struct palua_schema table = *sample_analysis.tables[0];
    const struct palua_schema *tables[] = {&table};
    table.fields = &field;
    table.field_count = 1;
    plugin.tables = tables;
    expect_good(&plugin);
    field.offset = table.size;
    expect_bad(&plugin, "column 0 of table 'words'");
    field.offset = 0;
    field.type = PALUA_LIST;
    expect_bad(&plugin, "column 0");
    table.field_count = 0;
    expect_bad(&plugin, "1 to 64 columns");
}
