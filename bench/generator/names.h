// SPDX-License-Identifier: MIT OR Apache-2.0
/** Host names in wire form (RFC 1035, section 3.1), made of words, below the top-level domains of
 * RFC 2606. A name is a function of its index, so nothing about it needs to be remembered. */
#pragma once

#include <stdint.h>

struct names {
    uint8_t *bytes;
    uint32_t *offsets; /**< count + 1 of them */
    uint32_t count;
};

#define NAMES_TEXT_CAP 128

/** Ends the program when memory is short. */
void names_init(struct names *names, uint32_t count);
void names_fini(struct names *names);
/** @return the name with its final root label; *len counts it */
const uint8_t *names_wire(const struct names *names, uint32_t index, uint32_t *len);
/** Writes the dotted form with a final NUL. @return its length */
uint32_t names_text(const struct names *names, uint32_t index, char text[NAMES_TEXT_CAP]);
/** Writes a name that no index has: a machine's label of 16 hexadecimal digits below name `index`.
 * @return the length in wire form */
uint32_t names_unique(const struct names *names, uint32_t index, uint64_t label, uint8_t *out);
