// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/identity.h"

#include <criterion/criterion.h>
#include <ctype.h>

#include "event/schemas.h"
#include "sample.h"

static const uint64_t uid_bit = UINT64_C(1) << FLOW_FIELD_UID;
static const uint64_t id_bit = UINT64_C(1) << FLOW_FIELD_COMMUNITY_ID;

static struct flow_table *table;
static struct arena arena;

static void ignore(void *context, struct flow *flow, enum flow_reason reason)
{
    (void)context, (void)flow, (void)reason;
}

static void setup(void)
{
    struct flow_options options = {.cap = 256000,
                                   .tcp_timeout_ns = 1000,
                                   .tcp_closed_timeout_ns = 1000,
                                   .tcp_embryonic_timeout_ns = 1000,
                                   .udp_timeout_ns = 1000};
    table = flow_table_new(&options, ignore, NULL);
    arena_init(&arena);
}

static void teardown(void)
{
    arena_fini(&arena);
    flow_table_free(table);
}

TestSuite(flow_identity, .init = setup, .fini = teardown);

static struct flow *look(struct sample sample)
{
    struct sample_packet made;
    uint8_t direction;
    bool created;
    sample_fill(&sample, &made);
    return flow_table_lookup(table, &made.packet, &made.tuple, &direction, &created);
}

static const struct sample base = {.number = 7,
                                   .ts_ns = 12345,
                                   .addr_len = 4,
                                   .proto = 17,
                                   .src = 1,
                                   .dst = 2,
                                   .sport = 1000,
                                   .dport = 53};

static void uid_of(struct sample sample, char out[FLOW_UID_LEN + 1])
{
    teardown();
    setup();
    flow_uid(table, look(sample), out);
    out[FLOW_UID_LEN] = '\0';
}

Test(flow_identity, shows_the_flow)
{
    struct sample sample = base;
    sample.vlan = 9;
    struct flow *flow = look(sample);
    const struct palua_flow *id = flow_identity(table, flow, UINT64_MAX, 1, &arena);
    cr_expect_eq(id->id, flow_table_origin(table, flow)->id);
    cr_expect_eq(id->ts_ns, 12345);
    cr_expect_eq(id->orig_h.len, 4);
    cr_expect_eq(id->orig_h.data[3], 1);
    cr_expect_eq(id->resp_h.data[3], 2);
    cr_expect_eq(id->orig_p, 1000);
    cr_expect_eq(id->resp_p, 53);
    cr_expect_eq(id->proto, 17);
    cr_expect_eq(id->vlan, 9);
    cr_expect_eq(id->present, UINT64_C(1) << FLOW_FIELD_VLAN);
    cr_expect_eq(id->uid.len, FLOW_UID_LEN);
    cr_expect_eq(id->uid.data[0], 'C');
    cr_expect_eq(id->community_id.len, 30);
}

/** A flow inside GRE, whose key is 7 if it has one. */
static struct flow *look_in_gre(uint64_t number, bool keyed)
{
    struct sample sample = base;
    struct sample_packet made;
    uint8_t direction;
    bool created;
    sample.number = number;
    sample.sport = (uint16_t)number;
    sample_fill(&sample, &made);
    struct palua_layer *layers = made.packet.layers;
    layers[2] = layers[0];
    layers[1] = (struct palua_layer){.protocol = PALUA_PROTOCOL_GRE, .len = 24, .header_len = 4};
    if (keyed) {
        layers[1].context = 7;
        layers[1].flags = PALUA_LAYER_CONTEXT;
    }
    made.packet.layer_count = 3;
    made.packet.network = 2;
    return flow_table_lookup(table, &made.packet, &made.tuple, &direction, &created);
}

