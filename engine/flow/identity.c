// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/identity.h"

#include <string.h>
#include <xxhash.h>

#include "base/memory.h"
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

void flow_uid(const struct flow_table *table, const struct flow *flow, char out[FLOW_UID_LEN])
{
    struct flow_note note;
    flow_table_note(table, flow, &note);
    struct name name = {
        .first_ts_ns = flow_table_origin(table, flow)->first_ts_ns,
        .ports = {flow->ports[0], flow->ports[1]},
        .vlan = flow->vlan,
        .addr_len = flow->addr_len,
        .proto = flow->proto,
        .ordinal = note.ordinal,
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

static void add_tunnel(const struct flow_table *table, const struct flow *flow,
                       struct palua_flow *out)
{
    const struct decoder *decoder = flow_table_decoder(table);
    struct flow_note note;
    if (!flow_table_note(table, flow, &note) || note.tunnel == PALUA_PROTOCOL_NONE || !decoder)
        return;
    const char *name = decoder_protocol_name(decoder, note.tunnel);
    out->tunnel = (struct palua_slice){(const uint8_t *)name, (uint32_t)strlen(name), 0};
    out->tunnel_id = note.tunnel_id;
    out->present |= UINT64_C(1) << FLOW_FIELD_TUNNEL;
    if (note.has_tunnel_id)
        out->present |= UINT64_C(1) << FLOW_FIELD_TUNNEL_ID;
}

/** Without its texts.
 * @param out  zeroed */
static struct palua_flow *make(const struct flow_table *table, const struct flow *flow,
                               struct palua_flow *out)
{
    const struct flow_origin *origin = flow_table_origin(table, flow);
    out->id = origin->id;
    out->ts_ns = origin->first_ts_ns;
    out->present = flow->vlan ? UINT64_C(1) << FLOW_FIELD_VLAN : 0;
    add_tunnel(table, flow, out);
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

static void add_uid(const struct flow_table *table, const struct flow *flow, struct palua_flow *out)
{
    _Static_assert(sizeof out->uid_text >= FLOW_UID_LEN, "the uid fits");
    flow_uid(table, flow, (char *)out->uid_text);
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

/** What was made of the flow for this batch before.
 * @return NULL if nothing was */
static struct palua_flow *find_made(const struct flow_identities *all,
                                    const struct flow_origin *origin)
{
    if (origin->identity >= all->count || all->made[origin->identity]->id != origin->id)
        return NULL;
    return all->made[origin->identity];
}

static struct palua_flow *add_made(struct flow_identities *all, struct flow_origin *origin,
                                   struct palua_flow *identity)
{
    if (all->count == all->cap)
        all->made = memory_grow(all->made, &all->cap, all->count + 1, sizeof(struct palua_flow *));
    origin->identity = (uint32_t)all->count;
    all->made[all->count++] = identity;
    return identity;
}

/** The texts that are wanted, as far as they are not there: the identity is ours until the batch is
 * handed on. */
static void add_texts(const struct flow_table *table, const struct flow *flow, uint64_t wanted,
                      struct arena *arena, struct palua_flow *out)
{
    if (wants(wanted, FLOW_FIELD_UID) && !out->uid.len)
        add_uid(table, flow, out);
    if (wants(wanted, FLOW_FIELD_COMMUNITY_ID) && !out->community_id.len)
        add_community_id(flow, flow_table_community_id_seed(table), out, arena);
}

/** Those of a batch; what was made for the one before is forgotten. */
static struct flow_identities *made_for(struct flow_table *table, uint64_t batch)
{
    struct flow_identities *all = flow_table_identities(table);
    if (all->batch != batch)
        all->count = 0;
    all->batch = batch;
    return all;
}

const struct palua_flow *flow_identity(struct flow_table *table, const struct flow *flow,
                                       uint64_t wanted, uint64_t batch, struct arena *arena)
{
    struct flow_identities *all = made_for(table, batch);
    struct flow_origin *origin = flow_table_origin(table, flow);
    struct palua_flow *out = find_made(all, origin);
    if (!out) {
        out = arena_zalloc(arena, sizeof *out, _Alignof(struct palua_flow));
        add_made(all, origin, make(table, flow, out));
    }
    add_texts(table, flow, wanted, arena, out);
    return out;
}

const struct palua_flow *flow_identity_at(struct flow_table *table, const struct flow *flow,
                                          uint64_t wanted, uint64_t batch, struct arena *arena,
                                          struct palua_flow *room)
{
    struct flow_identities *all = made_for(table, batch);
    struct flow_origin *origin = flow_table_origin(table, flow);
    struct palua_flow *made = find_made(all, origin);
    if (!made)
        made = add_made(all, origin, make(table, flow, room));
    add_texts(table, flow, wanted, arena, made);
    if (made != room)
        *room = *made;
    return made;
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
    int64_t first_ts_ns = flow_table_origin(table, flow)->first_ts_ns;
    if (__builtin_sub_overflow(flow->last_ts_ns, first_ts_ns, &out->duration_ns))
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
