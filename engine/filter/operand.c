// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/operand.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "event/schemas.h"

static bool find_path(struct filter_operand *operand, const struct filter_scope *scope,
                      uint16_t kind, const char *name)
{
    operand->base = FILTER_FIELD;
    return path_resolve(scope->registry, kind, name, &operand->path, NULL);
}

/** The rest of a name behind "prefix."; NULL if it does not begin like that. */
static const char *behind(const char *name, const char *prefix, size_t len)
{
    return strncmp(name, prefix, len) == 0 && name[len] == '.' ? name + len + 1 : NULL;
}

/** Behind the name of the event, or of its protocol. */
static const char *own_part(const char *event, const char *name)
{
    const char *rest = behind(name, event, strlen(event));
    return rest ? rest : behind(name, event, strcspn(event, "."));
}

/** A field of the flow, without "flow.". */
static bool find_flow(struct filter_operand *operand, const struct filter_scope *scope,
                      uint16_t kind, const char *name)
{
    char flow[FILTER_NAME_CAP + 8];
    snprintf(flow, sizeof flow, "flow.%s", name);
    return kind != EVENT_CAPTURE_END && find_path(operand, scope, kind, flow);
}

static bool find_event_field(struct filter_operand *operand, const struct filter_scope *scope,
                             uint16_t kind, const char *name)
{
    const char *rest = own_part(registry_schema(scope->registry, kind)->name, name);
    return find_path(operand, scope, kind, name) || (rest && find_path(operand, scope, kind, rest));
}

static bool find_layer_field(struct filter_operand *operand, const char *name)
{
    operand->base = FILTER_LAYERS;
    operand->layer = filter_layer_find(name);
    return operand->layer != NULL;
}

/** What Wireshark calls a field of an SCTP chunk: sctp.chunk_type, sctp.data_sid. */
static bool find_chunk_field(struct filter_operand *operand, const struct filter_scope *scope,
                             const char *name)
{
    if (!behind(name, "sctp", 4) || !find_path(operand, scope, EVENT_TRANSPORT, name))
        return false;
    operand->base = FILTER_CHUNKS;
    return operand->path.item;
}

/** Whether an event is one of a dissector's. */
static bool is_of(const struct registry *registry, uint16_t kind, const char *protocol)
{
    const char *event = registry_schema(registry, kind)->name;
    size_t len = strcspn(event, ".");
    return kind >= EVENT_ENGINE_COUNT && strlen(protocol) == len &&
           memcmp(event, protocol, len) == 0;
}

static bool is_dissected(const struct registry *registry, const char *name)
{
    for (uint16_t kind = 0; kind < registry_count(registry); kind++)
        if (is_of(registry, kind, name))
            return true;
    return false;
}

/** A protocol's name: one of a layer, or of a dissector. */
static bool find_protocol(struct filter_operand *operand, const struct filter_scope *scope,
                          uint16_t kind, const char *name)
{
    operand->protocol = decoder_protocol_find(scope->decoder, name);
    operand->base = FILTER_PROTOCOL;
    if (operand->protocol != PALUA_PROTOCOL_NONE)
        return true;
    if (!is_dissected(scope->registry, name))
        return false;
    if (is_of(scope->registry, kind, name)) {
        operand->base = FILTER_ALWAYS;
        return true;
    }
    // At its first packets nobody knows yet what a flow carries.
    bool found = !event_is_of_packet(kind) && kind != EVENT_FLOW_START &&
                 find_flow(operand, scope, kind, "service");
    operand->base = FILTER_SERVICE;
    return found;
}

static void set_type(struct filter_operand *operand)
{
    const struct palua_field *field = NULL;
    struct path *path = &operand->path;
    // A list of single values is compared as these.
    if (operand->base == FILTER_FIELD && path->field->type == PALUA_LIST && !path->item &&
        path->field->item->field_count == 1)
        path->item = &path->field->item->fields[0];
    operand->type = (struct filter_type){0};
    if (operand->base == FILTER_LAYERS) {
        field = &operand->layer->field;
        operand->type.address_len = operand->layer->address_len;
    } else if (operand->base == FILTER_FIELD || operand->base == FILTER_CHUNKS) {
        field = path->item ? path->item : path->field;
    }
    if (!field)
        return;
    operand->type.type = field->type;
    operand->type.names = field->names;
    if (operand->base == FILTER_LAYERS && operand->layer->flag)
        operand->type.type = PALUA_BOOL;
    if (operand->base == FILTER_FIELD && path->form == PATH_NS)
        operand->type.type = PALUA_INT;
}

static bool find_for(struct filter_operand *operand, const struct filter_scope *scope,
                     uint16_t kind, const char *name)
{
    *operand = (struct filter_operand){0};
    if (!find_event_field(operand, scope, kind, name) && !find_layer_field(operand, name) &&
        !find_chunk_field(operand, scope, name) && !find_protocol(operand, scope, kind, name) &&
        !find_flow(operand, scope, kind, name))
        return false;
    set_type(operand);
    return true;
}