Test(flow_identity, shows_the_tunnel)
{
    struct decoder *decoder = decoder_new();
    struct flow_options options = {.cap = 256, .udp_timeout_ns = 1000, .decoder = decoder};
    flow_table_free(table);
    table = flow_table_new(&options, ignore, NULL);
    const struct palua_flow *id = flow_identity(table, look_in_gre(1, false), 0, 1, &arena);
    cr_expect_eq(id->present, UINT64_C(1) << FLOW_FIELD_TUNNEL);
    cr_expect_eq(id->tunnel.len, 3);
    cr_expect_arr_eq(id->tunnel.data, "gre", 3);
    id = flow_identity(table, look_in_gre(2, true), 0, 1, &arena);
    cr_expect_eq(id->present, UINT64_C(1) << FLOW_FIELD_TUNNEL | UINT64_C(1)
                                                                     << FLOW_FIELD_TUNNEL_ID);
    cr_expect_eq(id->tunnel_id, 7);
    decoder_free(decoder);
}

Test(flow_identity, is_made_once_per_batch_and_only_as_far_as_wanted)
{
    struct flow *flow = look(base);
    const struct palua_flow *id = flow_identity(table, flow, 0, 1, &arena);
    cr_expect_eq(id->uid.len, 0);
    cr_expect_eq(id->community_id.len, 0);
    cr_expect_eq(id->present, 0);
    cr_expect_eq(flow_identity(table, flow, uid_bit, 1, &arena), id);
    cr_expect_eq(id->uid.len, FLOW_UID_LEN);
    cr_expect_eq(id->community_id.len, 0);
    const uint8_t *uid = id->uid.data;
    cr_expect_eq(flow_identity(table, flow, uid_bit | id_bit, 1, &arena), id);
    cr_expect_eq(id->uid.data, uid);
    cr_expect_eq(id->community_id.len, 30);
    const struct palua_flow *next = flow_identity(table, flow, uid_bit, 2, &arena);
    cr_expect_neq(next, id);
    cr_expect_arr_eq(next->uid.data, uid, FLOW_UID_LEN);
}

Test(flow_identity, uid_is_the_same_in_every_run)
{
    char uid[FLOW_UID_LEN + 1];
    uid_of(base, uid);
    cr_expect_str_eq(uid, "CZFvDuY8D0zAe7kMO"); // guards against change only: our own output
    struct sample later = base;
    later.number = 99; // packet numbers shift with --skip and -f
    later.shard = 200;
    char other[FLOW_UID_LEN + 1];
    uid_of(later, other);
    cr_expect_str_eq(other, uid);
}

Test(flow_identity, uid_depends_on_every_part)
{
    char uids[9][FLOW_UID_LEN + 1];
    struct sample samples[9];
    for (int i = 0; i < 9; i++)
        samples[i] = base;
    samples[1].ts_ns++;
    samples[2].src = 3;
    samples[3].dst = 3;
    samples[4].sport++;
    samples[5].vlan = 1;
    samples[6].proto = 132;
    samples[7].addr_len = 16;
    samples[8].context = 1;
    for (int i = 0; i < 9; i++) {
        uid_of(samples[i], uids[i]);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(uids[i], uids[k], "%d and %d", i, k);
        for (char *c = uids[i]; *c; c++)
            cr_expect(isalnum((unsigned char)*c));
    }
}

Test(flow_identity, flows_that_begin_at_the_same_instant_differ)
{
    struct sample syn = base;
    syn.proto = 6;
    char uids[3][FLOW_UID_LEN];
    for (uint32_t i = 0; i < 3; i++) {
        syn.tcp_flags = SYN;
        syn.seq = 100 * i + 1;
        struct flow *flow = look(syn);
        flow_uid(table, flow, uids[i]);
        struct flow_note note;
        cr_expect_eq(flow_table_note(table, flow, &note), i > 0);
        cr_expect_eq(note.ordinal, i);
        syn.tcp_flags = RST;
        look(syn);
    }
    cr_expect_arr_neq(uids[0], uids[1], FLOW_UID_LEN);
    cr_expect_arr_neq(uids[1], uids[2], FLOW_UID_LEN);
}
