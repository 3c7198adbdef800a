// SPDX-License-Identifier: MIT OR Apache-2.0
/** What one side of a TCP connection says before the other side answers: a few bytes that mean
 * something (HTTP/1.1 of RFC 9112, TLS 1.3 of RFC 8446), then a body of bytes that look random.
 * Any part of a message can be made at any time, so nothing is stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "generator/random.h"

#define MESSAGE_PREFIX_CAP 640

struct message {
    uint8_t prefix[MESSAGE_PREFIX_CAP];
    uint32_t prefix_len;
    uint64_t len;  /**< with the prefix */
    uint64_t seed; /**< of the body */
    bool records;  /**< the body is TLS application data records */
};

void message_plain(struct message *message, struct random *random, uint64_t len);
void message_http_request(struct message *message, struct random *random, const char *host);
void message_http_response(struct message *message, struct random *random, uint32_t body_len);
void message_client_hello(struct message *message, struct random *random, const char *host);
/** ServerHello, ChangeCipherSpec, and the encrypted rest of the flight. */
void message_server_hello(struct message *message, struct random *random);
/** ChangeCipherSpec, Finished and the first request. */
void message_client_finished(struct message *message, struct random *random);
void message_application_data(struct message *message, struct random *random, uint32_t len);
/** Copies `len` bytes of the message from `offset` on; len is at most 4,096. */
void message_fill(const struct message *message, uint64_t offset, uint32_t len, uint8_t *out);