static bool find(struct filter_operand *operand, const struct filter_scope *scope, const char *name)
{
    bool found = find_for(operand, scope, scope->kind, name);
    for (uint32_t i = 0; !found && i < scope->other_count; i++) {
        found = find_for(operand, scope, scope->others[i], name);
        operand->base = FILTER_NEVER;
    }
    snprintf(operand->name, sizeof operand->name, "%s", name);
    return found;
}

static void want_flow(const struct filter_scope *scope, const char *field)
{
    struct path path;
    if (path_resolve(scope->registry, scope->kind, field, &path, NULL))
        interest_add(scope->interest, &path);
}

/** What it takes to read the operand. Behind the layers of a packet stands the flow, for events
 * that may come without: those of a flow's end. */
static void add_interest(const struct filter_operand *operand, const struct filter_scope *scope)
{
    switch (operand->base) {
    case FILTER_FIELD:
    case FILTER_SERVICE:
        interest_add(scope->interest, &operand->path);
        return;
    case FILTER_LAYERS:
    case FILTER_CHUNKS:
    case FILTER_PROTOCOL:
        scope->interest->kinds[scope->kind].layers = true;
        if (!event_is_of_packet(scope->kind) && scope->kind != EVENT_CAPTURE_END)
            want_flow(scope, "flow.proto");
        return;
    case FILTER_ALWAYS:
    case FILTER_NEVER:
        return;
    }
}

/** The event that a name begins with, if it is another one. */
static const char *other_event(const struct filter_scope *scope, const char *name)
{
    for (uint16_t kind = 0; kind < registry_count(scope->registry); kind++) {
        const char *event = registry_schema(scope->registry, kind)->name;
        if (kind != scope->kind && strchr(event, '.') && behind(name, event, strlen(event)))
            return event;
    }
    return NULL;
}

/** The nearest name among those of layers. */
static const char *near_layer(const char *name)
{
    const char *names[128];
    size_t count = 0;
    for (const char *at; count < 128 && (at = filter_layer_name((uint32_t)count)); count++)
        names[count] = at;
    return strchr(name, '.') ? nearest(name, names, count) : NULL;
}

static bool unknown(const struct filter_scope *scope, const struct filter_token *token,
                    const char *name, struct error *err)
{
    const char *event = registry_schema(scope->registry, scope->kind)->name;
    const char *other = other_event(scope, name), *rest = own_part(event, name);
    const char *near = near_layer(name);
    struct path path;
    struct error why = {0};
    if (other)
        return filter_refuse(err, token->column,
                             "'%s' is a field of another event, and this filter is asked of %s",
                             name, event);
    if (near)
        return filter_refuse(err, token->column, "there is no field '%s'; did you mean '%s'?", name,
                             near);
    if (is_dissected(scope->registry, name))
        return filter_refuse(err, token->column,
                             "'%s' is no layer that %s could tell of; it has events of its own, "
                             "and flow.end tells the service",
                             name, event);
    // The names of chunks' fields stand in the event that shows them.
    uint16_t kind = behind(name, "sctp", 4) ? EVENT_TRANSPORT : scope->kind;
    path_resolve(scope->registry, kind, rest ? rest : name, &path, &why);
    return filter_refuse(err, token->column, "%s", why.text);
}

