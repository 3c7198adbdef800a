// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/operand.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "event/schemas.h"

/** Events of packets, which belong to no flow or have always their packet's layers. */
static bool has_packet(uint16_t kind)
{
    return kind == EVENT_PACKET || kind == EVENT_LINK || kind == EVENT_NETWORK ||
           kind == EVENT_TUNNEL || kind == EVENT_TRANSPORT || kind == EVENT_FRAGMENT;
}

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
    bool found =
        !has_packet(kind) && kind != EVENT_FLOW_START && find_flow(operand, scope, kind, "service");
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
        if (!has_packet(scope->kind) && scope->kind != EVENT_CAPTURE_END)
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

/** One item of a list that a path goes through, or the list itself if it has any. */
static bool next_of_list(struct filter_values *values, const struct value *list, struct value *out)
{
    const struct path *path = &values->operand->path;
    if (values->next >= list->list.count)
        return false;
    if (!path->item) {
        values->next = list->list.count;
        *out = *list;
        return true;
    }
    const uint8_t *item = list->list.items;
    item += (size_t)values->next++ * path->field->item->size;
    *out = item_read(path->field->item, path->item, path->form, item);
    return true;
}

static bool next_field(struct filter_values *values, struct value *out)
{
    struct value value;
    if (values->next && values->operand->path.field->type != PALUA_LIST)
        return false;
    path_read_into(&values->operand->path, values->event, &value);
    if (value.type == PALUA_LIST) {
        while (next_of_list(values, &value, out))
            if (out->type) // the item may lack it
                return true;
        return false;
    }
    values->next = 1;
    *out = value;
    return value.type != 0;
}

/** Whether the packet behind an event can be looked into; the record of a flow's last packet has
 * no bytes. */
static bool has_layers(const struct palua_event *event)
{
    return event->packet && (event->packet->layer_count || event->packet->data);
}

static bool next_of_layers(struct filter_values *values, struct value *out)
{
    const struct filter_layer_field *field = values->operand->layer;
    const struct palua_packet *packet = values->event->packet;
    uint32_t count = field->record == FILTER_RECORD_FRAME ? 1 : packet->layer_count;
    while (values->next < 2 * count) {
        uint32_t at = values->next++;
        if (filter_layer_read(field, packet, at / 2, at % 2, out))
            return true;
    }
    return false;
}

/** One chunk after the other has the field or has not, in one SCTP layer after the other. */
static bool next_of_chunks(struct filter_values *values, struct value *out)
{
    const struct path *path = &values->operand->path;
    const struct palua_packet *packet = values->event->packet;
    struct chunk_item item;
    for (;;) {
        if (chunks_next(&values->chunks, &item)) {
            *out = item_read(path->field->item, path->item, path->form, &item);
            if (out->type)
                return true;
        } else if (values->next < packet->layer_count) {
            values->chunks = chunks_walk(packet, values->next++);
        } else {
            return false;
        }
    }
}

static bool next_of_flow(struct filter_values *values, struct value *out)
{
    const struct palua_flow *flow = values->event->flow;
    while (flow && values->next < 2)
        if (filter_layer_flow(values->operand->layer, flow, values->next++, out))
            return true;
    return false;
}

static bool has_protocol(const struct filter_values *values)
{
    const struct palua_event *event = values->event;
    uint16_t protocol = values->operand->protocol;
    if (has_layers(event))
        return filter_layer_present(event->packet, protocol);
    return event->flow && filter_layer_flow_has(event->flow, protocol);
}

static bool has_service(const struct filter_values *values)
{
    struct value service;
    const char *name = values->operand->name;
    path_read_into(&values->operand->path, values->event, &service);
    return service.type == PALUA_STRING && service.slice.len == strlen(name) &&
           memcmp(service.slice.data, name, service.slice.len) == 0;
}

/** A protocol that is there is a value of its own, once. */
static bool next_of_presence(struct filter_values *values, bool there, struct value *out)
{
    *out = (struct value){.type = PALUA_BOOL, .uint = 1};
    return there && values->next++ == 0;
}

bool filter_values_next(struct filter_values *values, struct value *out)
{
    const struct filter_operand *operand = values->operand;
    bool found = false;
    switch (operand->base) {
    case FILTER_FIELD:
        found = next_field(values, out);
        break;
    case FILTER_LAYERS:
        found = has_layers(values->event) ? next_of_layers(values, out) : next_of_flow(values, out);
        break;
    case FILTER_CHUNKS:
        found = has_layers(values->event) && next_of_chunks(values, out);
        break;
    case FILTER_PROTOCOL:
        return next_of_presence(values, has_protocol(values), out);
    case FILTER_SERVICE:
        return next_of_presence(values, has_service(values), out);
    case FILTER_ALWAYS:
        return next_of_presence(values, true, out);
    case FILTER_NEVER:
        break;
    }
    if (found && operand->mask)
        out->uint &= operand->mask;
    return found;
}
