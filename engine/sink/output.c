// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sink/aligned.h"
#include "sink/collation.h"
#include "sink/gathered.h"
#include "sink/json.h"
#include "sink/separated.h"
#include "sink/target.h"
#include "sink/zeek.h"

enum { FILE_NAME_CAP = 128 }; // bytes a table's name contributes to a file's

struct stream {
    const struct table_schema *schema;
    struct table_schema *with_file; // the same, if it is ours
    struct json_row json;           // used by JSON only
    struct target *target;
};

/** Times of the packets whose results were written, for Zeek's header lines. */
struct span {
    bool known;
    int64_t first_ns;
    int64_t last_ns;
};

struct output {
    struct output_options options;
    char *directory;         // ends with '/'; NULL unless one file per table
    struct target main;      // stdout or the file
    struct target **targets; // files of the directory
    char **names;            // of the targets
    size_t target_count;
    size_t target_cap;
    size_t name_cap;
    struct stream *streams;
    size_t stream_count;
    size_t stream_cap;
    struct collation collation;
    const char *file;         // whose rows come now; NULL: they are not told apart
    struct gathered gathered; // tables of all files
    struct span span;         // kept for OUTPUT_ZEEK only
    struct text notes;        // footers that no table shows
    struct sheet early;       // lines that wait for the first packet's time
    struct error problem;     // the first file that could not be created
};

static char separator_of(enum output_format format)
{
    return format == OUTPUT_CSV ? ',' : '\t';
}

/** Whether the rows of a stream stand below something that names its columns. */
static bool has_header(enum output_format format)
{
    return format == OUTPUT_CSV || format == OUTPUT_TSV || format == OUTPUT_ZEEK;
}

static void add_name_line(const char *name, struct text *out)
{
    text_add_str(out, "\n# ");
    text_add_escaped(out, name, strlen(name));
    text_add_char(out, '\n');
}

/** Ends what the header of the last stream began: at the end only, as nobody knows a log's last
 * time before. */
static void stream_end(const struct output *output, struct target *target)
{
    if (output->options.format == OUTPUT_ZEEK && target->stream != SHEET_NO_STREAM)
        zeek_close(output->span.last_ns, &target->text);
    target->stream = SHEET_NO_STREAM;
}

/** What stands before the first row of a stream, and before its next row after another's. */
static void stream_header(const struct output *output, struct target *target, uint32_t stream)
{
    const struct table_schema *schema = output->streams[stream].schema;
    if (output->options.format == OUTPUT_ZEEK) {
        zeek_header(schema, schema->types, output->span.first_ns, &target->text);
    } else {
        if (target->written || target->text.len)
            add_name_line(schema->name, &target->text);
        separated_header(schema, separator_of(output->options.format), &target->text);
    }
    target->stream = stream;
}

static int create_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static bool names_directory(const char *path)
{
    struct stat info;
    size_t len = strlen(path);
    return (len && path[len - 1] == '/') || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}

static bool open_directory(struct output *output, const char *path, struct error *err)
{
    size_t len = strlen(path);
    output->directory = memory_alloc(len + 2);
    memcpy(output->directory, path, len + 1);
    if (path[len - 1] != '/')
        memcpy(output->directory + len, "/", 2);
    if (mkdir(output->directory, 0777) != 0 && errno != EEXIST)
        return error_set(err, ERROR_UNWRITABLE, path, "cannot create this directory: %s",
                         strerror(errno));
    if (access(output->directory, W_OK | X_OK) != 0)
        return error_set(err, ERROR_UNWRITABLE, path, "cannot create files here: %s",
                         strerror(errno));
    return true;
}

static bool open_main(struct output *output, struct error *err)
{
    const char *path = output->options.path;
    if (path && (output->options.format == OUTPUT_ZEEK || names_directory(path))) {
        if (!open_directory(output, path, err))
            return false;
        path = NULL;
    }
    int fd = path ? create_file(path) : STDOUT_FILENO;
    if (fd < 0)
        return error_set(err, ERROR_UNWRITABLE, path, "cannot create this file: %s",
                         strerror(errno));
    target_init(&output->main, fd, path != NULL, path ? path : "stdout");
    return true;
}