static bool copy_name(const struct filter_token *token, char name[FILTER_NAME_CAP])
{
    if (token->kind != FILTER_WORD || token->len >= FILTER_NAME_CAP ||
        memchr(token->text, '/', token->len))
        return false;
    memcpy(name, token->text, token->len);
    name[token->len] = '\0';
    return (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_' ||
           (name[0] >= 'A' && name[0] <= 'Z');
}

bool filter_operand_init(struct filter_operand *operand, const struct filter_scope *scope,
                         const struct filter_token *token, struct error *err)
{
    char name[FILTER_NAME_CAP];
    if (!copy_name(token, name))
        return filter_refuse(err, token->column,
                             "a field's name was expected, not %s%.*s; the field stands to the "
                             "left of the operator, its value to the right",
                             token->kind == FILTER_END ? "the end" : "",
                             (int)(token->len < 64 ? token->len : 64), token->text);
    if (!find(operand, scope, name))
        return unknown(scope, token, name, err);
    add_interest(operand, scope);
    return true;
}

bool filter_operand_known(const struct filter_scope *scope, const struct filter_token *token)
{
    struct filter_operand operand;
    char name[FILTER_NAME_CAP];
    return copy_name(token, name) && find(&operand, scope, name);
}

void filter_operand_use_number(struct filter_operand *operand)
{
    bool has_path = operand->base == FILTER_FIELD || operand->base == FILTER_CHUNKS;
    if (has_path && operand->path.form == PATH_NAME)
        operand->path.form = PATH_PLAIN;
}

bool filter_operand_of_packet(const struct filter_operand *operand)
{
    switch (operand->base) {
    case FILTER_FIELD:
        return operand->path.base == PATH_PACKET;
    case FILTER_LAYERS:
    case FILTER_CHUNKS:
    case FILTER_PROTOCOL:
    case FILTER_ALWAYS:
    case FILTER_NEVER:
        return true;
    case FILTER_SERVICE:
        break;
    }
    return false;
}

static bool show(const struct filter_operand *operand, struct value *value, filter_visit visit,
                 void *context)
{
    if (operand->mask)
        value->uint &= operand->mask;
    return visit(context, value);
}

/** The operand's field of one item, which may lack it. */
static bool show_item(const struct filter_operand *operand, const void *item, filter_visit visit,
                      void *context)
{
    const struct path *path = &operand->path;
    struct value value = item_read(path->field->item, path->item, path->form, item);
    return value.type && show(operand, &value, visit, context);
}

/** The items of a list that a path goes through, or the list itself if it has any. */
static bool visit_list(const struct filter_operand *operand, struct value *list, filter_visit visit,
                       void *context)
{
    const struct path *path = &operand->path;
    if (!path->item)
        return list->list.count && show(operand, list, visit, context);
    for (uint32_t i = 0; i < list->list.count; i++) {
        const uint8_t *item =
            (const uint8_t *)list->list.items + (size_t)i * path->field->item->size;
        if (show_item(operand, item, visit, context))
            return true;
    }
    return false;
}

static bool visit_field(const struct filter_operand *operand, const struct palua_event *event,
                        filter_visit visit, void *context)
{
    struct value value;
    path_read_into(&operand->path, event, &value);
    if (value.type == PALUA_LIST)
        return visit_list(operand, &value, visit, context);
    return value.type && show(operand, &value, visit, context);
}

/** Whether the packet behind an event can be looked into; the record of a flow's last packet has
 * no bytes. */
static bool has_layers(const struct palua_event *event)
{
    return event->packet && (event->packet->layer_count || event->packet->data);
}

static bool visit_layer(const struct filter_operand *operand, const struct palua_packet *packet,
                        uint32_t layer, filter_visit visit, void *context)
{
    struct value values[2];
    uint32_t count = filter_layer_read(operand->layer, packet, layer, values);
    for (uint32_t i = 0; i < count; i++)
        if (show(operand, &values[i], visit, context))
            return true;
    return false;
}

static bool visit_packet(const struct filter_operand *operand, const struct palua_packet *packet,
                         filter_visit visit, void *context)
{
    uint16_t protocol = operand->layer->protocol;
    if (protocol == PALUA_PROTOCOL_NONE)
        return visit_layer(operand, packet, 0, visit, context);
    for (uint32_t i = 0; i < packet->layer_count; i++)
        if (packet->layers[i].protocol == protocol &&
            visit_layer(operand, packet, i, visit, context))
            return true;
    return false;
}

/** The field of each chunk that has it, in one SCTP layer after the other. */
static bool visit_chunks(const struct filter_operand *operand, const struct palua_packet *packet,
                         filter_visit visit, void *context)
{
    for (uint32_t i = 0; i < packet->layer_count; i++) {
        struct chunk_walk chunks = chunks_walk(packet, i);
        struct chunk_item item;
        while (chunks_next(&chunks, &item))
            if (show_item(operand, &item, visit, context))
                return true;
    }
    return false;
}

static bool visit_flow(const struct filter_operand *operand, const struct palua_flow *flow,
                       filter_visit visit, void *context)
{
    struct value value;
    for (uint32_t which = 0; flow && which < 2; which++)
        if (filter_layer_flow(operand->layer, flow, which, &value) &&
            show(operand, &value, visit, context))
            return true;
    return false;
}

static bool has_protocol(const struct filter_operand *operand, const struct palua_event *event)
{
    if (has_layers(event))
        return filter_layer_present(event->packet, operand->protocol);
    return event->flow && filter_layer_flow_has(event->flow, operand->protocol);
}

static bool has_service(const struct filter_operand *operand, const struct palua_event *event)
{
    struct value service;
    path_read_into(&operand->path, event, &service);
    return service.type == PALUA_STRING && service.slice.len == strlen(operand->name) &&
           memcmp(service.slice.data, operand->name, service.slice.len) == 0;
}

/** A protocol that is there is a value of its own, once. */
static bool visit_presence(bool there, filter_visit visit, void *context)
{
    const struct value value = {.type = PALUA_BOOL, .uint = 1};
    return there && visit(context, &value);
}

bool filter_operand_visit(const struct filter_operand *operand, const struct palua_event *event,
                          filter_visit visit, void *context)
{
    switch (operand->base) {
    case FILTER_FIELD:
        return visit_field(operand, event, visit, context);
    case FILTER_LAYERS:
        return has_layers(event) ? visit_packet(operand, event->packet, visit, context)
                                 : visit_flow(operand, event->flow, visit, context);
    case FILTER_CHUNKS:
        return has_layers(event) && visit_chunks(operand, event->packet, visit, context);
    case FILTER_PROTOCOL:
        return visit_presence(has_protocol(operand, event), visit, context);
    case FILTER_SERVICE:
        return visit_presence(has_service(operand, event), visit, context);
    case FILTER_ALWAYS:
        return visit_presence(true, visit, context);
    case FILTER_NEVER:
        break;
    }
    return false;
}
