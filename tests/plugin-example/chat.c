// SPDX-License-Identifier: MIT OR Apache-2.0
/** A dissector of an invented protocol, as somebody outside of palua would write it: one file, the
 * public headers, no symbol of libpalua.
 *
 *     cc -shared -fPIC -I PREFIX/include chat.c -o chat.so
 *     palua -p ./chat.so -T chat.message.user,chat.message.text capture.pcap
 *
 * CHAT: UDP port 4242. One message per datagram: version (1), kind (1 join, 2 say, 3 leave), the
 * length of the user's name, the name, then for `say` the text up to the end. */
#include <stdlib.h>

#include <palua/cursor.h>
#include <palua/packet.h>
#include <palua/plugin.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

enum { CHAT_PORT = 4242, CHAT_VERSION = 1, CHAT_SAY = 2 };

struct chat_message {
    struct palua_event event;
    struct palua_slice user;
    struct palua_slice text;
    uint32_t number; /**< of the message within its flow */
    uint8_t kind;
};

static const struct palua_enum_name kinds[] = {{1, "join"}, {CHAT_SAY, "say"}, {3, "leave"}};
static const struct palua_enum chat_kinds = {kinds, COUNT(kinds)};

enum { FIELD_KIND, FIELD_USER, FIELD_TEXT, FIELD_NUMBER };

static const struct palua_field fields[] = {
    [FIELD_KIND] =
        PALUA_FIELD(struct chat_message, kind, PALUA_ENUM, "what happens", .names = &chat_kinds),
    [FIELD_USER] = PALUA_FIELD(struct chat_message, user, PALUA_STRING, "who", .aliases = "nick"),
    [FIELD_TEXT] = PALUA_FIELD(struct chat_message, text, PALUA_STRING, "what is said",
                               .flags = PALUA_OPTIONAL),
    [FIELD_NUMBER] =
        PALUA_FIELD(struct chat_message, number, PALUA_UINT, "number of the message in its flow"),
};
static const struct palua_schema message_schema = {
    .name = "chat.message",
    .doc = "a message of CHAT",
    .fields = fields,
    .field_count = COUNT(fields),
    .size = sizeof(struct chat_message),
};

struct chat {
    const struct palua_host *host;
    uint32_t name_cap;
};

struct chat_flow {
    uint32_t messages;
};

enum { ANOMALY_SHORT, ANOMALY_NAME };
enum { COUNTER_LEFT_OUT };

static bool start(const struct palua_host *host, struct palua_instance *instance, void **self)
{
    struct chat *chat = calloc(1, sizeof *chat);
    if (!chat) {
        host->refuse(instance, "memory ran out");
        return false;
    }
    chat->host = host;
    chat->name_cap = (uint32_t)host->option_int(instance, "name_cap");
    *self = chat;
    return true;
}

static void stop(void *self)
{
    free(self);
}

/** The user's name; false if there is none, which is said. */
static bool read_user(const struct chat *chat, struct palua_call *call, struct palua_cursor *in,
                      struct palua_slice *user)
{
    uint8_t len;
    if (!palua_cursor_u8(in, &len) || !palua_cursor_bytes(in, len, &user->data)) {
        chat->host->anomaly(call, ANOMALY_SHORT, palua_cursor_offset(in));
        return false;
    }
    if (len > chat->name_cap) {
        chat->host->anomaly(call, ANOMALY_NAME, palua_cursor_offset(in) - len);
        return false;
    }
    user->len = len;
    return true;
}

static enum palua_verdict datagram(void *self, struct palua_call *call, void *state,
                                   const struct palua_datagram *in)
{
    const struct chat *chat = self;
    struct chat_flow *flow = state;
    struct palua_cursor at = palua_cursor_of(in->payload);
    uint8_t version;
    uint8_t kind;
    struct palua_slice user = {0};
    if (!palua_cursor_u8(&at, &version) || version != CHAT_VERSION)
        return PALUA_NOT_MINE;
    flow->messages++;
    if (!palua_cursor_u8(&at, &kind)) {
        chat->host->anomaly(call, ANOMALY_SHORT, palua_cursor_offset(&at));
        return PALUA_DONE;
    }
    if (!read_user(chat, call, &at, &user))
        return PALUA_DONE;
    struct chat_message *event = chat->host->event(call, 0);
    if (!event) {
        chat->host->count(call, COUNTER_LEFT_OUT, 1);
        return PALUA_DONE;
    }
    event->kind = kind;
    event->user = user;
    event->number = flow->messages;
    if (kind == CHAT_SAY) {
        event->text = (struct palua_slice){.data = at.pos, .len = (uint32_t)palua_cursor_left(&at)};
        event->event.present = UINT64_C(1) << FIELD_TEXT;
    }
    chat->host->publish(call, 0, event);
    return PALUA_DONE;
}

static const struct palua_schema *const events[] = {&message_schema};
static const struct palua_binding bindings[] = {{PALUA_ON_UDP_PORT, CHAT_PORT}};
static const struct palua_option options[] = {
    {"name_cap", "bytes; a longer user name is an anomaly", "16", 1, 255},
};
static const struct palua_counter counters[] = {
    [COUNTER_LEFT_OUT] = {"messages_left_out", "messages that nobody reads"},
};
static const struct palua_anomaly anomalies[] = {
    [ANOMALY_SHORT] = {"short", "a message ends in its header"},
    [ANOMALY_NAME] = {"long_name", "a user name is longer than name_cap"},
};

static const struct palua_plugin plugin = {
    .abi = PALUA_PLUGIN_ABI,
    .size = sizeof(struct palua_plugin),
    .name = "chat",
    .doc = "CHAT, an invented protocol",
    .role = PALUA_DISSECTOR,
    .events = events,
    .event_count = COUNT(events),
    .bindings = bindings,
    .binding_count = COUNT(bindings),
    .options = options,
    .option_count = COUNT(options),
    .counters = counters,
    .counter_count = COUNT(counters),
    .anomalies = anomalies,
    .anomaly_count = COUNT(anomalies),
    .flow_state_size = sizeof(struct chat_flow),
    .start = start,
    .stop = stop,
    .datagram = datagram,
};

PALUA_PLUGIN(plugin)
