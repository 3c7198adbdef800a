// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/lookahead.h"

/** How many packets ahead each step is taken: what the one before had fetched has come by then. */
enum { INDEX_AHEAD = 24, RECORD_AHEAD = 14, STATE_AHEAD = 5 };
enum { PLACES = FLOW_LOOKAHEAD_PLACES };
_Static_assert((int)PLACES > (int)INDEX_AHEAD, "a place is free before it is needed again");

static const struct palua_packet *packet_at(const struct flow_lookahead *ahead, uint32_t place)
{
    return &ahead->packets[ahead->chosen ? ahead->chosen[place] : place];
}

static void seek(struct flow_lookahead *ahead, uint32_t place)
{
    if (place < ahead->count)
        flow_table_seek(ahead->table, packet_at(ahead, place), &ahead->sought[place % PLACES]);
}

static void foresee(struct flow_lookahead *ahead, uint32_t place)
{
    if (place < ahead->count)
        flow_table_foresee(ahead->table, packet_at(ahead, place), &ahead->sought[place % PLACES]);
}

static void foresee_state(struct flow_lookahead *ahead, uint32_t place)
{
    if (place < ahead->count)
        flow_table_foresee_state(ahead->table, &ahead->sought[place % PLACES]);
}

void flow_lookahead_begin(struct flow_lookahead *ahead, const struct flow_table *table,
                          const struct palua_packet *packets, const uint32_t *chosen,
                          uint32_t count)
{
    ahead->table = table;
    ahead->packets = packets;
    ahead->chosen = chosen;
    ahead->count = count;
    for (uint32_t place = 0; place < INDEX_AHEAD; place++)
        seek(ahead, place);
    for (uint32_t place = 0; place < RECORD_AHEAD; place++)
        foresee(ahead, place);
    for (uint32_t place = 0; place < STATE_AHEAD; place++)
        foresee_state(ahead, place);
}

const struct flow_sought *flow_lookahead_at(struct flow_lookahead *ahead, uint32_t place)
{
    seek(ahead, place + INDEX_AHEAD);
    foresee(ahead, place + RECORD_AHEAD);
    foresee_state(ahead, place + STATE_AHEAD);
    return &ahead->sought[place % PLACES];
}
