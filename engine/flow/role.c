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
// clang-format off
#define REGISTERED(X) \
    X(1080) X(1194) X(1433) X(1434) X(1521) X(1645) X(1646) X(1723) X(1812) \
    X(1813) X(1883) X(1900) X(2049) X(2123) X(2152) X(2427) X(2811) X(3128) \
    X(3260) X(3268) X(3269) X(3306) X(3389) X(3478) X(3544) X(3690) X(4500) \
    X(4789) X(5060) X(5061) X(5072) X(5222) X(5223) X(5269) X(5353) X(5355) \
    X(5432) X(5671) X(5672) X(5900) X(6000) X(6081) X(6379) X(6660) X(6661) \
    X(6662) X(6663) X(6664) X(6665) X(6666) X(6667) X(6668) X(6669) X(6697) \
    X(8000) X(8008) X(8080) X(8086) X(8443) X(8883) X(8888) X(9092) X(9200) \
    X(9389) X(11211) X(20000) X(27017) X(33060) X(47808)
// clang-format on

bool flow_role_is_server_port(uint16_t port)
{
    if (port < WELL_KNOWN_END)
        return port > 0;
    switch (port) {
#define X(number) case number:
        REGISTERED(X)
#undef X
        return true;
    default:
        return false;
    }
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
