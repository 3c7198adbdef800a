// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/identity.h"

#include <string.h>
#include <xxhash.h>

#include "event/schemas.h"
#include "flow/community_id.h"
#include "flow/key.h"

enum { PROTO_UDP = 17 };
enum { DIGITS = (FLOW_UID_LEN - 1) / 2 };

/** What a uid is made of, as memory: no padding. */
struct name {
    int64_t first_ts_ns;
    uint8_t addresses[32];
    uint16_t ports[2];
    uint16_t vlan;
    uint8_t addr_len;
    uint8_t proto;
    uint32_t ordinal;
    uint32_t context;
};
_Static_assert(sizeof(struct name) == 56, "the name is hashed as memory: no padding");

static char *put_base62(char *at, uint64_t value)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (unsigned i = 0; i < DIGITS; i++, value /= 62)
        *at++ = digits[value % 62];
    return at;
}

void flow_uid(const struct flow *flow, char out[FLOW_UID_LEN])
{
    struct name name = {
        .first_ts_ns = flow->first_ts_ns,
        .ports = {flow->ports[0], flow->ports[1]},
        .vlan = flow->vlan,
        .addr_len = flow->addr_len,
        .proto = flow->proto,
        .ordinal = flow->ordinal,
        .context = flow->context,
    };
    memcpy(name.addresses, flow->addresses, sizeof name.addresses);
    XXH128_hash_t hash = XXH3_128bits(&name, sizeof name);
    *out++ = 'C';
    put_base62(put_base62(out, hash.high64), hash.low64);
}

static bool wants(uint64_t mask, enum flow_field field)
{
    return palua_field_bit(mask, field);
}

static void add_tunnel(const struct flow *flow, const struct decoder *decoder,
                       struct palua_flow *out)
{
    if (flow->tunnel == PALUA_PROTOCOL_NONE || !decoder)
        return;
    const char *name = decoder_protocol_name(decoder, flow->tunnel);
    out->tunnel = (struct palua_slice){(const uint8_t *)name, (uint32_t)strlen(name), 0};
    out->tunnel_id = flow->tunnel_id;
    out->present |= UINT64_C(1) << FLOW_FIELD_TUNNEL;
    if (flow->has_tunnel_id)
        out->present |= UINT64_C(1) << FLOW_FIELD_TUNNEL_ID;
}

/** Without its texts. */
static struct palua_flow *make(const struct flow *flow, const struct decoder *decoder,
                               struct arena *arena)
{
    struct palua_flow *out = arena_zalloc(arena, sizeof *out, _Alignof(struct palua_flow));
    out->id = flow->id;
    out->ts_ns = flow->first_ts_ns;
    out->present = flow->vlan ? UINT64_C(1) << FLOW_FIELD_VLAN : 0;
    add_tunnel(flow, decoder, out);
    memcpy(out->addresses, flow->addresses, sizeof out->addresses);
    out->orig_h = (struct palua_slice){out->addresses, flow->addr_len, 0};
    out->resp_h = (struct palua_slice){out->addresses + 16, flow->addr_len, 0};
    out->orig_p = flow->ports[PALUA_ORIG];
    out->resp_p = flow->ports[PALUA_RESP];
    out->vlan = flow->vlan;
    out->proto = flow->proto;
    out->addr_len = flow->addr_len;
    return out;
}

static void add_uid(const struct flow *flow, struct palua_flow *out)
{
    _Static_assert(sizeof out->uid_text >= FLOW_UID_LEN, "the uid fits");
    flow_uid(flow, (char *)out->uid_text);
    out->uid = (struct palua_slice){out->uid_text, FLOW_UID_LEN, 0};
}

static void add_community_id(const struct flow *flow, uint16_t seed, struct palua_flow *out,
                             struct arena *arena)
{
    char *text = arena_alloc(arena, COMMUNITY_ID_LEN, 1);
    community_id(seed, flow->proto, flow->addresses, flow->addresses + 16, flow->addr_len,
                 flow->ports[PALUA_ORIG], flow->ports[PALUA_RESP], text);
    out->community_id = (struct palua_slice){(const uint8_t *)text, COMMUNITY_ID_LEN, 0};
}

