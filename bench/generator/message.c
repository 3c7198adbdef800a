// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/message.h"

#include <stdio.h>
#include <string.h>

#include "generator/packet.h"

#define POOL_SIZE 65536
#define FILL_CAP 4096
/* RFC 8446, section 5.2: a ciphertext is at most 2^14 + 256 bytes long. */
#define RECORD_BODY 16401
#define RECORD_LEN (RECORD_BODY + 5)

static uint8_t *pool(void)
{
    static uint8_t bytes[POOL_SIZE + FILL_CAP];
    static bool made;
    if (!made) {
        struct random random = {1};
        for (uint32_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)random_u64(&random);
        memcpy(bytes + POOL_SIZE, bytes, FILL_CAP);
        made = true;
    }
    return bytes;
}

static void begin(struct message *message, struct random *random)
{
    message->prefix_len = 0;
    message->seed = random_u64(random);
    message->records = false;
}

static void end(struct message *message, uint64_t body_len)
{
    message->len = message->prefix_len + body_len;
}

void message_plain(struct message *message, struct random *random, uint64_t len)
{
    begin(message, random);
    end(message, len);
}

void message_http_request(struct message *message, struct random *random, const char *host)
{
    begin(message, random);
    int n = snprintf((char *)message->prefix, MESSAGE_PREFIX_CAP,
                     "GET /%s/%u HTTP/1.1\r\nHost: %s\r\n"
                     "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
                     "Accept: */*\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n",
                     random_permille(random, 500) ? "assets" : "v1/items",
                     random_rank(random, 50000), host);
    message->prefix_len = (uint32_t)n;
    end(message, 0);
}

void message_http_response(struct message *message, struct random *random, uint32_t body_len)
{
    begin(message, random);
    uint32_t dice = random_below(random, 100);
    const char *status = dice < 85 ? "200 OK" : dice < 95 ? "404 Not Found" : "500 Server Error";
    int n = snprintf((char *)message->prefix, MESSAGE_PREFIX_CAP,
                     "HTTP/1.1 %s\r\nServer: bench\r\nContent-Type: application/octet-stream\r\n"
                     "Content-Length: %u\r\nCache-Control: no-store\r\n\r\n",
                     status, body_len);
    message->prefix_len = (uint32_t)n;
    end(message, body_len);
}

static uint8_t *put_random(uint8_t *at, struct random *random, uint32_t len)
{
    memcpy(at, pool() + (random_u64(random) & (POOL_SIZE - 1)), len);
    return at + len;
}

static uint8_t *put_sni(uint8_t *at, const char *host)
{
    uint32_t len = (uint32_t)strlen(host);
    at = packet_put_u16(at, 0);
    at = packet_put_u16(at, len + 5);
    at = packet_put_u16(at, len + 3);
    *at++ = 0;
    at = packet_put_u16(at, len);
    memcpy(at, host, len);
    return at + len;
}

/* supported_groups, signature_algorithms, ALPN h2 and http/1.1, supported_versions 1.3 and 1.2. */
static uint8_t *put_fixed_extensions(uint8_t *at)
{
    static const uint8_t bytes[] = {0,   10,  0,   8,  0,  6,   0,   29, 0,   23,  0,   24,  0,
                                    13,  0,   8,   0,  6,  4,   3,   8,  4,   4,   1,   0,   16,
                                    0,   14,  0,   12, 2,  'h', '2', 8,  'h', 't', 't', 'p', '/',
                                    '1', '.', '1', 0,  43, 0,   5,   4,  3,   4,   3,   3};
    memcpy(at, bytes, sizeof bytes);
    return at + sizeof bytes;
}

static uint8_t *put_key_share(uint8_t *at, struct random *random, bool server)
{
    at = packet_put_u16(at, 51);
    at = packet_put_u16(at, server ? 36 : 38);
    if (!server)
        at = packet_put_u16(at, 36);
    at = packet_put_u32(at, 29U << 16 | 32);
    return put_random(at, random, 32);
}

/* Version, random and a session ID of 32 bytes: how both hellos begin. */
static uint8_t *put_hello_start(uint8_t *at, struct random *random)
{
    at = packet_put_u16(at, 0x0303);
    at = put_random(at, random, 32);
    *at++ = 32;
    return put_random(at, random, 32);
}

