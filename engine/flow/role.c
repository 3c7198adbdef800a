// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/role.h"

#include "base/cursor.h"
#include "decode/tuple.h"

enum { WELL_KNOWN_END = 1024 };
enum { SYN = 2, ACK = 16 };

/* From IANA's registry, those that are servers' in practice: SOCKS, OpenVPN, MS SQL, Oracle,
 * PPTP, RADIUS, SSDP, MQTT, MGCP, GTP, NFS, Squid, iSCSI, Active Directory, MySQL, RDP, STUN, SVN,
 * Teredo, IPsec NAT-T, VXLAN, SIP, AYIYA, XMPP, mDNS, LLMNR, PostgreSQL, AMQP, VNC, X11, Redis,
 * Geneve, IRC, HTTP's, MySQL X, Kafka, MongoDB, memcached, DNP3, BACnet. */
const uint16_t flow_role_ports[] = {
    1080, 1194, 1433, 1434, 1521, 1645, 1646, 1723, 1812,  1813,  1883,  1900,  2049,  2123,
    2152, 2427, 2811, 3128, 3260, 3268, 3269, 3306, 3389,  3478,  3544,  3690,  4500,  4789,
    5060, 5061, 5072, 5222, 5223, 5269, 5353, 5355, 5432,  5671,  5672,  5900,  6000,  6081,
    6379, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667,  6668,  6669,  6697,  8000,  8008,
    8080, 8086, 8443, 8883, 8888, 9092, 9200, 9389, 11211, 20000, 27017, 33060, 47808,
};
const size_t flow_role_port_count = sizeof flow_role_ports / sizeof *flow_role_ports;

bool flow_role_is_server_port(uint16_t port)
{
    size_t low = 0, high = flow_role_port_count;
    if (port < WELL_KNOWN_END)
        return port > 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (flow_role_ports[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low < flow_role_port_count && flow_role_ports[low] == port;
}

/** Multicast (224.0.0.0/4, ff00::/8) and broadcast: 255.255.255.255, as a subnet's is not known. */
static bool is_group(struct palua_slice address)
{
    struct cursor in = cursor_of(address.data, address.len);
    uint8_t first = 0;
    if (!cursor_u8(&in, &first))
        return false;
    return address.len == 4 ? first >= 224 : first == 255;
}

static bool has_ports(uint8_t proto)
{
    return proto == TUPLE_TCP || proto == TUPLE_UDP || proto == TUPLE_SCTP || proto == TUPLE_DCCP ||
           proto == TUPLE_UDPLITE;
}

bool flow_role_sender_responds(const struct decode_tuple *tuple, unsigned tcp_flags)
{
    if (tcp_flags & SYN)
        return tcp_flags & ACK;
    if (!has_ports(tuple->proto) || !flow_role_is_server_port(tuple->sport) || is_group(tuple->dst))
        return false;
    if (flow_role_is_server_port(tuple->dport))
        return tuple->proto == TUPLE_TCP && tuple->sport < tuple->dport;
    return true;
}
