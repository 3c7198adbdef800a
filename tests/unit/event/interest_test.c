// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/interest.h"

#include <criterion/criterion.h>

#include "event/schemas.h"

static struct registry *registry;
static struct interest *interest;

static void setup(void)
{
    registry = registry_new();
    interest = calloc(1, sizeof *interest);
}

static void teardown(void)
{
    free(interest);
    registry_free(registry);
}

TestSuite(interest, .init = setup, .fini = teardown);

static void add(uint16_t kind, const char *field)
{
    struct path path;
    cr_assert(path_resolve(registry, kind, field, &path, NULL));
    interest_add(interest, &path);
}

Test(interest, starts_with_nothing)
{
    for (int i = 0; i < EVENT_KIND_CAP; i++)
        cr_expect_not(interest->kinds[i].subscribed);
}

Test(interest, each_path_sets_its_own_bit)
{
    const struct interest_kind *kind = &interest->kinds[EVENT_NETWORK];
    add(EVENT_NETWORK, "src");
    cr_expect(kind->subscribed);
    cr_expect_eq(kind->fields, UINT64_C(1) << NETWORK_EVENT_SRC);
    add(EVENT_NETWORK, "ttl");
    cr_expect_eq(kind->fields, UINT64_C(1) << NETWORK_EVENT_SRC | UINT64_C(1) << NETWORK_EVENT_TTL);
    cr_expect_eq(kind->flow, 0);
    add(EVENT_NETWORK, "flow.community_id");
    cr_expect_eq(kind->flow, UINT64_C(1) << FLOW_FIELD_COMMUNITY_ID);
    cr_expect_eq(kind->flow_live, 0);
    add(EVENT_NETWORK, "flow.duration");
    cr_expect_eq(kind->flow_live, 1);
    cr_expect_not(interest->kinds[EVENT_PACKET].subscribed);
}

Test(interest, common_fields_cost_nothing)
{
    add(EVENT_PACKET, "ts");
    cr_expect(interest->kinds[EVENT_PACKET].subscribed);
    cr_expect_eq(interest->kinds[EVENT_PACKET].fields, 0);
    cr_expect_eq(interest->kinds[EVENT_PACKET].flow, 0);
}

Test(interest, an_event_with_or_without_its_fields)
{
    interest_add_event(interest, registry, EVENT_LINK, false);
    cr_expect(interest->kinds[EVENT_LINK].subscribed);
    cr_expect_eq(interest->kinds[EVENT_LINK].fields, 0);
    interest_add_event(interest, registry, EVENT_LINK, true);
    cr_expect_eq(interest->kinds[EVENT_LINK].fields, (1U << LINK_EVENT_FIELD_COUNT) - 1);
    interest_add_event(interest, registry, EVENT_LINK, false);
    cr_expect_eq(interest->kinds[EVENT_LINK].fields, (1U << LINK_EVENT_FIELD_COUNT) - 1);
}
