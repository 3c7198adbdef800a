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

/** Where the field lies; NULL if the event does not have it. */
static inline const uint8_t *place_of(const struct column *column, const struct palua_event *event)
{
    uint64_t present;
    const uint8_t *record = path_record(&column->path, event, &present);
    return record && (present & column->need) == column->need ? record + column->offset : NULL;
}

static void put_argument(struct column *column, const struct palua_event *event, struct writer *key,
                         uint32_t later)
{
    struct palua_argument argument;
    column_argument(column, event, &argument);
    writer_argument(key, &argument, writer_room(key, later));
}

static inline void put_slice(const struct column *column, const uint8_t *at, bool address,
                             struct writer *key, uint32_t later)
{
    struct palua_slice slice;
    memcpy(&slice, at, sizeof slice);
    if (address && !slice.len)
        writer_tag(key, KEY_NIL);
    else
        writer_slice(key, (enum key_tag)column->tag, slice.data, slice.len,
                     writer_room(key, later));
}

static inline void put_name(struct column *column, const struct palua_event *event,
                            const uint8_t *at, struct writer *key, uint32_t later)
{
    uint64_t value = value_uint(at, column->size);
    if (value >= COLUMN_NAMES)
        put_argument(column, event, key, later);
    else if (column->names[value].len)
        writer_slice(key, KEY_STRING, column->names[value].data, column->names[value].len,
                     writer_room(key, later));
    else
        writer_uint(key, value);
}

/** Always inlined: the way is known where it is called. */
__attribute__((always_inline)) static inline void
put_each(struct column *column, enum column_way way, const struct palua_event *const *events,
         uint32_t count, struct writer *keys, uint32_t later)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = place_of(column, events[i]);
        if (!at)
            writer_tag(&keys[i], KEY_NIL);
        else if (way == COLUMN_UINT)
            writer_uint(&keys[i], value_uint(at, column->size));
        else if (way == COLUMN_WORD)
            writer_word(&keys[i], (enum key_tag)column->tag, value_uint(at, 8));
        else if (way == COLUMN_NAME)
            put_name(column, events[i], at, &keys[i], later);
        else
            put_slice(column, at, way == COLUMN_ADDRESS, &keys[i], later);
    }
}

void column_put_all(struct column *column, const struct palua_event *const *events, uint32_t count,
                    struct writer *keys, uint32_t later)
{
    switch (column->way) {
    case COLUMN_UINT:
        put_each(column, COLUMN_UINT, events, count, keys, later);
        return;
    case COLUMN_WORD:
        put_each(column, COLUMN_WORD, events, count, keys, later);
        return;
    case COLUMN_SLICE:
        put_each(column, COLUMN_SLICE, events, count, keys, later);
        return;
    case COLUMN_ADDRESS:
        put_each(column, COLUMN_ADDRESS, events, count, keys, later);
        return;
    case COLUMN_NAME:
        put_each(column, COLUMN_NAME, events, count, keys, later);
        return;
    default:
        for (uint32_t i = 0; i < count; i++)
            put_argument(column, events[i], &keys[i], later);
    }
}

void column_numbers(const struct column *column, const struct palua_event *const *events,
                    uint32_t count, struct number *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = place_of(column, events[i]);
        if (!at)
            out[i] = (struct number){.kind = NUMBER_NONE};
        else if (column->way == COLUMN_UINT)
            out[i] = number_of_uint(value_uint(at, column->size));
        else
            out[i] = number_of_int((int64_t)value_uint(at, 8));
    }
}
