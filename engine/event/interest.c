// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/interest.h"

#include "event/schemas.h"

void interest_add(struct interest *interest, const struct path *path)
{
    struct interest_kind *kind = &interest->kinds[path->kind];
    uint64_t bit = UINT64_C(1) << path->index;
    kind->subscribed = true;
    switch (path->base) {
    case PATH_EVENT:
        kind->fields |= bit;
        break;
    case PATH_FLOW:
        kind->flow |= bit;
        break;
    case PATH_FLOW_LIVE:
        kind->flow_live |= bit;
        break;
    case PATH_PACKET: // every event has its packet at no cost
        kind->packet |= bit;
        break;
    }
}

/** One bit for each of `count` fields. */
static uint64_t mask_of(uint32_t count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

void interest_add_event(struct interest *interest, const struct registry *registry, uint16_t kind,
                        bool all_fields)
{
    struct interest_kind *at = &interest->kinds[kind];
    at->subscribed = true;
    if (all_fields)
        at->fields |= mask_of(registry_schema(registry, kind)->field_count);
}

uint64_t interest_flow_live(const struct interest *interest)
{
    uint64_t wanted = 0;
    for (uint32_t kind = 0; kind < EVENT_KIND_CAP; kind++)
        wanted |= interest->kinds[kind].flow_live;
    return wanted | flow_end_live(interest->kinds[EVENT_FLOW_END].fields);
}
