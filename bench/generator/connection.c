// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/connection.h"

#include <string.h>

/* What fits into 1,500 bytes beside an IPv6 header and a TCP header with timestamps. */
#define SEGMENT_CAP 1428

enum phase { SYN, SYN_ACK, HANDSHAKE_ACK, TALK, FIN, FIN_ACK, LAST_ACK, RESET, OVER };

static const uint16_t server_ports[] = {80, 443, 9998};

static uint64_t random_answer_len(struct random *random)
{
    return random_permille(random, 20) ? random_length(random, 100000, 2000000)
                                       : random_length(random, 200, 60000);
}

static void next_http(struct connection *connection, struct world *world)
{
    char host[NAMES_TEXT_CAP];
    names_text(&world->names, connection->name, host);
    if (connection->side == 0)
        message_http_request(&connection->message, &world->random, host);
    else
        message_http_response(&connection->message, &world->random,
                              (uint32_t)random_answer_len(&world->random));
}

static void next_tls(struct connection *connection, struct world *world)
{
    struct message *message = &connection->message;
    char host[NAMES_TEXT_CAP];
    names_text(&world->names, connection->name, host);
    if (connection->turns == 0)
        message_client_hello(message, &world->random, host);
    else if (connection->turns == 1)
        message_server_hello(message, &world->random);
    else if (connection->turns == 2)
        message_client_finished(message, &world->random);
    else if (connection->side == 0)
        message_application_data(message, &world->random, 100 + random_below(&world->random, 800));
    else
        message_application_data(message, &world->random,
                                 (uint32_t)random_answer_len(&world->random));
}

static void next_plain(struct connection *connection, struct world *world)
{
    message_plain(&connection->message, &world->random,
                  connection->side == 0 ? 64 : connection->answer_len);
}

/* Sides take turns, the originator first. */
static void next_message(struct connection *connection, struct world *world)
{
    connection->side = (int)(connection->turns & 1);
    connection->sent = connection->last_len = 0;
    switch (connection->kind) {
    case CONNECTION_HTTP:
        next_http(connection, world);
        break;
    case CONNECTION_TLS:
        next_tls(connection, world);
        break;
    case CONNECTION_PLAIN:
        next_plain(connection, world);
        break;
    }
    connection->turns++;
}

void connection_init(struct connection *connection, struct world *world, enum connection_kind kind,
                     uint64_t answer_len)
{
    struct random *random = &world->random;
    *connection = (struct connection){.kind = kind, .answer_len = answer_len};
    population_meet(&world->population, random, server_ports[kind], &connection->ends);
    connection->name = random_rank(random, world->names.count);
    connection->seq[0] = (uint32_t)random_u64(random);
    connection->seq[1] = (uint32_t)random_u64(random);
    connection->turns_wanted = 2 * (1 + random_rank(random, 8));
    if (kind == CONNECTION_TLS)
        connection->turns_wanted += 2;
    if (kind == CONNECTION_PLAIN)
        connection->turns_wanted = 2;
}

/* What the other side of `side` has heard without a gap. */
static uint32_t acknowledged(const struct connection *connection, int side)
{
    uint32_t base = connection->seq[!side];
    if (connection->phase != TALK || connection->side == side)
        return base;
    return base + (uint32_t)(connection->hole_len ? connection->hole : connection->sent);
}

static void begin_segment(struct connection *connection, struct world *world, struct packet *packet,
                          int side, uint32_t seq, uint8_t flags)
{
    uint32_t now_ms = (uint32_t)(world->ts_ns / 1000000);
    struct packet_segment segment = {.seq = seq,
                                     .ack = acknowledged(connection, side),
                                     .time_ms = now_ms,
                                     .echo_ms = flags & PACKET_ACK ? now_ms - 10 : 0,
                                     .flags = flags};
    world_begin_tcp(world, packet, &connection->ends, side, &segment);
}

static void send_control(struct connection *connection, struct world *world, int side,
                         uint8_t flags)
{
    struct packet packet;
    begin_segment(connection, world, &packet, side, connection->seq[side], flags);
    world_send(world, &packet, 0);
    if (flags & (PACKET_SYN | PACKET_FIN))
        connection->seq[side]++;
}

