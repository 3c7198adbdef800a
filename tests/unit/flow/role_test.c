// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/role.h"

#include <criterion/criterion.h>

#include "sample.h"

static bool turns(uint8_t proto, uint16_t flags, uint16_t sport, uint16_t dport)
{
    static const uint8_t src[] = {10, 0, 0, 1}, dst[] = {10, 0, 0, 2};
    struct decode_tuple tuple = {
        .src = {src, 4, 0}, .dst = {dst, 4, 0}, .sport = sport, .dport = dport, .proto = proto};
    return flow_role_sender_responds(&tuple, flags);
}

Test(flow_role, a_handshake_needs_no_guess)
{
    cr_expect_not(turns(6, SYN, 80, 40000));
    cr_expect(turns(6, SYN | ACK, 40000, 80));
}

Test(flow_role, tcp_goes_by_the_likelier_server)
{
    cr_expect(turns(6, ACK, 80, 40000));
    cr_expect_not(turns(6, ACK, 40000, 80));
    cr_expect_not(turns(6, ACK, 40000, 50000));
    cr_expect(turns(6, ACK, 80, 443));
    cr_expect_not(turns(6, ACK, 443, 80));
    cr_expect_not(turns(6, ACK, 80, 80));
    cr_expect(turns(6, RST, 3389, 40000));
    cr_expect(turns(6, 0, 80, 40000));
}

Test(flow_role, others_leave_servers_alone)
{
    cr_expect(turns(17, 0, 53, 40000));
    cr_expect_not(turns(17, 0, 53, 123));
    cr_expect_not(turns(17, 0, 123, 123));
    cr_expect(turns(132, 0, 80, 40000));
    cr_expect_not(turns(1, 0, 0, 8), "ICMP has no ports");
    cr_expect_not(turns(47, 0, 0, 0));
}

Test(flow_role, groups_begin_nothing)
{
    static const uint8_t src[16] = {10}, v4[][4] = {{224, 0, 0, 251}, {255, 255, 255, 255}};
    static const uint8_t v6[16] = {0xff, 2}, host[16] = {0x20, 1};
    struct decode_tuple tuple = {
        .src = {src, 4, 0}, .dst = {v4[0], 4, 0}, .sport = 53, .dport = 40000, .proto = 17};
    cr_expect_not(flow_role_sender_responds(&tuple, 0));
    tuple.dst.data = v4[1];
    cr_expect_not(flow_role_sender_responds(&tuple, 0));
    tuple.dst = (struct palua_slice){v6, 16, 0};
    cr_expect_not(flow_role_sender_responds(&tuple, 0));
    tuple.dst.data = host;
    cr_expect(flow_role_sender_responds(&tuple, 0));
}

Test(flow_role, ports)
{
    cr_expect_not(flow_role_is_server_port(0));
    cr_expect(flow_role_is_server_port(1));
    cr_expect(flow_role_is_server_port(1023));
    cr_expect_not(flow_role_is_server_port(1024));
    static const uint16_t registered[] = {1080, 3306, 6669, 47808};
    unsigned count = 0;
    for (unsigned i = 0; i < 4; i++)
        cr_expect(flow_role_is_server_port(registered[i]));
    for (unsigned port = 1024; port < 65536; port++)
        count += flow_role_is_server_port((uint16_t)port);
    cr_expect_lt(count, 100, "most ports are a client's");
    cr_expect_not(flow_role_is_server_port(65535));
}
