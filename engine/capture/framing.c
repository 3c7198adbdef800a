// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/framing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for "…", "@0x" and 16 digits behind the name. */
enum { WHERE_NAME_MAX = (int)sizeof(((struct error *)0)->where) - 32 };

/** FILE@0xOFFSET; of a name too long its end, as the offset must not be cut off. */
static void where_text(const struct framing *framing, char *out, size_t size)
{
    uint64_t offset = framing->offset + cursor_offset(&framing->in);
    size_t len = strlen(framing->name);
    bool cut = len > WHERE_NAME_MAX;
    const char *name = cut ? framing->name + (len - WHERE_NAME_MAX) : framing->name;
    snprintf(out, size, "%s%s@0x%" PRIx64, cut ? "..." : "", name, offset);
}

enum framing_status framing_damage(struct framing *framing, const char *format, ...)
{
    char where[sizeof framing->err->where];
    char text[sizeof framing->err->text];
    where_text(framing, where, sizeof where);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(framing->err, ERROR_DAMAGED, where, "%s", text);
    return FRAMING_DAMAGED;
}