static void send_data(struct connection *connection, struct world *world, uint64_t offset,
                      uint32_t len)
{
    struct packet packet;
    bool last = offset + len == connection->message.len;
    begin_segment(connection, world, &packet, connection->side,
                  connection->seq[connection->side] + (uint32_t)offset,
                  (uint8_t)(PACKET_ACK | (last ? PACKET_PSH : 0)));
    message_fill(&connection->message, offset, len, packet.payload);
    world_send(world, &packet, len);
    connection->unacknowledged++;
}

/* An acknowledgement for every second segment, and at once while something is missing. */
static bool acknowledge(struct connection *connection, struct world *world)
{
    if (connection->unacknowledged < (connection->hole_len ? 1U : 2U))
        return false;
    /* Its seq is where the listener's next message will begin. */
    send_control(connection, world, !connection->side, PACKET_ACK);
    connection->unacknowledged = 0;
    return true;
}

static bool fill_hole(struct connection *connection, struct world *world)
{
    bool all_sent = connection->sent == connection->message.len;
    if (!connection->hole_len || (connection->hole_delay && !all_sent))
        return false;
    uint32_t len = connection->hole_len;
    uint64_t hole = connection->hole;
    connection->hole_len = 0;
    send_data(connection, world, hole, len);
    return true;
}

static uint32_t next_len(const struct connection *connection)
{
    uint64_t left = connection->message.len - connection->sent;
    return left < SEGMENT_CAP ? (uint32_t)left : SEGMENT_CAP;
}

/* Leaves the next segment for later, if it has a successor that can come before it. */
static void maybe_leave_hole(struct connection *connection, struct world *world)
{
    const struct world_options *options = world->options;
    uint32_t len = next_len(connection);
    if (connection->hole_len || connection->sent + len == connection->message.len)
        return;
    uint32_t dice = random_below(&world->random, 1000);
    if (dice >= options->reorder + options->loss)
        return;
    connection->hole_delay = dice < options->reorder ? 1 + random_below(&world->random, 3)
                                                     : 4 + random_below(&world->random, 24);
    connection->hole = connection->sent;
    connection->hole_len = len;
    connection->sent += len;
}

static void send_next(struct connection *connection, struct world *world)
{
    if (connection->last_len && random_permille(&world->random, world->options->duplicate)) {
        uint32_t len = connection->last_len;
        connection->last_len = 0;
        send_data(connection, world, connection->last, len);
        return;
    }
    maybe_leave_hole(connection, world);
    uint32_t len = next_len(connection);
    connection->last = connection->sent;
    connection->last_len = len;
    connection->sent += len;
    if (connection->hole_len)
        connection->hole_delay--;
    send_data(connection, world, connection->last, len);
}

/* @return false when there is no more to say */
static bool turn_over(struct connection *connection, struct world *world)
{
    connection->seq[connection->side] += (uint32_t)connection->message.len;
    connection->message.len = connection->sent = 0;
    connection->unacknowledged = 0;
    if (connection->turns == connection->turns_wanted)
        return false;
    next_message(connection, world);
    return true;
}

static void talk(struct connection *connection, struct world *world)
{
    if (fill_hole(connection, world) || acknowledge(connection, world))
        return;
    if (connection->sent == connection->message.len && !turn_over(connection, world)) {
        connection->phase = random_permille(&world->random, 30) ? RESET : FIN;
        connection_step(connection, world);
        return;
    }
    send_next(connection, world);
}

bool connection_step(struct connection *connection, struct world *world)
{
    switch ((enum phase)connection->phase) {
    case SYN:
        send_control(connection, world, 0, PACKET_SYN);
        break;
    case SYN_ACK:
        send_control(connection, world, 1, PACKET_SYN | PACKET_ACK);
        break;
    case HANDSHAKE_ACK:
        send_control(connection, world, 0, PACKET_ACK);
        break;
    case TALK:
        talk(connection, world);
        return true;
    case FIN:
        send_control(connection, world, 0, PACKET_FIN | PACKET_ACK);
        break;
    case FIN_ACK:
        send_control(connection, world, 1, PACKET_FIN | PACKET_ACK);
        break;
    case LAST_ACK:
        send_control(connection, world, 0, PACKET_ACK);
        connection->phase = OVER;
        return true;
    case RESET:
        send_control(connection, world, 0, PACKET_RST | PACKET_ACK);
        connection->phase = OVER;
        return true;
    case OVER:
        return false;
    }
    connection->phase++;
    return true;
}
