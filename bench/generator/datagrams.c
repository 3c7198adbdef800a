// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/datagrams.h"

#include <string.h>

#include "generator/message.h"

#define NTP_LEN 48
#define ECHO_LEN 56
/* 1900 to 1970, in seconds. */
#define NTP_EPOCH 2208988800U

static const uint16_t server_ports[] = {53, 123, 9998, 0};

static uint32_t random_wanted(struct random *random, enum datagrams_kind kind)
{
    switch (kind) {
    case DATAGRAMS_MEDIA:
        return random_length(random, 20, 2000);
    case DATAGRAMS_ECHO:
        return 2 * (1 + random_below(random, 10));
    default:
        /* Some questions never get their answer. */
        return random_permille(random, 20) ? 1 : 2;
    }
}

static void ask(struct dns_question *question, struct world *world)
{
    struct random *random = &world->random;
    uint32_t index = random_rank(random, world->names.count);
    question->id = (uint16_t)random_u64(random);
    question->type = dns_random_type(random);
    if (random_permille(random, world->options->unique)) {
        question->name_len =
            (uint8_t)names_unique(&world->names, index, random_u64(random), question->name);
        return;
    }
    uint32_t len;
    const uint8_t *name = names_wire(&world->names, index, &len);
    memcpy(question->name, name, len);
    question->name_len = (uint8_t)len;
}

void datagrams_init(struct datagrams *datagrams, struct world *world, enum datagrams_kind kind)
{
    datagrams->kind = kind;
    datagrams->sent = 0;
    datagrams->wanted = random_wanted(&world->random, kind);
    population_meet(&world->population, &world->random, server_ports[kind], &datagrams->ends);
    /* As in RTP practice, the same port on both sides. */
    if (kind == DATAGRAMS_MEDIA)
        datagrams->ends.port[0] = datagrams->ends.port[1];
    if (kind == DATAGRAMS_DNS)
        ask(&datagrams->question, world);
}

static uint8_t *put_ntp_time(uint8_t *at, uint64_t ts_ns)
{
    at = packet_put_u32(at, (uint32_t)(ts_ns / 1000000000) + NTP_EPOCH);
    return packet_put_u32(at, (uint32_t)((ts_ns % 1000000000 << 32) / 1000000000));
}

static uint32_t put_ntp(uint8_t *out, int side, uint64_t ts_ns)
{
    memset(out, 0, NTP_LEN);
    packet_put_u32(out, side == 0 ? 0x23000000U : 0x240206e9U);
    if (side == 1) {
        packet_put_u32(out + 12, 0xc6336401U);
        put_ntp_time(out + 16, ts_ns - 1000000000);
        put_ntp_time(out + 32, ts_ns);
    }
    put_ntp_time(out + 40, ts_ns);
    return NTP_LEN;
}

static uint32_t put_media(uint8_t *out, struct world *world)
{
    struct message message;
    uint32_t len = 160 + random_below(&world->random, 1000);
    message_plain(&message, &world->random, len);
    message_fill(&message, 0, len, out);
    return len;
}

static uint32_t put_dns(uint8_t *out, const struct datagrams *datagrams, int side)
{
    return side == 0 ? dns_put_query(out, &datagrams->question)
                     : dns_put_answer(out, &datagrams->question);
}

static void send_echo(struct datagrams *datagrams, struct world *world, int side)
{
    struct packet packet;
    packet_begin_echo(&packet, writer_frame(world->writer), &datagrams->ends, side,
                      world->next_id++, (uint16_t)(1 + datagrams->sent / 2));
    memset(packet.payload, 0x2a, ECHO_LEN);
    world_send(world, &packet, ECHO_LEN);
}

static void send_datagram(struct datagrams *datagrams, struct world *world, int side)
{
    struct packet packet;
    world_begin_udp(world, &packet, &datagrams->ends, side);
    uint32_t len;
    if (datagrams->kind == DATAGRAMS_DNS)
        len = put_dns(packet.payload, datagrams, side);
    else if (datagrams->kind == DATAGRAMS_NTP)
        len = put_ntp(packet.payload, side, world->ts_ns);
    else
        len = put_media(packet.payload, world);
    world_send(world, &packet, len);
}

bool datagrams_step(struct datagrams *datagrams, struct world *world)
{
    if (datagrams->sent == datagrams->wanted)
        return false;
    /* Media flows one way, with a report of the listener every 16 packets. */
    int side = datagrams->kind == DATAGRAMS_MEDIA ? datagrams->sent % 16 != 15
                                                  : (int)(datagrams->sent & 1);
    if (datagrams->kind == DATAGRAMS_MEDIA && datagrams->sent == 0)
        side = 0;
    if (datagrams->kind == DATAGRAMS_ECHO)
        send_echo(datagrams, world, side);
    else
        send_datagram(datagrams, world, side);
    datagrams->sent++;
    return true;
}