struct output *output_new(const struct output_options *options, struct error *err)
{
    struct output *output = memory_zalloc(1, sizeof *output);
    output->options = *options;
    gathered_init(&output->gathered);
    sheet_init(&output->early, output);
    if (options->path)
        output->options.terminal = false;
    if (!open_main(output, err)) {
        memory_free(output->directory);
        memory_free(output);
        return NULL;
    }
    return output;
}

/** Remembers the first failure of a target. */
static void note_problem(struct output *output, const struct target *target)
{
    if (target->problem && output->problem.code == ERROR_NONE)
        error_set(&output->problem, ERROR_UNWRITABLE, target->path, "writing failed: %s",
                  strerror(target->problem));
}

static void close_target(struct output *output, struct target *target)
{
    char *path = target->path;
    target->path = NULL; // outlives the close, for the message
    target_fini(target);
    target->path = path;
    note_problem(output, target);
    memory_free(path);
}

/** Zeek's files have their header lines even if there was nothing to log, so that none is left from
 * before; and a line at their end. */
static void end_streams(struct output *output)
{
    for (size_t i = 0; output->directory && i < output->stream_count; i++) {
        struct target *target = output->streams[i].target;
        if (output->options.format == OUTPUT_ZEEK && target && !target->written)
            stream_header(output, target, (uint32_t)i);
    }
    stream_end(output, &output->main);
    target_flush(&output->main);
    for (size_t i = 0; i < output->target_count; i++) {
        stream_end(output, output->targets[i]);
        target_flush(output->targets[i]);
    }
}

bool output_free(struct output *output, struct error *err)
{
    end_streams(output);
    close_target(output, &output->main);
    for (size_t i = 0; i < output->target_count; i++) {
        close_target(output, output->targets[i]);
        memory_free(output->targets[i]);
        memory_free(output->names[i]);
    }
    for (size_t i = 0; i < output->stream_count; i++) {
        if (output->options.format == OUTPUT_JSON)
            json_row_fini(&output->streams[i].json);
        gathered_schema_free(output->streams[i].with_file);
    }
    gathered_fini(&output->gathered);
    bool fine = output->problem.code == ERROR_NONE;
    if (!fine && err)
        *err = output->problem;
    collation_fini(&output->collation);
    sheet_fini(&output->early);
    text_fini(&output->notes);
    memory_free(output->targets);
    memory_free(output->names);
    memory_free(output->streams);
    memory_free(output->directory);
    memory_free(output);
    return fine;
}

enum output_format output_format(const struct output *output)
{
    return output->options.format;
}

bool output_terminal(const struct output *output)
{
    return output->options.terminal;
}

bool output_closed(const struct output *output)
{
    return output->main.closed;
}

bool output_failed(const struct output *output)
{
    if (output->main.problem || output->problem.code != ERROR_NONE)
        return true;
    for (size_t i = 0; i < output->target_count; i++)
        if (output->targets[i]->problem)
            return true;
    return false;
}

static bool name_taken(const struct output *output, const char *name)
{
    for (size_t i = 0; i < output->target_count; i++)
        if (strcmp(output->names[i], name) == 0)
            return true;
    return false;
}

/** A file name from a table's: a script's text must not choose the folder, hide the file or confuse
 * a shell. Names that meet are numbered in the order of use. */
static void file_name(const struct output *output, const char *table, struct text *out)
{
    static const char *const extensions[] = {".txt", ".jsonl", ".csv", ".tsv", ".log"};
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    text_clear(out);
    for (size_t i = 0; table[i] && i < FILE_NAME_CAP; i++)
        text_add_char(out, strchr(allowed, table[i]) && (i || table[i] != '.') ? table[i] : '_');
    if (out->len == 0)
        text_add_char(out, '_');
    size_t stem = out->len;
    text_add_str(out, extensions[output->options.format]);
    for (unsigned number = 2; name_taken(output, out->data); number++) {
        out->len = stem;
        text_add_format(out, "-%u%s", number, extensions[output->options.format]);
    }
}

