// SPDX-License-Identifier: MIT OR Apache-2.0
#include "lua/log.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <palua/event.h>

#include "base/memory.h"
#include "event/value.h"
#include "lua/instance.h"
#include "sink/cell.h"

enum { SHOWN_CAP = 40, NUMBER_CAP = 64 }; // bytes of a text in a message; of a number as text

struct palua_log {
    struct log_stream *stream;
    struct palua_argument *arguments; /**< one per column */
    struct cell *cells;               /**< the same as what is written */
    struct arena scratch;             /**< items and addresses of the row */
    struct text problem;
};

static struct palua_log *log_new(struct log_stream *stream)
{
    struct palua_log *log = memory_zalloc(1, sizeof *log);
    log->stream = stream;
    log->arguments = memory_zalloc(stream->schema.column_count, sizeof *log->arguments);
    log->cells = memory_zalloc(stream->schema.column_count, sizeof *log->cells);
    arena_init(&log->scratch);
    text_init(&log->problem);
    return log;
}

static void log_free(struct palua_log *log)
{
    memory_free(log->arguments);
    memory_free(log->cells);
    arena_fini(&log->scratch);
    text_fini(&log->problem);
    memory_free(log);
}

void log_list_fini(struct log_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        log_free(list->items[i]);
    memory_free(list->items);
}

struct palua_log *log_list_declare(struct log_list *list, struct logs *logs, const char *name,
                                   const char *columns, const struct log_owner *owner,
                                   struct error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i]->stream->schema.name, name) == 0) {
            error_set(err, ERROR_USAGE, "", "log.stream(\"%s\") is declared twice", name);
            return NULL;
        }
    struct log_stream *stream = logs_declare(logs, name, columns, owner, err);
    if (!stream)
        return NULL;
    list->items =
        memory_grow((void *)list->items, &list->cap, list->count + 1, sizeof *list->items);
    return list->items[list->count++] = log_new(stream);
}

void log_list_open(const struct log_list *list, struct output *output)
{
    for (size_t i = 0; i < list->count; i++)
        log_stream_open(list->items[i]->stream, output);
}

const struct table_schema *log_schema(const struct palua_log *log)
{
    return &log->stream->schema;
}

static const char *expected_item(enum column_item item)
{
    static const char *const texts[] = {
        [COLUMN_STRING] = "a text or bytes",
        [COLUMN_TIME] = "a time (seconds as a number, or nanoseconds as int64)",
        [COLUMN_INTERVAL] = "an interval (seconds as a number, or nanoseconds as int64)",
        [COLUMN_ADDR] = "an address",
        [COLUMN_SUBNET] = "a subnet such as 192.0.2.0/24",
        [COLUMN_PORT] = "a port (a whole number from 0 to 65535)",
        [COLUMN_COUNT] = "a count (a whole number from 0)",
        [COLUMN_INT] = "an int (a whole number)",
        [COLUMN_DOUBLE] = "a double (a number)",
        [COLUMN_BOOL] = "a bool (true or false)",
        [COLUMN_ENUM] = "an enum (a word)",
    };
    return texts[item];
}

const char *log_expected(struct column_type type)
{
    return type.container == COLUMN_SCALAR ? expected_item(type.item)
                                           : "a list (a table, a list field or a text with commas)";
}

struct palua_argument *palua_log_arguments(struct palua_log *log)
{
    return log->arguments;
}

void palua_log_begin(struct palua_log *log)
{
    arena_reset(&log->scratch);
}

struct palua_argument *palua_log_items(struct palua_log *log, uint32_t column, uint32_t count)
{
    struct palua_argument *items =
        arena_zalloc(&log->scratch, (count + 1) * sizeof *items, _Alignof(struct palua_argument));
    log->arguments[column] =
        (struct palua_argument){.type = PALUA_LIST, .len = count, .data = (const uint8_t *)items};
    return items;
}

static bool is_slice_type(uint32_t type)
{
    return type == PALUA_IPADDR || type == PALUA_MAC || type == PALUA_BYTES || type == PALUA_STRING;
}

static struct palua_argument argument_of(const struct value *value)
{
    struct palua_argument out = {.type = value->type};
    if (is_slice_type(value->type)) {
        out.data = value->slice.data;
        out.len = value->slice.len;
    } else if (value->type == PALUA_REAL) {
        out.real = value->real;
    } else if (value->type != 0) {
        out.integer = value->sint;
    }
    return out;
}

