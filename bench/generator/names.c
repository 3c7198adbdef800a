// SPDX-License-Identifier: MIT OR Apache-2.0
#include "generator/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/random.h"

#define WIRE_CAP 64

static const char *const hosts[] = {"www", "api", "cdn",  "mail", "img", "static", "login", "m",
                                    "ns1", "app", "edge", "push", "s3",  "docs",   "time",  "ws"};
static const char *const words[] = {
    "amber", "birch",   "cloud", "delta",  "ember", "field",  "grove", "harbor",
    "iris",  "juniper", "kite",  "lumen",  "maple", "north",  "ocean", "pixel",
    "quart", "river",   "stone", "timber", "ultra", "violet", "wave",  "xenon",
    "yard",  "zephyr",  "media", "shop",   "data",  "news",   "play",  "bank"};
static const char *const domains[] = {"example", "test", "example", "example"};

static uint8_t *put_label(uint8_t *at, const char *text)
{
    size_t len = strlen(text);
    *at = (uint8_t)len;
    memcpy(at + 1, text, len);
    return at + 1 + len;
}

/* Two words, and as many letters as it takes to give every index a name of its own. */
static uint8_t *put_site(uint8_t *at, uint32_t index)
{
    uint8_t *length = at++;
    const char *first = words[index % 32];
    const char *second = words[index / 32 % 32];
    at += snprintf((char *)at, WIRE_CAP / 2, "%s%s", first, second);
    for (uint32_t rest = index / 1024; rest; rest /= 26)
        *at++ = (uint8_t)('a' + rest % 26);
    *length = (uint8_t)(at - length - 1);
    return at;
}

static uint32_t put_name(uint8_t *at, uint32_t index)
{
    uint64_t hash = random_mix(index + 1);
    uint8_t *start = at;
    if (hash % 8)
        at = put_label(at, hosts[hash >> 8 & 15]);
    at = put_site(at, index);
    at = put_label(at, domains[index & 3]);
    *at++ = 0;
    return (uint32_t)(at - start);
}

void names_init(struct names *names, uint32_t count)
{
    names->count = count;
    names->bytes = malloc((size_t)count * WIRE_CAP);
    names->offsets = malloc(((size_t)count + 1) * sizeof *names->offsets);
    if (!names->bytes || !names->offsets) {
        fprintf(stderr, "generate: no memory for %u names\n", count);
        exit(4);
    }
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        names->offsets[i] = used;
        used += put_name(names->bytes + used, i);
    }
    names->offsets[count] = used;
}

void names_fini(struct names *names)
{
    free(names->bytes);
    free(names->offsets);
}

const uint8_t *names_wire(const struct names *names, uint32_t index, uint32_t *len)
{
    *len = names->offsets[index + 1] - names->offsets[index];
    return names->bytes + names->offsets[index];
}

uint32_t names_text(const struct names *names, uint32_t index, char text[NAMES_TEXT_CAP])
{
    uint32_t len;
    const uint8_t *wire = names_wire(names, index, &len);
    memcpy(text, wire + 1, len - 1);
    for (uint32_t dot = wire[0]; wire[dot + 1]; dot += 1U + wire[dot + 1])
        text[dot] = '.';
    return len - 2;
}

uint32_t names_unique(const struct names *names, uint32_t index, uint64_t label, uint8_t *out)
{
    uint32_t len;
    const uint8_t *wire = names_wire(names, index, &len);
    *out++ = 16;
    for (int i = 0; i < 16; i++, label >>= 4)
        *out++ = (uint8_t) "0123456789abcdef"[label & 15];
    memcpy(out, wire, len);
    return 17 + len;
}
