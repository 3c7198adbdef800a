// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/cell.h"

#include "base/text.h"

static struct cell slice_cell(enum cell_type type, struct palua_slice slice)
{
    return (struct cell){.type = type, .slice = slice};
}

static struct cell spelled(const struct value *value, const struct palua_field *field,
                           struct arena *arena)
{
    struct text text;
    struct palua_slice slice = {0};
    text_init(&text);
    value_text(value, field, &text);
    slice.len = (uint32_t)text.len;
    slice.data = arena_copy(arena, text.data, text.len, 1);
    text_fini(&text);
    return slice_cell(CELL_STRING, slice);
}

struct column_type cell_column_type(const struct palua_field *field, enum path_form form)
{
    static const enum column_item items[] = {
        [PALUA_UINT] = COLUMN_COUNT,   [PALUA_ENUM] = COLUMN_COUNT,
        [PALUA_BOOL] = COLUMN_BOOL,    [PALUA_INT] = COLUMN_INT,
        [PALUA_REAL] = COLUMN_DOUBLE,  [PALUA_TIME] = COLUMN_TIME,
        [PALUA_IPADDR] = COLUMN_ADDR,  [PALUA_MAC] = COLUMN_STRING,
        [PALUA_BYTES] = COLUMN_STRING, [PALUA_STRING] = COLUMN_STRING,
        [PALUA_LIST] = COLUMN_STRING,  [PALUA_DURATION] = COLUMN_INTERVAL,
    };
    enum column_item item = items[field->type];
    if (form == PATH_NAME)
        item = COLUMN_STRING;
    else if (form == PATH_NS)
        item = COLUMN_INT;
    return (struct column_type){item, COLUMN_SCALAR};
}

struct cell cell_of(const struct value *value, const struct palua_field *field, struct arena *arena)
{
    switch (value->type) {
    case PALUA_UINT:
    case PALUA_ENUM:
        return (struct cell){.type = CELL_UINT, .uint = value->uint};
    case PALUA_BOOL:
        return (struct cell){.type = CELL_BOOL, .uint = value->uint};
    case PALUA_INT:
        return (struct cell){.type = CELL_INT, .sint = value->sint};
    case PALUA_REAL:
        return (struct cell){.type = CELL_REAL, .real = value->real};
    case PALUA_TIME:
        return (struct cell){.type = CELL_TIME, .sint = value->sint};
    case PALUA_DURATION:
        return (struct cell){.type = CELL_DURATION, .sint = value->sint};
    case PALUA_IPADDR:
        return slice_cell(CELL_IPADDR, value->slice);
    case PALUA_MAC:
        return slice_cell(CELL_MAC, value->slice);
    case PALUA_BYTES:
        return slice_cell(CELL_BYTES, value->slice);
    case PALUA_STRING:
        return slice_cell(CELL_STRING, value->slice);
    case PALUA_LIST:
        return spelled(value, field, arena);
    default:
        return (struct cell){.type = CELL_NIL};
    }
}
