// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the reference program `delivery` does, as an analysis of palua: sums what TCP delivers in
 * order. One instance per worker. */
#include <stdlib.h>

#include <palua/plugin.h>

/* tcp.data as the engine publishes it; what is not read is left out at the end. */
struct tcp_data {
    struct palua_event event;
    struct palua_slice dir;
    struct palua_slice data;
};

struct sum {
    uint64_t pieces;
    uint64_t bytes;
};

static const struct palua_field fields[] = {
    PALUA_FIELD(struct sum, pieces, PALUA_UINT, "pieces"),
    PALUA_FIELD(struct sum, bytes, PALUA_UINT, "bytes"),
};
static const struct palua_schema table = {.name = "delivered",
                                          .doc = "what TCP delivered",
                                          .fields = fields,
                                          .field_count = 2,
                                          .size = sizeof(struct sum)};

struct instance {
    const struct palua_host *host;
    struct sum sum;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct instance *out = calloc(1, sizeof *out);
    if (!out) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    out->host = host;
    *self = out;
    return true;
}

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *event)
{
    struct instance *instance = self;
    (void)call, (void)subscription;
    instance->sum.pieces++;
    instance->sum.bytes += ((const struct tcp_data *)event)->data.len;
}

static void merge(void *self, void *other)
{
    struct instance *into = self;
    const struct instance *from = other;
    into->sum.pieces += from->sum.pieces;
    into->sum.bytes += from->sum.bytes;
}

static void finish(void *self, struct palua_call *call)
{
    struct instance *instance = self;
    instance->host->row(call, 0, &instance->sum);
}

static const struct palua_subscription subscriptions[] = {{"tcp.data", "data"}};
static const struct palua_schema *const tables[] = {&table};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "delivery",
    .doc = "sums what TCP delivers in order",
    .role = PALUA_ANALYSIS,
    .partition = PALUA_PARTITION_FLOW,
    .subscriptions = subscriptions,
    .subscription_count = 1,
    .tables = tables,
    .table_count = 1,
    .start = start,
    .stop = free,
    .event = event,
    .merge = merge,
    .finish = finish,
};

PALUA_PLUGIN(plugin)