const struct palua_flow *flow_identity(const struct flow_table *table, struct flow *flow,
                                       uint64_t wanted, uint64_t batch, struct arena *arena)
{
    if (!flow->identity || flow->identity_batch != batch) {
        flow->identity = make(flow, flow_table_decoder(table), arena);
        flow->identity_batch = batch;
    }
    // Ours until the batch is handed on: text that is wanted only now may still be added.
    struct palua_flow *out = flow->identity;
    if (wants(wanted, FLOW_FIELD_UID) && !out->uid.len)
        add_uid(flow, out);
    if (wants(wanted, FLOW_FIELD_COMMUNITY_ID) && !out->community_id.len)
        add_community_id(flow, flow_table_community_id_seed(table), out, arena);
    return out;
}

static bool wants_any(uint64_t mask, uint64_t fields)
{
    return (mask & fields) != 0;
}

static struct palua_slice literal(const char *text)
{
    return (struct palua_slice){(const uint8_t *)text, (uint32_t)strlen(text), 0};
}

static struct palua_slice copy_text(const char *text, uint32_t len, struct arena *arena)
{
    return (struct palua_slice){len ? arena_copy(arena, text, len, 1) : NULL, len, 0};
}

static void set_history(struct palua_flow_live *out, struct palua_slice history)
{
    out->history = history;
    if (history.len)
        out->present |= UINT64_C(1) << FLOW_LIVE_HISTORY;
}

static void add_connection(const struct flow_outcome *outcome, struct arena *arena,
                           struct palua_flow_live *out)
{
    out->orig_bytes = outcome->bytes[PALUA_ORIG];
    out->resp_bytes = outcome->bytes[PALUA_RESP];
    out->missed_bytes = outcome->missed;
    out->conn_state = literal(outcome->state);
    set_history(out, copy_text(outcome->history, outcome->history_len, arena));
}

/** Zeek's history of a UDP flow: who has sent, the first sender first. */
static struct palua_slice datagram_history(const struct flow *flow)
{
    bool answered = flow->sides[PALUA_ORIG].pkts && flow->sides[PALUA_RESP].pkts;
    if (flow->flags & FLOW_TURNED)
        return literal(answered ? "^dD" : "^d");
    return literal(answered ? "Dd" : "D");
}

static void add_datagrams(const struct flow *flow, struct palua_flow_live *out)
{
    bool orig = flow->sides[PALUA_ORIG].pkts > 0, resp = flow->sides[PALUA_RESP].pkts > 0;
    out->orig_bytes = flow->sides[PALUA_ORIG].payload;
    out->resp_bytes = flow->sides[PALUA_RESP].payload;
    if (flow->proto != PROTO_UDP) {
        out->conn_state = literal("OTH");
        return;
    }
    out->conn_state = literal(orig && resp ? "SF" : orig ? "S0" : "SHR");
    set_history(out, datagram_history(flow));
}

static void add_outcome(const struct flow_table *table, const struct flow *flow,
                        struct arena *arena, struct palua_flow_live *out)
{
    struct flow_outcome outcome;
    if (flow_table_outcome(table, flow, &outcome))
        add_connection(&outcome, arena, out);
    else
        add_datagrams(flow, out);
}

void flow_live(const struct flow_table *table, const struct flow *flow, uint64_t wanted,
               struct arena *arena, struct palua_flow_live *out)
{
    const struct flow_side *orig = &flow->sides[PALUA_ORIG], *resp = &flow->sides[PALUA_RESP];
    out->orig_pkts = orig->pkts;
    out->resp_pkts = resp->pkts;
    out->orig_ip_bytes = orig->ip_bytes;
    out->resp_ip_bytes = resp->ip_bytes;
    out->orig_payload = orig->payload;
    out->resp_payload = resp->payload;
    if (__builtin_sub_overflow(flow->last_ts_ns, flow->first_ts_ns, &out->duration_ns))
        out->duration_ns = INT64_MAX; // only forged timestamps are centuries apart
    const char *service = flow_table_service(table, flow);
    if (service) {
        out->service = literal(service);
        out->present |= UINT64_C(1) << FLOW_LIVE_SERVICE;
    }
    if (wants_any(wanted, FLOW_LIVE_CONNECTION))
        add_outcome(table, flow, arena, out);
}
const struct palua_flow_live *flow_snapshot(const struct flow_table *table, const struct flow *flow,
                                            uint64_t wanted, struct arena *arena)
{
    struct palua_flow_live *out =
        arena_zalloc(arena, sizeof *out, _Alignof(struct palua_flow_live));
    flow_live(table, flow, wanted, arena, out);
    return out;
}
