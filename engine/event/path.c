// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"

/** Part of a name that need not end in NUL. */
struct name {
    const char *text;
    size_t len;
};

static bool same(struct name name, const char *text, size_t len)
{
    return name.len == len && memcmp(name.text, text, len) == 0;
}

static bool has_alias(const struct palua_field *field, struct name name)
{
    const char *at = field->aliases;
    while (at) {
        const char *comma = strchr(at, ',');
        if (same(name, at, comma ? (size_t)(comma - at) : strlen(at)))
            return true;
        at = comma ? comma + 1 : NULL;
    }
    return false;
}

bool path_called(const struct palua_field *field, const char *name)
{
    return strcmp(field->name, name) == 0 || has_alias(field, (struct name){name, strlen(name)});
}

static const struct palua_field *find_exact(const struct palua_schema *schema, struct name name)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (same(name, schema->fields[i].name, strlen(schema->fields[i].name)))
            return &schema->fields[i];
    return NULL;
}

static const struct palua_field *find_plain(const struct palua_schema *schema, struct name name)
{
    const struct palua_field *exact = find_exact(schema, name);
    for (uint32_t i = 0; !exact && i < schema->field_count; i++)
        if (has_alias(&schema->fields[i], name))
            exact = &schema->fields[i];
    return exact;
}

static bool form_fits(const struct palua_field *field, enum path_form form)
{
    if (form == PATH_NS)
        return field->type == PALUA_TIME || field->type == PALUA_DURATION;
    return field->type == PALUA_ENUM;
}

/** A field called `name` without its suffix, if the suffix means something for its type. */
static const struct palua_field *find_formed(const struct palua_schema *schema, struct name name,
                                             const char *suffix, enum path_form form)
{
    size_t len = strlen(suffix);
    if (name.len <= len || memcmp(name.text + name.len - len, suffix, len) != 0)
        return NULL;
    name.len -= len;
    const struct palua_field *field = find_plain(schema, name);
    return field && form_fits(field, form) ? field : NULL;
}

static const struct palua_field *find_field(const struct palua_schema *schema, struct name name,
                                            enum path_form *form)
{
    *form = PATH_PLAIN;
    const struct palua_field *field = find_plain(schema, name);
    if (!field && (field = find_formed(schema, name, "_ns", PATH_NS)))
        *form = PATH_NS;
    if (!field && (field = find_formed(schema, name, "_name", PATH_NAME)))
        *form = PATH_NAME;
    return field;
}

static bool found(struct path *out, enum path_base base, const struct palua_schema *schema,
                  const struct palua_field *field)
{
    if (!field)
        return false;
    out->base = base;
    out->schema = schema;
    out->field = field;
    out->index = (uint8_t)(field - schema->fields);
    return true;
}

static bool find_in(struct path *out, enum path_base base, const struct palua_schema *schema,
                    struct name name)
{
    return found(out, base, schema, find_field(schema, name, &out->form));
}

/** "sctp.chunk_type": what a field of the items of one of the event's lists is called elsewhere. */
static bool find_item_alias(struct path *out, const struct palua_schema *schema, struct name name)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct palua_field *list = &schema->fields[i];
        out->item = list->type == PALUA_LIST ? find_field(list->item, name, &out->form) : NULL;
        if (out->item)
            return found(out, PATH_EVENT, schema, list);
    }
    return false;
}

/** "answers.name": a field of the items of one of the event's lists. */
static bool find_item(struct path *out, const struct palua_schema *schema, struct name name)
{
    const char *dot = memchr(name.text, '.', name.len);
    if (!dot)
        return false;
    if (find_item_alias(out, schema, name)) // only an alias has a dot
        return true;
    struct name list = {name.text, (size_t)(dot - name.text)};
    struct name rest = {dot + 1, name.len - list.len - 1};
    const struct palua_field *field = find_plain(schema, list);
    if (!field || field->type != PALUA_LIST)
        return false;
    out->item = find_field(field->item, rest, &out->form);
    return out->item && found(out, PATH_EVENT, schema, field);
}