/* Writes the lengths of record and handshake message that began at `start`. */
static uint8_t *end_handshake(uint8_t *start, uint8_t *at, uint8_t type, uint16_t version)
{
    uint32_t len = (uint32_t)(at - start) - 9;
    *start = 22;
    packet_put_u16(start + 1, version);
    packet_put_u16(start + 3, len + 4);
    packet_put_u32(start + 5, (uint32_t)type << 24 | len);
    return at;
}

void message_client_hello(struct message *message, struct random *random, const char *host)
{
    static const uint8_t ciphers[] = {0, 10,   0x13, 1,    0x13, 2, 0x13,
                                      3, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0};
    begin(message, random);
    uint8_t *at = put_hello_start(message->prefix + 9, random);
    memcpy(at, ciphers, sizeof ciphers);
    uint8_t *extensions = at + sizeof ciphers;
    at = put_sni(extensions + 2, host);
    at = put_fixed_extensions(at);
    at = put_key_share(at, random, false);
    packet_put_u16(extensions, (uint32_t)(at - extensions) - 2);
    at = end_handshake(message->prefix, at, 1, 0x0301);
    message->prefix_len = (uint32_t)(at - message->prefix);
    end(message, 0);
}

static uint8_t *put_change_cipher_spec(uint8_t *at)
{
    memcpy(at, "\x14\x03\x03\x00\x01\x01", 6);
    return at + 6;
}

/* A record must not end within its header, nor be empty. */
static uint64_t whole_records(uint64_t len)
{
    uint64_t rest = len % RECORD_LEN;
    return rest && rest < 32 ? len - rest + 32 : len;
}

void message_server_hello(struct message *message, struct random *random)
{
    begin(message, random);
    uint8_t *at = put_hello_start(message->prefix + 9, random);
    at = packet_put_u16(at, 0x1301);
    *at++ = 0;
    uint8_t *extensions = at;
    at = packet_put_u32(extensions + 2, 43U << 16 | 2);
    at = packet_put_u16(at, 0x0304);
    at = put_key_share(at, random, true);
    packet_put_u16(extensions, (uint32_t)(at - extensions) - 2);
    at = end_handshake(message->prefix, at, 2, 0x0303);
    at = put_change_cipher_spec(at);
    message->prefix_len = (uint32_t)(at - message->prefix);
    message->records = true;
    end(message, whole_records(2500 + random_below(random, 3000)));
}

void message_client_finished(struct message *message, struct random *random)
{
    begin(message, random);
    put_change_cipher_spec(message->prefix);
    message->prefix_len = 6;
    message->records = true;
    end(message, 150 + random_below(random, 600));
}

void message_application_data(struct message *message, struct random *random, uint32_t len)
{
    begin(message, random);
    message->records = true;
    end(message, whole_records(len < 32 ? 32 : len));
}

/* Overwrites what of record headers lies in body[offset, offset + len). */
static void put_record_headers(const struct message *message, uint64_t offset, uint32_t len,
                               uint8_t *out)
{
    uint64_t body_len = message->len - message->prefix_len;
    for (uint64_t start = offset / RECORD_LEN * RECORD_LEN; start < offset + len;
         start += RECORD_LEN) {
        uint64_t left = body_len - start < RECORD_LEN ? body_len - start : RECORD_LEN;
        uint8_t header[5] = {23, 3, 3};
        packet_put_u16(header + 3, (uint32_t)left - 5);
        for (uint32_t i = 0; i < 5; i++)
            if (start + i >= offset && start + i < offset + len)
                out[start + i - offset] = header[i];
    }
}

void message_fill(const struct message *message, uint64_t offset, uint32_t len, uint8_t *out)
{
    if (offset < message->prefix_len) {
        uint32_t head = message->prefix_len - (uint32_t)offset;
        head = head < len ? head : len;
        memcpy(out, message->prefix + offset, head);
        out += head;
        offset += head;
        len -= head;
    }
    uint64_t body = offset - message->prefix_len;
    memcpy(out, pool() + ((message->seed + body) & (POOL_SIZE - 1)), len);
    if (message->records && len)
        put_record_headers(message, body, len, out);
}
