// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/endpoint.h"

/** A SYN or RST that is further off is not believed, nor is an acknowledgement of 0. */
enum { JUMP_CAP = 1048576 };

static void begin_at(struct flow_endpoint *end, uint32_t start, uint32_t last)
{
    end->start = start;
    end->last = last;
    end->acked = 0;
    end->last_wraps = 0;
    end->acked_wraps = 0;
}

void endpoint_open(struct flow_endpoint *end, const struct flow_segment *segment)
{
    bool syn = segment->flags & TCP_SYN;
    switch (endpoint_state(end)) {
    case ENDPOINT_INACTIVE:
        // As though a SYN had come before, so that data begins at 1 in either case.
        begin_at(end, segment->seq - !syn, syn ? endpoint_span(segment) : 1);
        break;
    case ENDPOINT_SYN_SENT:
    case ENDPOINT_SYN_ACK_SENT:
        if (syn && segment->seq != end->start)
            begin_at(end, segment->seq, endpoint_span(segment));
        break;
    case ENDPOINT_ESTABLISHED:
    case ENDPOINT_PARTIAL:
        if (syn)
            begin_at(end, segment->seq, endpoint_span(segment));
        break;
    case ENDPOINT_RESET:
        // What began with a RST may have begun with a forged one.
        if (syn && endpoint_state_before(end) == ENDPOINT_INACTIVE)
            begin_at(end, segment->seq, endpoint_span(segment));
        break;
    default:
        break;
    }
}

void endpoint_open_acknowledged(struct flow_endpoint *end, uint32_t ack)
{
    begin_at(end, ack - 1, 0);
}

static uint64_t full(uint32_t place, uint8_t wraps)
{
    return (uint64_t)wraps << 32 | place;
}

int64_t endpoint_place(const struct flow_endpoint *end, uint32_t seq, uint32_t near, uint8_t wraps)
{
    return (int64_t)full(near, wraps) + (int32_t)(seq - end->start - near);
}

static void advance(uint32_t *place, uint8_t *wraps, uint32_t to)
{
    if (to < *place && *wraps < UINT8_MAX)
        ++*wraps;
    *place = to;
}

void endpoint_acknowledge(struct flow_endpoint *end, uint32_t ack)
{
    uint32_t place = ack - end->start;
    int32_t delta = (int32_t)(place - end->acked);
    bool broken = ack == 0 && delta > JUMP_CAP;
    if (delta > 0 && !broken)
        advance(&end->acked, &end->acked_wraps, place);
}

bool endpoint_send(struct flow_endpoint *end, const struct flow_segment *segment)
{
    uint32_t place = segment->seq - end->start + endpoint_span(segment);
    int32_t delta = (int32_t)(place - end->last);
    bool far = delta > JUMP_CAP || delta < -JUMP_CAP;
    if (segment->flags & (TCP_SYN | TCP_RST) && far)
        return false;
    // Between SYN and FIN nothing may have been captured, of more than 2 GiB.
    bool only_fin = segment->flags & TCP_FIN && end->last == 1;
    if (!only_fin && endpoint_state(end) == ENDPOINT_RESET)
        return false;
    if (!only_fin && delta <= 0)
        return segment->len > 0;
    advance(&end->last, &end->last_wraps, place);
    return false;
}

uint64_t endpoint_size(const struct flow_endpoint *end, const struct flow_endpoint *peer)
{
    bool aborted = endpoint_state(end) == ENDPOINT_RESET &&
                   endpoint_state_before(end) == ENDPOINT_SYN_SENT &&
                   endpoint_state(peer) == ENDPOINT_INACTIVE;
    uint64_t sent = full(end->last, end->last_wraps), acked = full(end->acked, end->acked_wraps);
    // A half-open connection that was discovered and aborted: it had no chance to send anything.
    if (aborted && acked > 1)
        return 0;
    uint64_t size = sent > acked ? sent : acked;
    size -= size > 0;
    return size - (size > 0 && end->fin);
}
