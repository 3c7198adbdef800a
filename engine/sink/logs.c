// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/logs.h"

#include <string.h>

#include "base/memory.h"

struct logs {
    struct log_stream *streams[LOGS_CAP];
    size_t count;
};

static const char name_bytes[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
static const char blanks[] = " \t\n\r";

struct logs *logs_new(void)
{
    return memory_zalloc(1, sizeof(struct logs));
}

static void stream_free(struct log_stream *stream)
{
    for (uint32_t i = 0; i < stream->schema.column_count; i++)
        memory_free((void *)(uintptr_t)stream->schema.columns[i]); // allocated below
    memory_free((void *)(uintptr_t)stream->schema.columns);
    memory_free((void *)(uintptr_t)stream->schema.types);
    memory_free((void *)(uintptr_t)stream->schema.name);
    memory_free(stream->script);
    memory_free(stream);
}

void logs_free(struct logs *logs)
{
    for (size_t i = 0; logs && i < logs->count; i++)
        stream_free(logs->streams[i]);
    memory_free(logs);
}

static bool is_name(const char *text, size_t len)
{
    return len && len <= LOG_NAME_CAP && strspn(text, name_bytes) >= len && text[0] != '.';
}

/** What is being read of a declaration. */
struct reading {
    const char *name;
    const char **columns;
    struct column_type *types;
    uint32_t count;
};

static bool is_twice(const struct reading *reading, const char *name, size_t len)
{
    for (uint32_t i = 0; i < reading->count; i++)
        if (strlen(reading->columns[i]) == len && memcmp(reading->columns[i], name, len) == 0)
            return true;
    return false;
}

static bool no_type(const struct reading *reading, const char *word, size_t len, size_t name_len,
                    struct error *err)
{
    char type[LOG_NAME_CAP] = "";
    size_t type_len = len - name_len - 1;
    memcpy(type, word + name_len + 1, type_len < sizeof type ? type_len : sizeof type - 1);
    const char *near = column_type_near(type);
    if (near)
        return error_set(err, ERROR_USAGE, "",
                         "log.stream(\"%s\"): column %.*s: got type '%s'; did you mean '%s'?",
                         reading->name, (int)name_len, word, type, near);
    return error_set(err, ERROR_USAGE, "",
                     "log.stream(\"%s\"): column %.*s: got type '%s', expected %s", reading->name,
                     (int)name_len, word, type, column_type_list());
}

/** One NAME:TYPE. */
static bool read_column(struct reading *reading, const char *word, size_t len, struct error *err)
{
    const char *colon = memchr(word, ':', len);
    size_t name_len = colon ? (size_t)(colon - word) : 0;
    if (!is_name(word, name_len) || name_len + 1 == len)
        return error_set(err, ERROR_USAGE, "",
                         "log.stream(\"%s\"): got '%.*s', expected NAME:TYPE such as uid:string, a "
                         "name of letters, digits, '.', '-' and '_'",
                         reading->name, len < 60 ? (int)len : 60, word);
    if (is_twice(reading, word, name_len))
        return error_set(err, ERROR_USAGE, "", "log.stream(\"%s\"): column %.*s is there twice",
                         reading->name, (int)name_len, word);
    if (reading->count == LOG_COLUMN_CAP)
        return error_set(err, ERROR_USAGE, "", "log.stream(\"%s\"): more than %d columns",
                         reading->name, LOG_COLUMN_CAP);
    if (!column_type_parse(word + name_len + 1, len - name_len - 1,
                           &reading->types[reading->count]))
        return no_type(reading, word, len, name_len, err);
    char *name = memory_zalloc(name_len + 1, 1);
    memcpy(name, word, name_len);
    reading->columns[reading->count++] = name;
    return true;
}

static bool read_columns(struct reading *reading, const char *text, struct error *err)
{
    for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
        size_t len = strcspn(text, blanks);
        if (!read_column(reading, text, len, err))
            return false;
        text += len;
    }
    return reading->count || error_set(err, ERROR_USAGE, "",
                                       "log.stream(\"%s\"): got no columns, expected \"NAME:TYPE "
                                       "NAME:TYPE …\"",
                                       reading->name);
}

static struct log_stream *stream_new(const char *name, const char *columns,
                                     const struct log_owner *owner, struct error *err)
{
    struct reading reading = {
        .name = name,
        .columns = memory_zalloc(LOG_COLUMN_CAP, sizeof *reading.columns),
        .types = memory_zalloc(LOG_COLUMN_CAP, sizeof *reading.types),
    };
    bool ok = read_columns(&reading, columns, err);
    struct log_stream *stream = memory_zalloc(1, sizeof *stream);
    stream->schema = (struct table_schema){.name = memory_strdup(name),
                                           .columns = reading.columns,
                                           .column_count = reading.count,
                                           .key_count = reading.count,
                                           .types = reading.types};
    stream->script = memory_strdup(owner->script);
    stream->line = owner->line;
    if (ok)
        return stream;
    stream_free(stream);
    return NULL;
}

static void add_column(const struct table_schema *schema, uint32_t i, struct text *out)
{
    if (i >= schema->column_count) {
        text_add_str(out, "nothing");
        return;
    }
    text_add_format(out, "%s:", schema->columns[i]);
    column_type_text(schema->types[i], out);
}

static bool column_same(const struct table_schema *a, const struct table_schema *b, uint32_t i)
{
    return i < a->column_count && i < b->column_count &&
           strcmp(a->columns[i], b->columns[i]) == 0 && column_type_same(a->types[i], b->types[i]);
}

/** Whether both have the same columns; else the first that differs is told. */
static bool same(const struct log_stream *known, const struct log_stream *now, struct error *err)
{
    const struct table_schema *a = &known->schema, *b = &now->schema;
    uint32_t i = 0, count = a->column_count > b->column_count ? a->column_count : b->column_count;
    while (i < count && column_same(a, b, i))
        i++;
    if (i == count)
        return true;
    struct text got, expected;
    text_init(&got);
    text_init(&expected);
    add_column(b, i, &got);
    add_column(a, i, &expected);
    error_set(err, ERROR_USAGE, "",
              "log.stream(\"%s\"): column %u: got %s, expected %s, as %s:%d declares a stream of "
              "that name; use another name or the same columns",
              a->name, i + 1, got.data, expected.data, known->script, known->line);
    text_fini(&got);
    text_fini(&expected);
    return false;
}

struct log_stream *logs_declare(struct logs *logs, const char *name, const char *columns,
                                const struct log_owner *owner, struct error *err)
{
    if (!is_name(name, strlen(name))) {
        error_set(err, ERROR_USAGE, "",
                  "log.stream: got the name '%.60s', expected up to %d letters, digits, '.', '-' "
                  "and '_', and no '.' in front",
                  name, LOG_NAME_CAP);
        return NULL;
    }
    struct log_stream *stream = stream_new(name, columns, owner, err);
    for (size_t i = 0; stream && i < logs->count; i++)
        if (strcmp(logs->streams[i]->schema.name, name) == 0) {
            bool fine = same(logs->streams[i], stream, err);
            stream_free(stream);
            return fine ? logs->streams[i] : NULL;
        }
    if (stream && logs->count == LOGS_CAP) {
        error_set(err, ERROR_USAGE, "", "log.stream(\"%s\"): more than %d streams", name, LOGS_CAP);
        stream_free(stream);
        return NULL;
    }
    if (stream)
        logs->streams[logs->count++] = stream;
    return stream;
}

void log_stream_open(struct log_stream *stream, struct output *output)
{
    if (stream->opened)
        return;
    stream->number = output_stream(output, &stream->schema);
    stream->opened = true;
}
