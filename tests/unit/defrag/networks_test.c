// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/networks.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct defrag_networks networks;
static struct error err;

static void add(const char *prefix, const char *policy)
{
    cr_expect(defrag_networks_add(&networks, prefix, policy, &err), "%s: %s", prefix, err.text);
}

static enum defrag_policy find(const char *address)
{
    uint8_t bytes[16] = {0};
    unsigned version = strchr(address, ':') ? 6 : 4;
    cr_assert_eq(inet_pton(version == 6 ? AF_INET6 : AF_INET, address, bytes), 1);
    return defrag_networks_find(&networks, version, bytes, DEFRAG_POLICY_COUNT);
}

static void refuse(const char *prefix, const char *policy, const char *part)
{
    uint32_t count = networks.count;
    cr_expect_not(defrag_networks_add(&networks, prefix, policy, &err), "%s", prefix);
    cr_expect_eq(err.code, ERROR_USAGE);
    cr_expect_not_null(strstr(err.text, part), "%s: %s", prefix, err.text);
    cr_expect_eq(networks.count, count);
}

Test(networks, the_longest_prefix_wins_in_any_order)
{
    static const char *const sorted[] = {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.7"};
    static const char *const policies[] = {"first", "windows", "drop"};
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int order = 0; order < 6; order++) {
        memset(&networks, 0, sizeof networks);
        for (int i = 0; i < 3; i++)
            add(sorted[orders[order][i]], policies[orders[order][i]]);
        cr_expect_eq(find("10.255.255.255"), DEFRAG_FIRST);
        cr_expect_eq(find("10.1.255.255"), DEFRAG_WINDOWS);
        cr_expect_eq(find("10.1.0.6"), DEFRAG_WINDOWS);
        cr_expect_eq(find("10.1.0.7"), DEFRAG_DROP);
        cr_expect_eq(find("9.255.255.255"), DEFRAG_POLICY_COUNT);
        cr_expect_eq(find("11.0.0.0"), DEFRAG_POLICY_COUNT);
    }
}

Test(networks, prefixes_end_anywhere)
{
    for (unsigned len = 0; len <= 128; len++) {
        uint8_t inside[16], outside[16];
        char prefix[64], address[INET6_ADDRSTRLEN];
        memset(inside, 0, sizeof inside);
        for (unsigned bit = 0; bit < len; bit += 3)
            inside[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        inet_ntop(AF_INET6, inside, address, sizeof address);
        snprintf(prefix, sizeof prefix, "%s/%u", address, len);
        memset(&networks, 0, sizeof networks);
        add(prefix, "solaris");
        memcpy(outside, inside, sizeof inside);
        if (len)
            outside[(len - 1) / 8] ^= (uint8_t)(0x80 >> (len - 1) % 8);
        for (unsigned bit = len; bit < 128; bit++)
            inside[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        cr_expect_eq(defrag_networks_find(&networks, 6, inside, DEFRAG_LAST), DEFRAG_SOLARIS, "%s",
                     prefix);
        cr_expect_eq(defrag_networks_find(&networks, 6, outside, DEFRAG_LAST),
                     len ? DEFRAG_LAST : DEFRAG_SOLARIS, "%s", prefix);
        cr_expect_eq(defrag_networks_find(&networks, 4, inside, DEFRAG_LAST), DEFRAG_LAST, "%s",
                     prefix);
    }
}

Test(networks, every_policy_has_a_name)
{
    static const char *const names[] = {"first",   "last",    "bsd", "linux",
                                        "windows", "solaris", "drop"};
    char prefix[64];
    for (int policy = 0; policy < DEFRAG_POLICY_COUNT; policy++) {
        snprintf(prefix, sizeof prefix, "192.0.2.%d", policy);
        add(prefix, names[policy]);
        cr_expect_eq((int)find(prefix), policy);
    }
}

Test(networks, says_what_is_wrong)
{
    add("2001:db8::/32", "last");
    refuse("10.0.0.0/33", "last", "got 10.0.0.0/33, expected a network such as 10.0.0.0/8");
    refuse("2001:db8::/129", "last", "expected a network");
    refuse("10.0.0/8", "last", "expected a network");
    refuse("10.0.0.0/", "last", "expected a network");
    refuse("10.0.0.0/8x", "last", "expected a network");
    refuse("10.0.0.0/ 8", "last", "expected a network");
    refuse("10.0.0.0/-1", "last", "expected a network");
    refuse("10.0.0.0/18446744073709551624", "last", "expected a network");
    refuse("", "last", "expected a network");
    refuse("example.com", "last", "expected a network");
    refuse("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/1", "last", "got 1111:2222");
    refuse("10.1.2.3/8", "last", "did you mean 10.0.0.0/8?");
    refuse("2001:db9::1/31", "last", "did you mean 2001:db8::/31?");
    refuse("10.0.0.0/8", "windos", "did you mean windows?");
    refuse("10.0.0.0/8", "zzzzzz", "got zzzzzz, expected first, last, bsd");
    refuse("10.0.0.0/8", "", "expected first");
    refuse("2001:0DB8::/32", "last", "twice");
}

Test(networks, at_the_cap_the_next_is_refused)
{
    char prefix[64];
    for (int i = 0; i < DEFRAG_NETWORK_CAP; i++) {
        snprintf(prefix, sizeof prefix, "10.0.%d.%d", i / 256, i % 256);
        add(prefix, "bsd");
    }
    refuse("10.1.0.0", "bsd", "more than 256 networks");
}
