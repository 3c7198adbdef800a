// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/value.h"

#include <string.h>

const char *enum_name(const struct palua_enum *names, uint64_t value)
{
    uint32_t low = 0;
    uint32_t high = names->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (names->names[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < names->count && names->names[low].value == value;
    return found ? names->names[low].name : NULL;
}

/** An enum as its name, if it has one. */
static void use_name(struct value *value, const struct palua_field *field)
{
    const char *name = enum_name(field->names, value->uint);
    if (name) {
        value->type = PALUA_STRING;
        value->slice = (struct palua_slice){(const uint8_t *)name, (uint32_t)strlen(name), 0};
    } else {
        value->type = PALUA_UINT;
    }
}

void value_form(struct value *value, const struct palua_field *field, enum path_form form)
{
    if (form == PATH_NS && (value->type == PALUA_TIME || value->type == PALUA_DURATION))
        value->type = PALUA_INT;
    else if (form == PATH_NAME && value->type == PALUA_ENUM)
        use_name(value, field);
}

static void scalar_text(const struct value *value, struct text *out)
{
    switch (value->type) {
    case PALUA_UINT:
    case PALUA_ENUM:
        text_add_uint(out, value->uint);
        break;
    case PALUA_INT:
        text_add_int(out, value->sint);
        break;
    case PALUA_BOOL:
        text_add_str(out, value->uint ? "true" : "false");
        break;
    case PALUA_REAL:
        text_add_real(out, value->real);
        break;
    case PALUA_TIME:
        text_add_time(out, value->sint);
        break;
    case PALUA_DURATION:
        text_add_duration(out, value->sint);
        break;
    case PALUA_IPADDR:
        text_add_ipaddr(out, value->slice.data, value->slice.len);
        break;
    case PALUA_MAC:
        text_add_mac(out, value->slice.data, value->slice.len);
        break;
    case PALUA_BYTES:
        text_add_hex(out, value->slice.data, value->slice.len);
        break;
    case PALUA_STRING:
        text_add(out, value->slice.data, value->slice.len);
        break;
    default: // absent; lists are not scalars
        break;
    }
}

/** One item as a person reads it: fields joined by a space, empty ones left out. */
static void record_text(const struct palua_schema *schema, const void *record, struct text *out)
{
    size_t start = out->len;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct palua_field *field = &schema->fields[i];
        enum path_form form = field->type == PALUA_ENUM ? PATH_NAME : PATH_PLAIN;
        struct value value = item_read(schema, field, form, record);
        size_t before = out->len;
        if (before > start)
            text_add_char(out, ' ');
        size_t body = out->len;
        scalar_text(&value, out);
        if (out->len == body && body > before) {
            out->len = before;
            out->data[before] = '\0';
        }
    }
}

static void list_text(const struct value *list, const struct palua_field *field, struct text *out)
{
    const struct palua_schema *schema = field->item;
    const uint8_t *record = list->list.items;
    for (uint32_t i = 0; i < list->list.count; i++, record += schema->size) {
        if (i)
            text_add_char(out, ',');
        if (list->item) {
            struct value one = item_read(schema, list->item, list->form, record);
            scalar_text(&one, out);
        } else {
            record_text(schema, record, out);
        }
    }
}

void value_text(const struct value *value, const struct palua_field *field, struct text *out)
{
    if (value->type == PALUA_LIST)
        list_text(value, field, out);
    else
        scalar_text(value, out);
}
