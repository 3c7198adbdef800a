// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pending.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct dns_pending_options options = {.cap = 8, .timeout_ns = 1000};

static uint64_t key(uint16_t id, const char *name)
{
    return dns_pending_key(id, 0, (const uint8_t *)name, (uint32_t)strlen(name), 1, 1);
}

static bool take(struct dns_pending *pending, uint64_t wanted, int64_t now_ns, int64_t *ts_ns)
{
    return dns_pending_take(pending, &options, wanted, false, now_ns, ts_ns);
}

Test(pending, keys_tell_questions_apart_but_not_case)
{
    const uint8_t *name = (const uint8_t *)"www.example.com";
    uint64_t one = dns_pending_key(7, 0, name, 15, 1, 1);
    cr_expect_eq(one, dns_pending_key(7, 0, (const uint8_t *)"wWw.eXample.COM", 15, 1, 1));
    cr_expect_neq(one, dns_pending_key(8, 0, name, 15, 1, 1));
    cr_expect_neq(one, dns_pending_key(7, 1, name, 15, 1, 1));
    cr_expect_neq(one, dns_pending_key(7, 0, name, 14, 1, 1));
    cr_expect_neq(one, dns_pending_key(7, 0, name, 15, 28, 1));
    cr_expect_neq(one, dns_pending_key(7, 0, name, 15, 1, 3));
    cr_expect_neq(one, dns_pending_key(7, 0, (const uint8_t *)"xww.example.com", 15, 1, 1));
    cr_expect_neq(one, dns_pending_key(7, 0, (const uint8_t *)"www.example.con", 15, 1, 1));
    cr_expect_eq(dns_pending_key(7, 0, NULL, 0, 1, 1), dns_pending_key(7, 0, NULL, 0, 1, 1));
}

Test(pending, pairs_once)
{
    struct dns_pending pending = {0};
    int64_t ts;
    cr_expect_not(take(&pending, key(1, "a"), 5, &ts));
    cr_expect_eq(dns_pending_add(&pending, &options, key(1, "a"), 5), DNS_PENDING_ADDED);
    cr_expect_not(take(&pending, key(1, "b"), 6, &ts));
    cr_expect(take(&pending, key(1, "a"), 6, &ts));
    cr_expect_eq(ts, 5);
    cr_expect_not(take(&pending, key(1, "a"), 6, &ts));
    dns_pending_fini(&pending);
}

Test(pending, a_repeated_query_keeps_its_first_time)
{
    struct dns_pending pending = {0};
    int64_t ts;
    dns_pending_add(&pending, &options, key(1, "a"), 5);
    cr_expect_eq(dns_pending_add(&pending, &options, key(1, "a"), 1005), DNS_PENDING_REPEATED);
    cr_expect(take(&pending, key(1, "a"), 1005, &ts));
    cr_expect_eq(ts, 5);
    cr_expect_eq(pending.count, 0);
    dns_pending_fini(&pending);
}

Test(pending, an_old_query_is_forgotten)
{
    struct dns_pending pending = {0};
    int64_t ts;
    dns_pending_add(&pending, &options, key(1, "a"), 5);
    cr_expect_eq(dns_pending_add(&pending, &options, key(1, "a"), 1006), DNS_PENDING_ADDED);
    cr_expect_eq(pending.count, 1);
    cr_expect(take(&pending, key(1, "a"), 2006, &ts));
    cr_expect_eq(ts, 1006);
    dns_pending_add(&pending, &options, key(1, "a"), 5);
    cr_expect_not(take(&pending, key(1, "a"), 1006, &ts));
    cr_expect_eq(pending.count, 0);
    dns_pending_add(&pending, &options, key(1, "a"), INT64_MIN);
    cr_expect_not(take(&pending, key(1, "a"), INT64_MAX, &ts));
    dns_pending_fini(&pending);
}

Test(pending, an_answer_without_a_question_takes_the_oldest_of_its_id)
{
    struct dns_pending pending = {0};
    int64_t ts;
    dns_pending_add(&pending, &options, key(2, "x"), 1);
    dns_pending_add(&pending, &options, key(1, "a"), 2);
    dns_pending_add(&pending, &options, key(1, "b"), 3);
    uint64_t none = dns_pending_key(1, 0, NULL, 0, 0, 0);
    cr_expect(dns_pending_take(&pending, &options, none, true, 9, &ts));
    cr_expect_eq(ts, 2);
    uint64_t other_side = dns_pending_key(1, 1, NULL, 0, 0, 0);
    cr_expect_not(dns_pending_take(&pending, &options, other_side, true, 9, &ts));
    dns_pending_fini(&pending);
}

Test(pending, drops_the_oldest_at_the_cap)
{
    struct dns_pending pending = {0};
    int64_t ts;
    for (uint16_t id = 0; id < options.cap; id++)
        cr_expect_eq(dns_pending_add(&pending, &options, key(id, "a"), id), DNS_PENDING_ADDED);
    cr_expect_eq(dns_pending_add(&pending, &options, key(99, "a"), 99), DNS_PENDING_DROPPED);
    cr_expect_eq(pending.count, options.cap);
    cr_expect_not(take(&pending, key(0, "a"), 100, &ts));
    for (uint16_t id = 1; id < options.cap; id++) {
        cr_expect(take(&pending, key(id, "a"), 100, &ts));
        cr_expect_eq(ts, id);
    }
    cr_expect(take(&pending, key(99, "a"), 100, &ts));
    dns_pending_fini(&pending);
}

Test(pending, a_cap_of_one_works)
{
    const struct dns_pending_options one = {.cap = 1, .timeout_ns = 1000};
    struct dns_pending pending = {0};
    int64_t ts;
    dns_pending_add(&pending, &one, key(1, "a"), 1);
    cr_expect_eq(dns_pending_add(&pending, &one, key(2, "a"), 2), DNS_PENDING_DROPPED);
    cr_expect(dns_pending_take(&pending, &one, key(2, "a"), false, 3, &ts));
    cr_expect_eq(ts, 2);
    dns_pending_fini(&pending);
}
