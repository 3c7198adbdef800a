// SPDX-License-Identifier: MIT OR Apache-2.0
#include "defrag/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

static unsigned address_bits(unsigned version)
{
    return version == 6 ? 128 : 32;
}

/** Whether the first `bits` bits are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

/** Sets the bits behind the prefix to 0. */
static void clear_rest(struct defrag_network *network)
{
    for (unsigned bit = network->prefix_len; bit < 8 * sizeof network->address; bit++)
        network->address[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

/** A length in decimal digits. @return false if it is none up to `most` */
static bool read_len(const char *text, unsigned most, uint8_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value > most)
        return false;
    *out = (uint8_t)value;
    return true;
}

/** @return false if it is no address, or the length is none of such an address */
static bool read_prefix(const char *prefix, struct defrag_network *out)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(prefix, '/');
    size_t len = slash ? (size_t)(slash - prefix) : strlen(prefix);
    if (len >= sizeof address)
        return false;
    memcpy(address, prefix, len);
    address[len] = '\0';
    out->version = strchr(address, ':') ? 6 : 4;
    unsigned bits = address_bits(out->version);
    if (inet_pton(out->version == 6 ? AF_INET6 : AF_INET, address, out->address) != 1)
        return false;
    out->prefix_len = (uint8_t)bits;
    return !slash || read_len(slash + 1, bits, &out->prefix_len);
}

static bool fail_prefix(const char *prefix, struct error *err)
{
    return error_set(err, ERROR_USAGE, "",
                     "got %s, expected a network such as 10.0.0.0/8 or 2001:db8::/32", prefix);
}

/** Which network was meant is not for us to say. */
static bool fail_host(const char *prefix, const struct defrag_network *network, struct error *err)
{
    struct text meant;
    text_init(&meant);
    text_add_ipaddr(&meant, network->address, address_bits(network->version) / 8);
    error_set(err, ERROR_USAGE, "",
              "got %s, an address inside of a network, expected the network's; did you mean "
              "%s/%u?",
              prefix, meant.data, network->prefix_len);
    text_fini(&meant);
    return false;
}

static bool parse(const char *prefix, struct defrag_network *out, struct error *err)
{
    if (!read_prefix(prefix, out))
        return fail_prefix(prefix, err);
    struct defrag_network given = *out;
    clear_rest(out);
    return memcmp(given.address, out->address, sizeof given.address) == 0 ||
           fail_host(prefix, out, err);
}

static bool find_policy(const char *policy, uint8_t *out, struct error *err)
{
    size_t index;
    if (!nearest_choose(policy, defrag_policy_names, DEFRAG_POLICY_COUNT, &index, err))
        return false;
    *out = (uint8_t)index;
    return true;
}

/** Before all with shorter prefixes. */
static void insert(struct defrag_networks *networks, const struct defrag_network *network)
{
    uint32_t at = networks->count++;
    for (; at > 0 && networks->items[at - 1].prefix_len < network->prefix_len; at--)
        networks->items[at] = networks->items[at - 1];
    networks->items[at] = *network;
}

bool defrag_networks_add(struct defrag_networks *networks, const char *prefix, const char *policy,
                         struct error *err)
{
    struct defrag_network network = {0};
    if (!parse(prefix, &network, err) || !find_policy(policy, &network.policy, err))
        return false;
    for (uint32_t i = 0; i < networks->count; i++) {
        const struct defrag_network *other = &networks->items[i];
        if (other->version == network.version && other->prefix_len == network.prefix_len &&
            memcmp(other->address, network.address, sizeof network.address) == 0)
            return error_set(err, ERROR_USAGE, "", "got the network twice, expected each once");
    }
    if (networks->count == DEFRAG_NETWORK_CAP)
        return error_set(err, ERROR_USAGE, "",
                         "got more than %d networks, expected at most that many",
                         DEFRAG_NETWORK_CAP);
    insert(networks, &network);
    return true;
}

enum defrag_policy defrag_networks_find(const struct defrag_networks *networks, unsigned version,
                                        const uint8_t *address, enum defrag_policy otherwise)
{
    for (uint32_t i = 0; i < networks->count; i++) {
        const struct defrag_network *network = &networks->items[i];
        if (network->version == version &&
            same_bits(network->address, address, network->prefix_len))
            return (enum defrag_policy)network->policy;
    }
    return otherwise;
}
