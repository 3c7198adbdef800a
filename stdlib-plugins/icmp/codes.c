// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codes.h"

#include <stddef.h>

struct name {
    uint8_t value;
    const char *text;
};

struct code_name {
    uint8_t type;
    uint8_t code;
    const char *text;
};

static const struct name types[] = {
    {0, "echo_reply"},
    {3, "destination_unreachable"},
    {4, "source_quench"},
    {5, "redirect"},
    {8, "echo_request"},
    {9, "router_advertisement"},
    {10, "router_solicitation"},
    {11, "time_exceeded"},
    {12, "parameter_problem"},
    {13, "timestamp_request"},
    {14, "timestamp_reply"},
    {15, "information_request"},
    {16, "information_reply"},
    {17, "mask_request"},
    {18, "mask_reply"},
    {30, "traceroute"},
    {40, "photuris"},
    {42, "extended_echo_request"},
    {43, "extended_echo_reply"},
};

static const struct name types_ipv6[] = {
    {1, "destination_unreachable"},
    {2, "packet_too_big"},
    {3, "time_exceeded"},
    {4, "parameter_problem"},
    {128, "echo_request"},
    {129, "echo_reply"},
    {130, "multicast_listener_query"},
    {131, "multicast_listener_report"},
    {132, "multicast_listener_done"},
    {133, "router_solicitation"},
    {134, "router_advertisement"},
    {135, "neighbor_solicitation"},
    {136, "neighbor_advertisement"},
    {137, "redirect"},
    {138, "router_renumbering"},
    {139, "node_information_query"},
    {140, "node_information_response"},
    {141, "inverse_neighbor_solicitation"},
    {142, "inverse_neighbor_advertisement"},
    {143, "multicast_listener_report_v2"},
    {144, "home_agent_discovery_request"},
    {145, "home_agent_discovery_reply"},
    {146, "mobile_prefix_solicitation"},
    {147, "mobile_prefix_advertisement"},
    {148, "certification_path_solicitation"},
    {149, "certification_path_advertisement"},
    {151, "multicast_router_advertisement"},
    {152, "multicast_router_solicitation"},
    {153, "multicast_router_termination"},
    {155, "rpl_control"},
    {157, "duplicate_address_request"},
    {158, "duplicate_address_confirmation"},
    {160, "extended_echo_request"},
    {161, "extended_echo_reply"},
};

static const struct code_name codes[] = {
    {3, 0, "net_unreachable"},
    {3, 1, "host_unreachable"},
    {3, 2, "protocol_unreachable"},
    {3, 3, "port_unreachable"},
    {3, 4, "fragmentation_needed"},
    {3, 5, "source_route_failed"},
    {3, 6, "net_unknown"},
    {3, 7, "host_unknown"},
    {3, 8, "source_host_isolated"},
    {3, 9, "net_prohibited"},
    {3, 10, "host_prohibited"},
    {3, 11, "net_unreachable_for_tos"},
    {3, 12, "host_unreachable_for_tos"},
    {3, 13, "administratively_prohibited"},
    {3, 14, "host_precedence_violation"},
    {3, 15, "precedence_cutoff"},
    {5, 0, "for_net"},
    {5, 1, "for_host"},
    {5, 2, "for_tos_and_net"},
    {5, 3, "for_tos_and_host"},
    {11, 0, "ttl_exceeded"},
    {11, 1, "reassembly_time_exceeded"},
    {12, 0, "pointer_indicates_error"},
    {12, 1, "missing_option"},
    {12, 2, "bad_length"},
};

static const struct code_name codes_ipv6[] = {
    {1, 0, "no_route"},
    {1, 1, "administratively_prohibited"},
    {1, 2, "beyond_scope"},
    {1, 3, "address_unreachable"},
    {1, 4, "port_unreachable"},
    {1, 5, "source_policy_failed"},
    {1, 6, "route_rejected"},
    {1, 7, "source_route_error"},
    {1, 8, "headers_too_long"},
    {3, 0, "hop_limit_exceeded"},
    {3, 1, "reassembly_time_exceeded"},
    {4, 0, "erroneous_field"},
    {4, 1, "unknown_next_header"},
    {4, 2, "unknown_option"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *icmp_type_name(bool ipv6, uint8_t type)
{
    const struct name *names = ipv6 ? types_ipv6 : types;
    size_t count = ipv6 ? COUNT(types_ipv6) : COUNT(types);
    for (size_t i = 0; i < count; i++)
        if (names[i].value == type)
            return names[i].text;
    return NULL;
}

const char *icmp_code_name(bool ipv6, uint8_t type, uint8_t code)
{
    const struct code_name *names = ipv6 ? codes_ipv6 : codes;
    size_t count = ipv6 ? COUNT(codes_ipv6) : COUNT(codes);
    for (size_t i = 0; i < count; i++)
        if (names[i].type == type && names[i].code == code)
            return names[i].text;
    return NULL;
}
