// SPDX-License-Identifier: MIT OR Apache-2.0
/** An analysis of CHAT's messages, as a shared object of its own: who said how much. It subscribes
 * to the event of another plugin, chat.c, and knows its layout from there only by the fields' names
 * and types: here by the first members of the event's struct.
 *
 *     palua -p ./chat.so -p ./talkers.so capture.pcap */
#include <stdlib.h>
#include <string.h>

#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { TALKER_CAP = 64 };

/** What chat.c publishes. */
struct chat_message {
    struct palua_event event;
    struct palua_slice user;
    struct palua_slice text;
    uint32_t number;
    uint8_t kind;
};

/** A row of the result. */
struct talker {
    struct palua_slice user;
    uint64_t messages;
    uint64_t bytes;
};

struct talkers {
    const struct palua_host *host;
    struct talker rows[TALKER_CAP];
    uint32_t count;
};

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct talkers *talkers = calloc(1, sizeof *talkers);
    if (!talkers) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    talkers->host = host;
    *self = talkers;
    return true;
}

static void stop(void *self)
{
    struct talkers *talkers = self;
    for (uint32_t i = 0; i < talkers->count; i++)
        free((void *)(uintptr_t)talkers->rows[i].user.data);
    free(talkers);
}

/** The row of a user, made if it is new: the event does not live long enough to point at. */
static struct talker *find(struct talkers *talkers, struct palua_slice user)
{
    for (uint32_t i = 0; i < talkers->count; i++)
        if (talkers->rows[i].user.len == user.len &&
            !memcmp(talkers->rows[i].user.data, user.data, user.len))
            return &talkers->rows[i];
    uint8_t *copy = talkers->count < TALKER_CAP ? malloc(user.len + 1U) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, user.data, user.len);
    struct talker *row = &talkers->rows[talkers->count++];
    row->user = (struct palua_slice){.data = copy, .len = user.len};
    return row;
}

enum { COUNTER_SHED };

static void event(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *event_)
{
    struct talkers *talkers = self;
    const struct chat_message *message = (const struct chat_message *)event_;
    (void)subscription;
    struct talker *row = find(talkers, message->user);
    if (!row) {
        talkers->host->count(call, COUNTER_SHED, 1);
        return;
    }
    if (!row->messages)
        talkers->host->print(call, (const char *)message->user.data, message->user.len);
    row->messages++;
    row->bytes += message->text.len;
}

static void finish(void *self, struct palua_call *call)
{
    const struct talkers *talkers = self;
    for (uint32_t i = 0; i < talkers->count; i++)
        talkers->host->row(call, 0, &talkers->rows[i]);
}

static const struct palua_field fields[] = {
    PALUA_FIELD(struct talker, user, PALUA_STRING, "who"),
    PALUA_FIELD(struct talker, messages, PALUA_UINT, "messages sent"),
    PALUA_FIELD(struct talker, bytes, PALUA_UINT, "bytes of text"),
};
static const struct palua_schema table = {
    .name = "talkers",
    .doc = "who said how much",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct talker),
};
static const struct palua_schema *const tables[] = {&table};
static const struct palua_subscription subscriptions[] = {{"chat.message", "user,text"}};
static const struct palua_counter counters[] = {
    [COUNTER_SHED] = {"users_left_out", "messages of users beyond the table's size"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "talkers",
    .doc = "who says how much in CHAT",
    .role = PALUA_ANALYSIS,
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