static void keep_target(struct output *output, int fd, const char *path, const char *name)
{
    struct target *target = memory_alloc(sizeof *target);
    target_init(target, fd, true, path);
    size_t need = output->target_count + 1;
    output->targets =
        memory_grow(output->targets, &output->target_cap, need, sizeof *output->targets);
    output->names = memory_grow(output->names, &output->name_cap, need, sizeof *output->names);
    output->targets[output->target_count] = target;
    output->names[output->target_count++] = memory_strdup(name);
}

/** Where a table or stream goes. NULL if its file cannot be created, which output_free reports. */
static struct target *target_for(struct output *output, const char *table)
{
    if (!output->directory)
        return &output->main;
    struct text name, path;
    text_init(&name);
    text_init(&path);
    file_name(output, table, &name);
    text_add_str(&path, output->directory);
    text_add_str(&path, name.data);
    int fd = create_file(path.data);
    struct target *target = NULL;
    if (fd >= 0) {
        keep_target(output, fd, path.data, name.data);
        target = output->targets[output->target_count - 1];
    } else if (output->problem.code == ERROR_NONE) {
        error_set(&output->problem, ERROR_UNWRITABLE, path.data, "cannot create this file: %s",
                  strerror(errno));
    }
    text_fini(&name);
    text_fini(&path);
    return target;
}

void output_print(struct sheet *sheet, struct output_key key, const char *text, size_t len)
{
    if (sheet->output->options.format == OUTPUT_JSON) {
        json_print(text, len, &sheet->text);
    } else {
        text_add(&sheet->text, text, len);
        text_add_char(&sheet->text, '\n');
    }
    sheet_line_added(sheet, key, SHEET_NO_STREAM);
}

void output_file(struct output *output, const char *file)
{
    output->file = file;
}

/** The stream that goes on with the next file; SHEET_NO_STREAM if there is none yet. */
static uint32_t stream_again(const struct output *output, const struct table_schema *schema)
{
    for (size_t i = 0; output->file && i < output->stream_count; i++)
        if (gathered_same(output->streams[i].schema, schema))
            return (uint32_t)i;
    return SHEET_NO_STREAM;
}

uint32_t output_stream(struct output *output, const struct table_schema *schema)
{
    uint32_t again = stream_again(output, schema);
    if (again != SHEET_NO_STREAM)
        return again;
    struct table_schema *with_file = output->file ? gathered_schema(schema) : NULL;
    schema = with_file ? with_file : schema;
    output->streams = memory_grow(output->streams, &output->stream_cap, output->stream_count + 1,
                                  sizeof *output->streams);
    struct stream *stream = &output->streams[output->stream_count];
    *stream = (struct stream){
        .schema = schema, .with_file = with_file, .target = target_for(output, schema->name)};
    if (output->options.format == OUTPUT_JSON)
        json_row_init(&stream->json, schema);
    return (uint32_t)output->stream_count++;
}

void output_row(struct sheet *sheet, struct output_key key, uint32_t number,
                const struct cell *cells)
{
    const struct output *output = sheet->output;
    const struct stream *stream = &output->streams[number];
    if (stream->with_file) {
        uint32_t columns = stream->schema->column_count;
        sheet->cells = memory_grow(sheet->cells, &sheet->cell_cap, columns, sizeof *sheet->cells);
        gathered_cells(output->file, cells, columns - 1, sheet->cells);
        cells = sheet->cells;
    }
    uint32_t count = stream->schema->column_count;
    if (output->options.format == OUTPUT_JSON)
        json_row_add(&stream->json, cells, &sheet->text);
    else if (output->options.format == OUTPUT_ZEEK)
        zeek_row(cells, count, &sheet->text);
    else
        separated_row(cells, count, separator_of(output->options.format), &sheet->text);
    sheet_line_added(sheet, key, number);
}

