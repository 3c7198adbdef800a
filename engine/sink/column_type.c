// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/column_type.h"

#include <string.h>

#include "base/nearest.h"
#include "sink/table.h"

static const char *const names[] = {
    [COLUMN_STRING] = "string", [COLUMN_TIME] = "time",     [COLUMN_INTERVAL] = "interval",
    [COLUMN_ADDR] = "addr",     [COLUMN_SUBNET] = "subnet", [COLUMN_PORT] = "port",
    [COLUMN_COUNT] = "count",   [COLUMN_INT] = "int",       [COLUMN_DOUBLE] = "double",
    [COLUMN_BOOL] = "bool",     [COLUMN_ENUM] = "enum",
};

static const char *const containers[] = {
    [COLUMN_SCALAR] = "", [COLUMN_SET] = "set[", [COLUMN_VECTOR] = "vector["};

static bool parse_item(const char *text, size_t len, enum column_item *out)
{
    for (int i = 0; i < COLUMN_ITEM_END; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
            *out = (enum column_item)i;
            return true;
        }
    return false;
}

bool column_type_parse(const char *text, size_t len, struct column_type *out)
{
    for (int i = COLUMN_SET; i <= COLUMN_VECTOR; i++) {
        size_t head = strlen(containers[i]);
        if (len > head && memcmp(text, containers[i], head) == 0 && text[len - 1] == ']') {
            out->container = (enum column_container)i;
            return parse_item(text + head, len - head - 1, &out->item);
        }
    }
    out->container = COLUMN_SCALAR;
    return parse_item(text, len, &out->item);
}

const char *column_type_near(const char *text)
{
    return nearest(text, names, COLUMN_ITEM_END);
}

const char *column_type_list(void)
{
    return "time, interval, addr, subnet, port, count, int, double, string, bool, enum, set[T] or "
           "vector[T]";
}

const char *column_item_name(enum column_item item)
{
    return names[item];
}

void column_type_text(struct column_type type, struct text *out)
{
    text_add_str(out, containers[type.container]);
    text_add_str(out, names[type.item]);
    if (type.container != COLUMN_SCALAR)
        text_add_char(out, ']');
}

bool column_type_same(struct column_type a, struct column_type b)
{
    return a.item == b.item && a.container == b.container;
}

struct column_type column_type_of(const struct cell *cell)
{
    static const struct column_type types[] = {
        [CELL_NIL] = {COLUMN_STRING, COLUMN_SCALAR},
        [CELL_INT] = {COLUMN_INT, COLUMN_SCALAR},
        [CELL_UINT] = {COLUMN_COUNT, COLUMN_SCALAR},
        [CELL_ESTIMATE] = {COLUMN_COUNT, COLUMN_SCALAR},
        [CELL_REAL] = {COLUMN_DOUBLE, COLUMN_SCALAR},
        [CELL_BOOL] = {COLUMN_BOOL, COLUMN_SCALAR},
        [CELL_FIXED] = {COLUMN_DOUBLE, COLUMN_SCALAR},
        [CELL_TIME] = {COLUMN_TIME, COLUMN_SCALAR},
        [CELL_DURATION] = {COLUMN_INTERVAL, COLUMN_SCALAR},
        [CELL_IPADDR] = {COLUMN_ADDR, COLUMN_SCALAR},
        [CELL_MAC] = {COLUMN_STRING, COLUMN_SCALAR},
        [CELL_STRING] = {COLUMN_STRING, COLUMN_SCALAR},
        [CELL_BYTES] = {COLUMN_STRING, COLUMN_SCALAR},
        [CELL_HIST] = {COLUMN_STRING, COLUMN_VECTOR},
        [CELL_LIST] = {COLUMN_STRING, COLUMN_VECTOR},
        [CELL_OTHER] = {COLUMN_STRING, COLUMN_SCALAR},
    };
    return types[cell->type];
}

static bool is_number(struct column_type type)
{
    return type.container == COLUMN_SCALAR &&
           (type.item == COLUMN_COUNT || type.item == COLUMN_INT || type.item == COLUMN_DOUBLE);
}

struct column_type column_type_join(struct column_type a, struct column_type b)
{
    if (column_type_same(a, b))
        return a;
    if (!is_number(a) || !is_number(b))
        return (struct column_type){COLUMN_STRING, COLUMN_SCALAR};
    bool real = a.item == COLUMN_DOUBLE || b.item == COLUMN_DOUBLE;
    return (struct column_type){real ? COLUMN_DOUBLE : COLUMN_INT, COLUMN_SCALAR};
}
