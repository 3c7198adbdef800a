// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/sheet.h"

#include "base/memory.h"

void sheet_init(struct sheet *sheet, const struct output *output)
{
    *sheet = (struct sheet){.output = output};
    text_init(&sheet->text);
}

void sheet_fini(struct sheet *sheet)
{
    text_fini(&sheet->text);
    memory_free(sheet->lines);
    memory_free(sheet->cells);
}

void sheet_clear(struct sheet *sheet)
{
    text_clear(&sheet->text);
    sheet->line_count = 0;
}

void sheet_cut(struct sheet *sheet, size_t count, size_t len)
{
    sheet->text.len = len;
    sheet->line_count = count;
}

void sheet_line_added(struct sheet *sheet, struct output_key key, uint32_t stream)
{
    sheet->lines =
        memory_grow(sheet->lines, &sheet->line_cap, sheet->line_count + 1, sizeof *sheet->lines);
    sheet->lines[sheet->line_count++] =
        (struct sheet_line){.key = key, .stream = stream, .end = sheet->text.len};
}