/** What a list's items are read through: their one field, or all of them as a text. */
static struct palua_argument list_item(struct palua_log *log, const struct palua_field *list,
                                       const void *record)
{
    const struct palua_schema *schema = list->item;
    if (schema->field_count == 1) {
        struct value value = item_read(schema, &schema->fields[0], PATH_PLAIN, record);
        if (value.type != PALUA_LIST)
            return argument_of(&value);
    }
    struct value one = {.type = PALUA_LIST, .list = {.items = record, .count = 1}};
    struct cell cell = cell_of(&one, list, &log->scratch);
    return (struct palua_argument){
        .type = PALUA_STRING, .data = cell.slice.data, .len = cell.slice.len};
}

void palua_log_list(struct palua_log *log, uint32_t column, const void *field, const void *record)
{
    const struct palua_field *list = field;
    struct value value = field_read(list, 0, UINT64_MAX, record);
    uint32_t count = value.type == PALUA_LIST ? value.list.count : 0;
    count = count < PALUA_LOG_ITEM_CAP ? count : PALUA_LOG_ITEM_CAP;
    struct palua_argument *items = palua_log_items(log, column, count);
    const uint8_t *at = value.list.items;
    for (uint32_t i = 0; i < count; i++, at += list->item->size)
        items[i] = list_item(log, list, at);
}

/** Whole numbers that a double holds. */
static bool whole(double value, double low, double high)
{
    return value >= low && value <= high && value == trunc(value);
}

static bool to_count(const struct palua_argument *from, uint64_t most, struct cell *out)
{
    out->type = CELL_UINT;
    if (from->type == PALUA_REAL && whole(from->real, 0, 0x1.fffffffffffffp63))
        out->uint = (uint64_t)from->real;
    else if (from->type == PALUA_UINT || from->type == PALUA_ENUM ||
             (from->type == PALUA_INT && from->integer >= 0))
        out->uint = (uint64_t)from->integer;
    else
        return false;
    return out->uint <= most;
}

static bool to_int(const struct palua_argument *from, struct cell *out)
{
    out->type = CELL_INT;
    if (from->type == PALUA_REAL && whole(from->real, -0x1p63, 0x1.fffffffffffffp62))
        out->sint = (int64_t)from->real;
    else if (from->type == PALUA_INT ||
             ((from->type == PALUA_UINT || from->type == PALUA_ENUM) && from->integer >= 0))
        out->sint = from->integer;
    else
        return false;
    return true;
}

static bool to_double(const struct palua_argument *from, struct cell *out)
{
    out->type = CELL_REAL;
    if (from->type == PALUA_REAL)
        out->real = from->real;
    else if (from->type == PALUA_INT)
        out->real = (double)from->integer;
    else if (from->type == PALUA_UINT)
        out->real = (double)(uint64_t)from->integer;
    else
        return false;
    return true;
}

/** Seconds as a number: whole microseconds where the number is the one nearest to such, as times
 * read from most captures are, and what follows is only how doubles are made. */
static bool to_ns(const struct palua_argument *from, enum cell_type type, struct cell *out)
{
    out->type = type;
    if (from->type == PALUA_INT || from->type == PALUA_TIME || from->type == PALUA_DURATION) {
        out->sint = from->integer;
        return true;
    }
    if (from->type != PALUA_REAL || !(fabs(from->real) < 9.2e9))
        return false;
    double us = rint(from->real * 1e6);
    out->sint = us / 1e6 == from->real ? (int64_t)us * 1000 : (int64_t)rint(from->real * 1e9);
    return true;
}

/** The address that a text names. @return its length, 0 if it names none */
static uint32_t parse_address(struct palua_log *log, const uint8_t *text, size_t len,
                              struct palua_slice *out)
{
    char copy[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];
    if (len >= sizeof copy)
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    out->len = palua_lua_parse_address(PALUA_IPADDR, copy, len, address);
    if (out->len)
        out->data = arena_copy(&log->scratch, address, out->len, 1);
    return out->len;
}

