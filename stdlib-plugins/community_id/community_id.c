// SPDX-License-Identifier: MIT OR Apache-2.0
/** Community IDs: which flow has which, in the order in which flows began.
 *
 * Source: the Community ID flow hashing specification, version 1; the seed is a key of the
 * configuration. Rows are kept until the end of the run, at most `row_cap`; what is beyond is
 * counted. */
#include <stdlib.h>
#include <string.h>

#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define FIRST_ROWS 256U

enum { ID_LEN = 30 }; /**< "1:" and 28 base-64 characters */

struct kept {
    struct palua_flow flow; /**< its slices are not used: they point into the event */
    uint8_t id[ID_LEN];
    uint8_t id_len;
    uint8_t uid_len;
};

/** A row of the result. */
struct row {
    struct palua_slice flow_id, community_id, src, dst;
    uint16_t src_port, dst_port;
    uint8_t proto;
};

struct ids {
    const struct palua_host *host;
    struct kept *rows;
    uint64_t count;
    uint64_t room;
    uint64_t cap;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct ids *ids = calloc(1, sizeof *ids);
    if (!ids) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    ids->host = host;
    ids->cap = (uint64_t)host->option_int(instance, "row_cap");
    *self = ids;
    return true;
}

static void stop(void *self)
{
    struct ids *ids = self;
    free(ids->rows);
    free(ids);
}

/** Makes room for one more row. @return false at the cap, or if memory ran out */
static bool has_room(struct ids *ids)
{
    if (ids->count < ids->room)
        return true;
    uint64_t room = ids->room ? 2 * ids->room : FIRST_ROWS;
    struct kept *rows = realloc(ids->rows, room * sizeof *rows);
    if (!rows)
        return false;
    ids->rows = rows;
    ids->room = room;
    return true;
}

enum { COUNTER_LEFT_OUT };

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *begin)
{
    struct ids *ids = self;
    const struct palua_flow *flow = begin->flow;
    (void)subscription;
    if (ids->count == ids->cap || !has_room(ids)) {
        ids->host->count(call, COUNTER_LEFT_OUT, 1);
        return;
    }
    struct kept *kept = &ids->rows[ids->count++];
    kept->flow = *flow;
    kept->id_len = (uint8_t)(flow->community_id.len < ID_LEN ? flow->community_id.len : ID_LEN);
    kept->uid_len = (uint8_t)flow->uid.len; // its text lies in the flow itself
    memcpy(kept->id, flow->community_id.data, kept->id_len);
}

static void write_row(const struct ids *ids, struct palua_call *call, const struct kept *kept)
{
    const struct palua_flow *flow = &kept->flow;
    struct row row = {
        .flow_id = {.data = flow->uid_text, .len = kept->uid_len},
        .community_id = {.data = kept->id, .len = kept->id_len},
        .src = {.data = flow->addresses, .len = flow->addr_len},
        .dst = {.data = flow->addresses + 16, .len = flow->addr_len},
        .src_port = flow->orig_p,
        .dst_port = flow->resp_p,
        .proto = flow->proto,
    };
    ids->host->row(call, 0, &row);
}

static void finish(void *self, struct palua_call *call)
{
    const struct ids *ids = self;
    for (uint64_t i = 0; i < ids->count; i++)
        write_row(ids, call, &ids->rows[i]);
}

static const struct palua_field fields[] = {
    PALUA_FIELD(struct row, flow_id, PALUA_STRING, "unique name of the flow, as flow.uid"),
    PALUA_FIELD(struct row, community_id, PALUA_STRING, "Community ID version 1"),
    PALUA_FIELD(struct row, proto, PALUA_UINT, "IP protocol number"),
    PALUA_FIELD(struct row, src, PALUA_IPADDR, "address of the originator"),
    PALUA_FIELD(struct row, src_port, PALUA_UINT, "its port; ICMP: the type"),
    PALUA_FIELD(struct row, dst, PALUA_IPADDR, "address of the responder"),
    PALUA_FIELD(struct row, dst_port, PALUA_UINT, "its port; ICMP: the answering type, or code"),
};
static const struct palua_schema table = {
    .name = "community_ids",
    .doc = "one row per flow",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct row),
};
static const struct palua_schema *const tables[] = {&table};
static const struct palua_subscription subscriptions[] = {{"flow.start", "uid,community_id"}};
static const struct palua_option options[] = {
    {"row_cap", "flows that are kept for the table; what is beyond is counted", "1000000", 1,
     100000000},
};
static const struct palua_counter counters[] = {
    [COUNTER_LEFT_OUT] = {"rows_left_out", "flows beyond row_cap"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "community_id",
    .doc = "the Community IDs of all flows, as a table",
    .role = PALUA_ANALYSIS,
    .options = options,
    .option_count = COUNT(options),
    .subscriptions = subscriptions,
    .subscription_count = COUNT(subscriptions),
    .tables = tables,
    .table_count = COUNT(tables),
    .counters = counters,
    .counter_count = COUNT(counters),
    .start = start,
    .stop = stop,
    .event = event,
    .finish = finish,
};

PALUA_PLUGIN(plugin)
