// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/column.h"

#include "base/memory.h"

/** The names of the small values. */
static struct palua_slice *names_of(const struct palua_enum *names)
{
    struct palua_slice *out = memory_zalloc(COLUMN_NAMES, sizeof *out);
    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = names->names[i].name;
        if (names->names[i].value < COLUMN_NAMES)
            out[names->names[i].value] =
                (struct palua_slice){(const uint8_t *)name, (uint32_t)strlen(name), 0};
    }
    return out;
}

static void set_way(struct column *column, enum column_way way, enum key_tag tag)
{
    column->way = (uint8_t)way;
    column->tag = (uint8_t)tag;
}

static void choose_way(struct column *column, const struct palua_field *field, enum path_form form)
{
    switch (field->type) {
    case PALUA_UINT:
        set_way(column, COLUMN_UINT, KEY_UINT);
        return;
    case PALUA_ENUM:
        set_way(column, form == PATH_NAME ? COLUMN_NAME : COLUMN_UINT, KEY_UINT);
        return;
    case PALUA_INT:
        set_way(column, field->size == 8 ? COLUMN_WORD : COLUMN_OTHER, KEY_INT);
        return;
    case PALUA_TIME:
        set_way(column, COLUMN_WORD, form == PATH_NS ? KEY_INT : KEY_TIME);
        return;
    case PALUA_DURATION:
        set_way(column, COLUMN_WORD, form == PATH_NS ? KEY_INT : KEY_DURATION);
        return;
    case PALUA_IPADDR:
        set_way(column, COLUMN_ADDRESS, KEY_IPADDR);
        return;
    case PALUA_MAC:
        set_way(column, COLUMN_ADDRESS, KEY_MAC);
        return;
    case PALUA_STRING:
    case PALUA_BYTES:
        set_way(column, COLUMN_SLICE, KEY_STRING);
        return;
    default:
        set_way(column, COLUMN_OTHER, KEY_NIL);
    }
}

void column_init(struct column *column, const struct path *path)
{
    const struct palua_field *field = path->field;
    *column = (struct column){.path = *path, .size = field->size, .offset = field->offset};
    column->need = field->flags & PALUA_OPTIONAL ? UINT64_C(1) << path->index : 0;
    text_init(&column->list);
    if (path->item)
        set_way(column, COLUMN_OTHER, KEY_NIL);
    else
        choose_way(column, field, path->form);
    if (column->way == COLUMN_NAME)
        column->names = names_of(field->names);
}

void column_fini(struct column *column)
{
    memory_free(column->names);
    text_fini(&column->list);
}

bool column_is_text(const struct column *column)
{
    uint8_t type = column->path.field->type;
    return type == PALUA_STRING || type == PALUA_LIST || column->path.form == PATH_NAME;
}

static void set_slice(struct palua_argument *out, const void *data, size_t len)
{
    out->data = data;
    out->len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
}

void column_argument(struct column *column, const struct palua_event *event,
                     struct palua_argument *out)
{
    struct value value;
    path_read_into(&column->path, event, &value);
    out->type = value.type;
    switch (value.type) {
    case PALUA_REAL:
        out->real = value.real;
        return;
    case PALUA_IPADDR:
    case PALUA_MAC:
    case PALUA_BYTES:
    case PALUA_STRING:
        set_slice(out, value.slice.data, value.slice.len);
        return;
    case PALUA_LIST:
        text_clear(&column->list);
        value_text(&value, column->path.field, &column->list);
        out->type = PALUA_STRING;
        set_slice(out, column->list.data, column->list.len);
        return;
    default:
        out->integer = value.sint;
        return;
    }
}

void column_put_other(struct column *column, const struct palua_event *event, struct writer *out,
                      uint32_t room)
{
    struct palua_argument argument;
    column_argument(column, event, &argument);
    writer_argument(out, &argument, room);
}
