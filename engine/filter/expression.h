// SPDX-License-Identifier: MIT OR Apache-2.0
/** A filter expression as it was written: tests, and how they are joined.
 *
 *     expression = conjunction { "or" conjunction }
 *     conjunction = term { "and" term }
 *     term = { "not" } ( "(" expression ")" | test )
 *     test = field [ "&" number ] [ operator value | [ "not" ] "in" set ]
 *     set = "{" value [ ".." value ] { "," value [ ".." value ] } "}"
 *
 * Private to engine/filter. Recurs once per parenthesis, of which there are at most
 * FILTER_NESTING_CAP within each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "filter/operand.h"
#include "filter/pattern.h"

enum filter_test_kind {
    FILTER_TEST_PRESENT, /**< the field is there; a bool: and true; with a mask: and not 0 */
    FILTER_TEST_COMPARE,
    FILTER_TEST_IN,
    FILTER_TEST_CONTAINS,
    FILTER_TEST_MATCHES
};

/** A value, or all from `low` to `high`. */
struct filter_choice {
    struct filter_literal low;
    struct filter_literal high;
    bool range;
};

struct filter_test {
    enum filter_test_kind kind;
    enum filter_op op;            /**< COMPARE */
    uint32_t choice_count;        /**< IN: some; COMPARE, CONTAINS: one, or none with `right` */
    struct filter_operand *left;  /**< in the arena, like what follows */
    struct filter_operand *right; /**< COMPARE: a field to compare with; else NULL */
    struct filter_choice *choices;
    struct filter_pattern *pattern; /**< MATCHES; owned */
};

enum filter_node_kind { FILTER_NODE_TEST, FILTER_NODE_AND, FILTER_NODE_OR, FILTER_NODE_NOT };

struct filter_node {
    enum filter_node_kind kind;
    uint32_t a; /**< index of a node; TEST: of the test */
    uint32_t b; /**< AND, OR: of the other node */
};

struct filter_expression {
    struct filter_node *nodes;
    size_t node_count;
    size_t node_cap;
    struct filter_test *tests;
    size_t test_count;
    size_t test_cap;
    uint32_t root; /**< index of a node */
    struct arena arena;
};

/** @return false with what is wrong; call filter_expression_fini either way */
bool filter_expression_init(struct filter_expression *expression, const struct filter_scope *scope,
                            const char *text, size_t len, struct error *err);
void filter_expression_fini(struct filter_expression *expression);
