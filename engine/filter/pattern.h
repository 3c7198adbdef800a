// SPDX-License-Identifier: MIT OR Apache-2.0
/** What `matches` looks for: a Perl-compatible regular expression over bytes, whatever the case of
 * letters, as in Wireshark.
 *
 * Bytes of a capture must not make a search explode: each one may take a bounded number of steps
 * and a bounded amount of memory. A search that would need more finds nothing and is counted. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <palua/abi.h>

#include "base/error.h"

struct filter_pattern;

/** @param column  where the pattern stands in the filter, for messages
 * @return NULL if it is no regular expression */
struct filter_pattern *filter_pattern_new(const char *text, size_t len, uint32_t column,
                                          struct error *err);
void filter_pattern_free(struct filter_pattern *pattern);
/** Whether it occurs anywhere in the bytes. */
bool filter_pattern_found(struct filter_pattern *pattern, struct palua_slice in);
/** Searches that were given up. */
uint64_t filter_pattern_given_up(const struct filter_pattern *pattern);
