// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/registry.h"

#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "event/schemas.h"

struct registry {
    uint16_t count;
    const struct palua_schema *schemas[EVENT_KIND_CAP];
    const char *names[EVENT_KIND_CAP]; /**< of the schemas: what nearest() wants */
};

/** Names that every event has already; a field of that name could not be reached. */
static const char *const reserved_names[] = {"packet_number", "file", "frame", "ts",
                                             "ts_ns",         "flow", "copy",  "keep"};

/** Bytes a field of each type takes in its record; 0: one of the integer sizes. */
static const uint8_t type_sizes[] = {
    [PALUA_UINT] = 0,
    [PALUA_INT] = 0,
    [PALUA_ENUM] = 0,
    [PALUA_BOOL] = 1,
    [PALUA_REAL] = sizeof(double),
    [PALUA_TIME] = sizeof(int64_t),
    [PALUA_DURATION] = sizeof(int64_t),
    [PALUA_IPADDR] = sizeof(struct palua_slice),
    [PALUA_MAC] = sizeof(struct palua_slice),
    [PALUA_BYTES] = sizeof(struct palua_slice),
    [PALUA_STRING] = sizeof(struct palua_slice),
    [PALUA_LIST] = sizeof(struct palua_list),
};

/** What is being checked, for messages. */
struct check {
    const struct palua_schema *schema;
    bool item; /**< of a list: no event header, no lists inside */
    struct error *err;
};

static bool refuse(const struct check *check, const struct palua_field *field, const char *why)
{
    const char *name = check->schema->name ? check->schema->name : "(no name)";
    if (!field)
        return error_set(check->err, ERROR_PLUGIN, name, "the event's declaration is wrong: %s",
                         why);
    return error_set(check->err, ERROR_PLUGIN, name, "the declaration of field '%s' is wrong: %s",
                     field->name ? field->name : "(no name)", why);
}

static bool name_fits(const char *name, const char *extra)
{
    if (!name || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char *c = name; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '_' &&
            !strchr(extra, *c))
            return false;
    return true;
}

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved_names / sizeof *reserved_names; i++)
        if (strcmp(name, reserved_names[i]) == 0)
            return true;
    return false;
}

static bool size_fits(const struct palua_field *field)
{
    uint8_t size = type_sizes[field->type];
    if (size)
        return field->size == size;
    return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
}

static bool check_enum(const struct check *check, const struct palua_field *field)
{
    if (!field->names)
        return refuse(check, field, "an enum needs its names");
    for (uint32_t i = 0; i < field->names->count; i++) {
        const struct palua_enum_name *at = &field->names->names[i];
        if (!at->name)
            return refuse(check, field, "a value of the enum has no name");
        if (i && at->value <= at[-1].value)
            return refuse(check, field, "the enum's values must ascend");
    }
    return true;
}

static bool has_optional(const struct palua_schema *schema)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].flags & PALUA_OPTIONAL)
            return true;
    return false;
}

static bool check_place(const struct check *check, const struct palua_field *field)
{
    if (!size_fits(field))
        return refuse(check, field, "its size is not that of its type");
    if ((uint64_t)field->offset + field->size > check->schema->size)
        return refuse(check, field, "it reaches past the end of the struct");
    if (!check->item && field->offset < sizeof(struct palua_event))
        return refuse(check, field, "it lies inside the event's header");
    if (check->item && field->offset < sizeof(uint64_t) && has_optional(check->schema))
        return refuse(check, field, "an item with optional fields begins with a mask of 64 bits");
    return true;
}

static bool check_names(const struct check *check, uint32_t index)
{
    const struct palua_field *field = &check->schema->fields[index];
    if (!name_fits(field->name, ""))
        return refuse(check, field, "a name is a-z, 0-9 and _, and starts with a letter");
    if (!check->item && is_reserved(field->name))
        return refuse(check, field, "every event has a field of that name already");
    if (!field->doc || !field->doc[0])
        return refuse(check, field, "it has no line of documentation");
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(check->schema->fields[i].name, field->name) == 0)
            return refuse(check, field, "there are two fields of that name");
    return true;
}

static bool check_schema(const struct check *check);

static bool check_list(const struct check *check, const struct palua_field *field)
{
    if (check->item)
        return refuse(check, field, "a list cannot hold lists");
    if (!field->item)
        return refuse(check, field, "a list needs the schema of its items");
    struct check item = {.schema = field->item, .item = true, .err = check->err};
    return check_schema(&item);
}

static bool check_field(const struct check *check, uint32_t index)
{
    const struct palua_field *field = &check->schema->fields[index];
    if (!check_names(check, index))
        return false;
    if (field->type < PALUA_UINT || field->type > PALUA_LIST)
        return refuse(check, field, "its type is unknown");
    if (!check_place(check, field))
        return false;
    if (field->type == PALUA_ENUM)
        return check_enum(check, field);
    return field->type != PALUA_LIST || check_list(check, field);
}

static bool check_schema(const struct check *check)
{
    const struct palua_schema *schema = check->schema;
    if (!name_fits(schema->name, "."))
        return refuse(check, NULL, "a name is a-z, 0-9, _ and ., and starts with a letter");
    if (!schema->doc || !schema->doc[0])
        return refuse(check, NULL, "it has no line of documentation");
    if (schema->field_count > PALUA_FIELD_CAP)
        return refuse(check, NULL, "it has more fields than fit a mask of 64");
    if (schema->size < (check->item ? 1 : sizeof(struct palua_event)))
        return refuse(check, NULL, "its struct does not start with struct palua_event");
    if (check->item && !schema->field_count)
        return refuse(check, NULL, "an item without fields");
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (!check_field(check, i))
            return false;
    return true;
}

struct registry *registry_new(void)
{
    struct registry *registry = memory_zalloc(1, sizeof *registry);
    for (uint16_t i = 0; i < EVENT_ENGINE_COUNT; i++) {
        registry->schemas[i] = &event_schemas[i];
        registry->names[i] = event_schemas[i].name;
    }
    registry->count = EVENT_ENGINE_COUNT;
    return registry;
}

void registry_free(struct registry *registry)
{
    memory_free(registry);
}

bool registry_add(struct registry *registry, const struct palua_schema *schema, uint16_t *kind,
                  struct error *err)
{
    struct check check = {.schema = schema, .err = err};
    if (!check_schema(&check))
        return false;
    if (registry_find(registry, schema->name) != EVENT_KIND_NONE)
        return refuse(&check, NULL, "another event has that name");
    if (registry->count == EVENT_KIND_CAP)
        return error_set(err, ERROR_PLUGIN, schema->name,
                         "a run has at most %d kinds of event; load fewer plugins", EVENT_KIND_CAP);
    registry->schemas[registry->count] = schema;
    registry->names[registry->count] = schema->name;
    *kind = registry->count++;
    return true;
}

uint16_t registry_count(const struct registry *registry)
{
    return registry->count;
}

const struct palua_schema *registry_schema(const struct registry *registry, uint16_t kind)
{
    return registry->schemas[kind];
}

uint16_t registry_find(const struct registry *registry, const char *name)
{
    for (uint16_t i = 0; i < registry->count; i++)
        if (strcmp(registry->names[i], name) == 0)
            return i;
    return EVENT_KIND_NONE;
}

const char *registry_nearest(const struct registry *registry, const char *name)
{
    return nearest(name, registry->names, registry->count);
}