static bool to_addr(struct palua_log *log, const struct palua_argument *from, struct cell *out)
{
    out->type = CELL_IPADDR;
    out->slice = (struct palua_slice){.data = from->data, .len = from->len};
    if (from->type == PALUA_IPADDR) {
        out->type = from->len ? CELL_IPADDR : CELL_NIL;
        return true;
    }
    return from->type == PALUA_STRING && parse_address(log, from->data, from->len, &out->slice);
}

static bool to_subnet(struct palua_log *log, const struct palua_argument *from, struct cell *out)
{
    struct palua_slice address;
    if (from->type != PALUA_STRING || !from->len)
        return false;
    const uint8_t *slash = memrchr(from->data, '/', from->len);
    size_t len = slash ? (size_t)(slash - from->data) : 0, digits = from->len - len - 1;
    if (!slash || !parse_address(log, from->data, len, &address) || !digits || digits > 3)
        return false;
    uint32_t bits = 0;
    for (const uint8_t *at = slash + 1; at < from->data + from->len; at++) {
        if (*at < '0' || *at > '9')
            return false;
        bits = bits * 10 + (uint32_t)(*at - '0');
    }
    out->type = CELL_STRING;
    out->slice = (struct palua_slice){.data = from->data, .len = from->len};
    return bits <= address.len * 8;
}

/** Texts and bytes as they are; addresses in their notation. */
static bool to_string(const struct palua_argument *from, struct cell *out)
{
    out->type = from->type == PALUA_IPADDR ? CELL_IPADDR
                : from->type == PALUA_MAC  ? CELL_MAC
                                           : CELL_STRING;
    out->slice = (struct palua_slice){.data = from->data, .len = from->len};
    return is_slice_type(from->type);
}

static bool to_bool(const struct palua_argument *from, struct cell *out)
{
    out->type = CELL_BOOL;
    out->uint = from->integer != 0;
    return from->type == PALUA_BOOL;
}

/** Fills in a cell from a value. @return false if the value is of another type */
static bool convert(struct palua_log *log, enum column_item item, const struct palua_argument *from,
                    struct cell *out)
{
    *out = (struct cell){.type = CELL_NIL};
    if (from->type == 0)
        return true;
    switch (item) {
    case COLUMN_TIME:
        return to_ns(from, CELL_TIME, out);
    case COLUMN_INTERVAL:
        return to_ns(from, CELL_DURATION, out);
    case COLUMN_ADDR:
        return to_addr(log, from, out);
    case COLUMN_SUBNET:
        return to_subnet(log, from, out);
    case COLUMN_PORT:
        return to_count(from, UINT16_MAX, out);
    case COLUMN_COUNT:
        return to_count(from, UINT64_MAX, out);
    case COLUMN_INT:
        return to_int(from, out);
    case COLUMN_DOUBLE:
        return to_double(from, out);
    case COLUMN_BOOL:
        return to_bool(from, out);
    case COLUMN_ENUM:
        return from->type == PALUA_STRING && to_string(from, out);
    default:
        return to_string(from, out);
    }
}

static void show_text(const struct palua_argument *argument, struct text *out)
{
    size_t len = argument->len < SHOWN_CAP ? argument->len : SHOWN_CAP;
    text_add_char(out, '"');
    text_add_escaped(out, argument->data, len);
    text_add_str(out, len < argument->len ? "…\"" : "\"");
}

static void show_argument(const struct palua_argument *argument, struct text *out)
{
    switch (argument->type) {
    case PALUA_REAL:
        text_add_real(out, argument->real);
        return;
    case PALUA_BOOL:
        text_add_str(out, argument->integer ? "true" : "false");
        return;
    case PALUA_UINT:
    case PALUA_ENUM:
        text_add_uint(out, (uint64_t)argument->integer);
        return;
    case PALUA_INT:
    case PALUA_TIME:
    case PALUA_DURATION:
        text_add_int(out, argument->integer);
        return;
    case PALUA_STRING:
        show_text(argument, out);
        return;
    case PALUA_IPADDR:
        text_add_ipaddr(out, argument->data, argument->len);
        return;
    default:
        text_add_str(out, argument->type == PALUA_LIST ? "a list" : "bytes");
        return;
    }
}

/** @param item  which of the column's items it is, from 0; UINT32_MAX: the value itself
 * @return false */