static bool find_flow(struct path *out, struct name name)
{
    if (name.len > 3 && memcmp(name.text, "id.", 3) == 0)
        return find_in(out, PATH_FLOW, &palua_flow_schema, name);
    if (name.len <= 5 || memcmp(name.text, "flow.", 5) != 0)
        return false;
    struct name rest = {name.text + 5, name.len - 5};
    return find_in(out, PATH_FLOW, &palua_flow_schema, rest) ||
           find_in(out, PATH_FLOW_LIVE, &palua_flow_live_schema, rest);
}

/** Every name a path of this event could have had, for the nearest one. */
struct candidates {
    struct text text; /**< the names, each with its NUL */
    const char **names;
    size_t count;
};

static void add_name(struct candidates *all, const char *prefix, const char *name, size_t len,
                     const char *suffix)
{
    text_add_str(&all->text, prefix);
    text_add(&all->text, name, len);
    text_add_str(&all->text, suffix);
    text_add_char(&all->text, '\0');
    all->count++;
}

static void add_aliases(struct candidates *all, const struct palua_field *field)
{
    for (const char *at = field->aliases; at;) {
        const char *comma = strchr(at, ',');
        add_name(all, "", at, comma ? (size_t)(comma - at) : strlen(at), "");
        at = comma ? comma + 1 : NULL;
    }
}

static void add_field(struct candidates *all, const char *prefix, const struct palua_field *field)
{
    add_name(all, prefix, field->name, strlen(field->name), "");
    if (form_fits(field, PATH_NS))
        add_name(all, prefix, field->name, strlen(field->name), "_ns");
    if (form_fits(field, PATH_NAME))
        add_name(all, prefix, field->name, strlen(field->name), "_name");
    add_aliases(all, field);
}

static void add_schema(struct candidates *all, const char *prefix,
                       const struct palua_schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        add_field(all, prefix, &schema->fields[i]);
}

static void add_items(struct candidates *all, const struct palua_schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const struct palua_field *list = &schema->fields[i];
        for (uint32_t k = 0; list->type == PALUA_LIST && k < list->item->field_count; k++) {
            const char *name = list->item->fields[k].name;
            text_add_str(&all->text, list->name);
            add_name(all, ".", name, strlen(name), "");
            add_aliases(all, &list->item->fields[k]);
        }
    }
}

static void candidates_init(struct candidates *all, const struct palua_schema *schema)
{
    *all = (struct candidates){0};
    add_schema(all, "", schema);
    add_items(all, schema);
    add_schema(all, "", &palua_common_schema);
    add_schema(all, "flow.", &palua_flow_schema);
    add_schema(all, "flow.", &palua_flow_live_schema);
    all->names = memory_alloc(memory_mul(all->count, sizeof *all->names));
    const char *at = all->text.data;
    for (size_t i = 0; i < all->count; i++, at += strlen(at) + 1)
        all->names[i] = at;
}

static bool unknown(const struct palua_schema *schema, const char *field, struct error *err)
{
    struct candidates all;
    if (!err)
        return false; // asked only whether there is one
    candidates_init(&all, schema);
    const char *near = nearest(field, all.names, all.count);
    if (near)
        error_set(err, ERROR_USAGE, "", "event %s has no field '%s'; did you mean '%s'?",
                  schema->name, field, near);
    else
        error_set(err, ERROR_USAGE, "",
                  "event %s has no field '%s'; palua --describe %s lists its fields", schema->name,
                  field, schema->name);
    memory_free(all.names);
    text_fini(&all.text);
    return false;
}

bool path_resolve(const struct registry *registry, uint16_t kind, const char *field,
                  struct path *out, struct error *err)
{
    const struct palua_schema *schema = registry_schema(registry, kind);
    struct name name = {field, strlen(field)};
    struct path path = {.kind = kind};
    if (!find_in(&path, PATH_EVENT, schema, name) && !find_item(&path, schema, name) &&
        !find_in(&path, PATH_PACKET, &palua_common_schema, name) && !find_flow(&path, name))
        return unknown(schema, field, err);
    *out = path;
    return true;
}