static void write_line(struct output *output, const struct collated *line)
{
    bool row = line->stream != SHEET_NO_STREAM;
    struct target *target = row ? output->streams[line->stream].target : &output->main;
    if (!target)
        return;
    if (row && line->stream != target->stream && has_header(output->options.format))
        stream_header(output, target, line->stream);
    text_add(&target->text, line->text, line->len);
}

static void add_times(struct span *span, const struct batch *batch)
{
    if (!batch->count)
        return;
    if (!span->known)
        span->first_ns = batch->packets[0].ts_ns;
    span->last_ns = batch->packets[batch->count - 1].ts_ns;
    span->known = true;
}

/** What init wrote, if a filter left nothing of the first batches. */
static void keep_line(struct output *output, const struct collated *line)
{
    text_add(&output->early.text, line->text, line->len);
    sheet_line_added(&output->early, line->key, line->stream);
}

static void write_early(struct output *output)
{
    size_t start = 0;
    for (size_t i = 0; i < output->early.line_count; i++) {
        const struct sheet_line *line = &output->early.lines[i];
        write_line(output, &(struct collated){.stream = line->stream,
                                              .text = output->early.text.data + start,
                                              .len = line->end - start});
        start = line->end;
    }
    sheet_clear(&output->early);
}

/** Whether headers, which tell the first packet's time, can be written. */
static bool can_write(struct output *output, const struct batch *batch)
{
    if (output->options.format != OUTPUT_ZEEK || !batch)
        return true;
    add_times(&output->span, batch);
    return output->span.known;
}

void output_write(struct output *output, const struct batch *batch, struct sheet *sheets,
                  size_t count)
{
    bool now = can_write(output, batch);
    collation_fill(&output->collation, batch, sheets, count);
    if (now)
        write_early(output);
    for (size_t i = 0; i < output->collation.count; i++)
        if (now)
            write_line(output, &output->collation.lines[i]);
        else
            keep_line(output, &output->collation.lines[i]);
    target_flush(&output->main);
    for (size_t i = 0; i < output->target_count; i++)
        target_flush(output->targets[i]);
    for (size_t i = 0; i < count; i++)
        sheet_clear(&sheets[i]);
}

static void add_table(const struct output *output, const struct table *table, bool first,
                      struct text *out)
{
    const struct span *span = &output->span;
    switch (output->options.format) {
    case OUTPUT_TABLE:
        if (!first)
            text_add_char(out, '\n');
        aligned_table(table, output->options.terminal, out);
        return;
    case OUTPUT_JSON:
        json_table(table, out);
        return;
    case OUTPUT_CSV:
    case OUTPUT_TSV:
        if (!first)
            add_name_line(table->schema.name, out);
        separated_table(table, separator_of(output->options.format), out);
        return;
    case OUTPUT_ZEEK:
        zeek_table(table, span->first_ns, span->last_ns, out);
        return;
    }
}

/** Rows for machines have no line below them. */
static void note_footer(struct output *output, const struct table *table)
{
    if (!table->footer || output->options.format == OUTPUT_TABLE)
        return;
    text_add_str(&output->notes, "palua: ");
    text_add_escaped(&output->notes, table->schema.name, strlen(table->schema.name));
    text_add_str(&output->notes, ": ");
    text_add_escaped(&output->notes, table->footer, strlen(table->footer));
    text_add_char(&output->notes, '\n');
}

const char *output_notes(const struct output *output)
{
    return output->notes.len ? output->notes.data : "";
}

static void write_table(struct output *output, const struct table *table)
{
    note_footer(output, table);
    struct target *target = target_for(output, table->schema.name);
    if (!target)
        return;
    struct text text;
    text_init(&text);
    stream_end(output, target);
    add_table(output, table, !target->written, &text);
    target_write(target, text.data, text.len);
    text_fini(&text);
}

void output_table(struct output *output, const struct table *table)
{
    if (output->file)
        gathered_add(&output->gathered, table, output->file);
    else
        write_table(output, table);
}

void output_gathered(struct output *output)
{
    for (size_t i = 0; i < output->gathered.count; i++)
        write_table(output, &output->gathered.tables[i]);
    target_flush(&output->main);
}
