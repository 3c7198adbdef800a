// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

uint32_t address_parse_ip(const char *text, size_t len, uint8_t *out)
{
    char copy[INET6_ADDRSTRLEN]; // inet_pton wants a NUL
    if (len >= sizeof copy || memchr(text, '\0', len))
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, out) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, out) == 1 ? ADDRESS_IP_LEN : 0;
}

/** The value of a hexadecimal digit; -1 if it is none. */
static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool address_parse_mac(const char *text, size_t len, uint8_t *out)
{
    if (len != 3 * ADDRESS_MAC_LEN - 1)
        return false;
    for (size_t i = 0; i < ADDRESS_MAC_LEN; i++) {
        int high = digit(text[3 * i]), low = digit(text[3 * i + 1]);
        bool ended = i + 1 == ADDRESS_MAC_LEN || text[3 * i + 2] == ':' || text[3 * i + 2] == '-';
        if (high < 0 || low < 0 || !ended)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
