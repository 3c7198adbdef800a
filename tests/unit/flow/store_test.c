// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/store.h"

#include <criterion/criterion.h>
#include <string.h>

static struct flow_store store;

static void setup(void)
{
    flow_store_init(&store, 24);
}

static void teardown(void)
{
    flow_store_fini(&store);
}

TestSuite(flow_store, .init = setup, .fini = teardown);

Test(flow_store, a_column_reaches_any_number)
{
    uint8_t *far = flow_store_reach(&store, 1536);
    memset(far, 7, 24);
    uint8_t *near = flow_store_reach(&store, 0);
    memset(near, 8, 24);
    cr_expect_eq(flow_store_reach(&store, 1536), far, "records never move");
    cr_expect_eq(((uint8_t *)flow_store_at(&store, 1536))[23], 7);
    cr_expect_eq(((uint8_t *)flow_store_at(&store, 0))[23], 8);
}

Test(flow_store, numbers_are_given_out_again)
{
    enum { COUNT = 1025 };
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_expect_eq(flow_store_take(&store), i);
        memset(flow_store_at(&store, i), 0xff, 24);
    }
    flow_store_give(&store, 5);
    flow_store_give(&store, 512);
    uint32_t again = flow_store_take(&store);
    cr_expect_eq(again, 512);
    static const uint8_t zeros[24];
    cr_expect_eq(memcmp(flow_store_at(&store, again), zeros, 24), 0, "zeroed");
    cr_expect_eq(flow_store_take(&store), 5);
    cr_expect_eq(flow_store_take(&store), COUNT);
}
