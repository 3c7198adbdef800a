// SPDX-License-Identifier: MIT OR Apache-2.0
/** Who began a flow, where its first packet does not say.
 *
 * A TCP SYN is the originator's, a SYN-ACK the responder's. Any other first packet is the
 * originator's, unless its source port is a server's and its destination port is not: then a server
 * answers something that was not captured, and the roles are turned around. Where both ports are a
 * server's, TCP takes the lower one for the server; other protocols, where servers speak to each
 * other from the same port, leave it at the sender. Never turned around are packets to multicast
 * and broadcast addresses, which begin nothing, and protocols without ports.
 *
 * A server's port is a well-known one (IANA: below 1024), or one of a short list of registered ones
 * (in role.c). The list is fixed: a flow's identity must not depend on what is loaded. The
 * guess is the same as Zeek's in kind (likely_server_ports), and shows as ^ in the history. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "decode/decode.h"

bool flow_role_is_server_port(uint16_t port);

/** Whether the sender of a flow's first packet is the responder.
 * @param tcp_flags  0 if it is not TCP */
bool flow_role_sender_responds(const struct decode_tuple *tuple, unsigned tcp_flags);