static bool mismatch(struct palua_log *log, const struct palua_argument *argument,
                     const char *expected, uint32_t item)
{
    text_clear(&log->problem);
    if (item != UINT32_MAX)
        text_add_format(&log->problem, "item %u: ", item + 1);
    text_add_str(&log->problem, "got ");
    show_argument(argument, &log->problem);
    text_add_format(&log->problem, ", expected %s", expected);
    return false;
}

/** A number or bool that stands in a text with commas; what is none stays a text. */
static void read_item(enum column_item item, struct palua_argument *argument)
{
    char text[NUMBER_CAP], *end;
    if (argument->len == 0 || argument->len >= sizeof text)
        return;
    memcpy(text, argument->data, argument->len);
    text[argument->len] = '\0';
    if (item == COLUMN_BOOL) {
        bool yes = strcmp(text, "true") == 0 || strcmp(text, "T") == 0;
        if (yes || strcmp(text, "false") == 0 || strcmp(text, "F") == 0)
            *argument = (struct palua_argument){.type = PALUA_BOOL, .integer = yes};
        return;
    }
    double value = strtod(text, &end);
    if (*end == '\0')
        *argument = (struct palua_argument){.type = PALUA_REAL, .real = value};
}

static bool is_text_item(enum column_item item)
{
    return item == COLUMN_STRING || item == COLUMN_ENUM || item == COLUMN_ADDR ||
           item == COLUMN_SUBNET;
}

/** Items from a text with commas; none from an empty one. */
static bool split(struct palua_log *log, uint32_t column, enum column_item item)
{
    const struct palua_argument whole_text = log->arguments[column];
    const uint8_t *at = whole_text.data, *end = at + whole_text.len;
    uint32_t count = whole_text.len > 0;
    for (uint32_t i = 0; i < whole_text.len; i++)
        count += at[i] == ',';
    if (count > PALUA_LOG_ITEM_CAP)
        return false;
    struct palua_argument *items = palua_log_items(log, column, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
        const uint8_t *stop = comma ? comma : end;
        items[i] =
            (struct palua_argument){.type = PALUA_STRING, .data = at, .len = (uint32_t)(stop - at)};
        if (!is_text_item(item))
            read_item(item, &items[i]);
        at = comma ? comma + 1 : end;
    }
    return true;
}

static bool convert_list(struct palua_log *log, uint32_t column, struct column_type type)
{
    struct palua_argument *argument = &log->arguments[column];
    struct cell *out = &log->cells[column];
    *out = (struct cell){.type = CELL_NIL};
    if (argument->type == 0)
        return true;
    if (argument->type == PALUA_STRING ? !split(log, column, type.item)
                                       : argument->type != PALUA_LIST)
        return mismatch(log, argument, log_expected(type), UINT32_MAX);
    const struct palua_argument *items =
        (const struct palua_argument *)(const void *)argument->data;
    struct cell *cells =
        arena_zalloc(&log->scratch, (argument->len + 1) * sizeof *cells, _Alignof(struct cell));
    for (uint32_t i = 0; i < argument->len; i++)
        if (!convert(log, type.item, &items[i], &cells[i]))
            return mismatch(log, &items[i], expected_item(type.item), i);
    out->type = CELL_LIST;
    out->list.items = cells;
    out->list.count = argument->len;
    return true;
}

/** @return 0, or the number of the column whose value is of another type */
static uint32_t convert_row(struct palua_log *log)
{
    const struct table_schema *schema = &log->stream->schema;
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct column_type type = schema->types[i];
        bool fine = type.container != COLUMN_SCALAR ? convert_list(log, i, type)
                    : convert(log, type.item, &log->arguments[i], &log->cells[i])
                        ? true
                        : mismatch(log, &log->arguments[i], log_expected(type), UINT32_MAX);
        if (!fine)
            return i + 1;
    }
    return 0;
}

uint32_t palua_log_write(struct palua_lua_instance *instance, struct palua_log *log)
{
    if (!instance->sheet) // the top level has nowhere to write to
        return PALUA_LOG_NO_ROW;
    uint32_t wrong = convert_row(log);
    if (!wrong)
        output_row(instance->sheet, print_key(instance), log->stream->number, log->cells);
    arena_reset(&log->scratch);
    return wrong;
}

const char *palua_log_problem(const struct palua_log *log)
{
    return log->problem.len ? log->problem.data : "";
}
