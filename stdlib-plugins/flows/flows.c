// SPDX-License-Identifier: MIT OR Apache-2.0
/** Flows: one row per flow, in the order in which they ended, with who spoke to whom, when, how
 * much and how it went.
 *
 * Rows are kept until the end of the run, at most `row_cap` of them; what is beyond is counted. */
#include <stdlib.h>
#include <string.h>

#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))
#define FIRST_ROWS 256U

enum { TEXT_CAP = 56 };

/** A text of a flow, copied: the event does not live long enough to point at. */
struct text {
    uint32_t len;
    uint8_t data[TEXT_CAP];
};

struct kept {
    struct palua_flow flow;
    struct palua_flow_live live;
    struct text uid, community_id, conn_state, history, service;
};

/** A row of the result. */
struct row {
    struct palua_slice flow_id, community_id, src, dst, conn_state, history, service;
    int64_t first_seen, last_seen, duration;
    uint64_t orig_pkts, resp_pkts, orig_bytes, resp_bytes, orig_ip_bytes, resp_ip_bytes;
    uint64_t missed_bytes;
    uint16_t src_port, dst_port, vlan;
    uint8_t proto;
};

struct flows {
    const struct palua_host *host;
    struct kept *rows;
    uint64_t count;
    uint64_t room;
    uint64_t cap;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct flows *flows = calloc(1, sizeof *flows);
    if (!flows) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    flows->host = host;
    flows->cap = (uint64_t)host->option_int(instance, "row_cap");
    *self = flows;
    return true;
}

static void stop(void *self)
{
    struct flows *flows = self;
    free(flows->rows);
    free(flows);
}

/** Room for one more row; NULL at the cap, or if memory ran out. */
static struct kept *add(struct flows *flows)
{
    if (flows->count == flows->cap)
        return NULL;
    if (flows->count == flows->room) {
        uint64_t room = flows->room ? 2 * flows->room : FIRST_ROWS;
        struct kept *rows = realloc(flows->rows, room * sizeof *rows);
        if (!rows)
            return NULL;
        flows->rows = rows;
        flows->room = room;
    }
    return &flows->rows[flows->count++];
}

static struct text keep(struct palua_slice slice)
{
    struct text text = {.len = slice.len < TEXT_CAP ? slice.len : TEXT_CAP};
    if (text.len)
        memcpy(text.data, slice.data, text.len);
    return text;
}

enum { COUNTER_LEFT_OUT };

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *end)
{
    struct flows *flows = self;
    struct kept *kept = add(flows);
    (void)subscription;
    if (!kept) {
        flows->host->count(call, COUNTER_LEFT_OUT, 1);
        return;
    }
    kept->flow = *end->flow;
    kept->live = *end->live;
    kept->uid = keep(end->flow->uid);
    kept->community_id = keep(end->flow->community_id);
    kept->conn_state = keep(end->live->conn_state);
    kept->history = keep(end->live->history);
    kept->service = keep(end->live->service);
}

static struct palua_slice slice_of(const struct text *text)
{
    return (struct palua_slice){.data = text->data, .len = text->len};
}

static struct palua_slice address(const struct palua_flow *flow, unsigned side)
{
    return (struct palua_slice){.data = flow->addresses + (size_t)16 * side, .len = flow->addr_len};
}

static void write_row(const struct flows *flows, struct palua_call *call, const struct kept *kept)
{
    const struct palua_flow *flow = &kept->flow;
    const struct palua_flow_live *live = &kept->live;
    struct row row = {
        .flow_id = slice_of(&kept->uid),
        .community_id = slice_of(&kept->community_id),
        .src = address(flow, PALUA_ORIG),
        .dst = address(flow, PALUA_RESP),
        .conn_state = slice_of(&kept->conn_state),
        .history = slice_of(&kept->history),
        .service = slice_of(&kept->service),
        .first_seen = flow->ts_ns,
        .duration = live->duration_ns,
        .orig_pkts = live->orig_pkts,
        .resp_pkts = live->resp_pkts,
        .orig_bytes = live->orig_bytes,
        .resp_bytes = live->resp_bytes,
        .orig_ip_bytes = live->orig_ip_bytes,
        .resp_ip_bytes = live->resp_ip_bytes,
        .missed_bytes = live->missed_bytes,
        .src_port = flow->orig_p,
        .dst_port = flow->resp_p,
        .vlan = flow->vlan,
        .proto = flow->proto,
    };
    if (__builtin_add_overflow(flow->ts_ns, live->duration_ns, &row.last_seen))
        row.last_seen = INT64_MAX; // only forged timestamps lie so far apart
    flows->host->row(call, 0, &row);
}

static void finish(void *self, struct palua_call *call)
{
    const struct flows *flows = self;
    for (uint64_t i = 0; i < flows->count; i++)
        write_row(flows, call, &flows->rows[i]);
}

static const struct palua_field fields[] = {
    PALUA_FIELD(struct row, flow_id, PALUA_STRING, "unique name of the flow, as flow.uid"),
    PALUA_FIELD(struct row, proto, PALUA_UINT, "IP protocol number"),
    PALUA_FIELD(struct row, src, PALUA_IPADDR, "address of the originator"),
    PALUA_FIELD(struct row, src_port, PALUA_UINT, "its port; ICMP: the type"),
    PALUA_FIELD(struct row, dst, PALUA_IPADDR, "address of the responder"),
    PALUA_FIELD(struct row, dst_port, PALUA_UINT, "its port; ICMP: the answering type, or code"),
    PALUA_FIELD(struct row, vlan, PALUA_UINT, "VLAN id, 0 for none"),
    PALUA_FIELD(struct row, first_seen, PALUA_TIME, "time of the first packet"),
    PALUA_FIELD(struct row, last_seen, PALUA_TIME, "time of the last packet"),
    PALUA_FIELD(struct row, duration, PALUA_DURATION, "time between them"),
    PALUA_FIELD(struct row, orig_pkts, PALUA_UINT, "packets from the originator"),
    PALUA_FIELD(struct row, resp_pkts, PALUA_UINT, "packets from the responder"),
    PALUA_FIELD(struct row, orig_bytes, PALUA_UINT, "payload bytes from the originator"),
    PALUA_FIELD(struct row, resp_bytes, PALUA_UINT, "payload bytes from the responder"),
    PALUA_FIELD(struct row, orig_ip_bytes, PALUA_UINT, "bytes of its IP packets"),
    PALUA_FIELD(struct row, resp_ip_bytes, PALUA_UINT, "bytes of the responder's IP packets"),
    PALUA_FIELD(struct row, missed_bytes, PALUA_UINT, "bytes acknowledged but not captured"),
    PALUA_FIELD(struct row, conn_state, PALUA_STRING, "how it went, as Zeek says it"),
    PALUA_FIELD(struct row, history, PALUA_STRING, "what each side did, as Zeek writes it"),
    PALUA_FIELD(struct row, service, PALUA_STRING, "name of the dissector that reads it"),
    PALUA_FIELD(struct row, community_id, PALUA_STRING, "Community ID version 1"),
};
static const struct palua_schema table = {
    .name = "flows",
    .doc = "one row per flow",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct row),
};
static const struct palua_schema *const tables[] = {&table};
static const struct palua_subscription subscriptions[] = {
    {"flow.end", "uid,community_id,orig_pkts,orig_bytes,missed_bytes,conn_state,history,service"},
};
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
    .name = "flows",
    .doc = "all flows with their counters, as a table",
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
