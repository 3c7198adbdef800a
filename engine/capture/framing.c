// SPDX-License-Identifier: MIT OR Apache-2.0
#include "capture/framing.h"

#include <stdarg.h>
#include <stdio.h>

#include "capture/source.h"

enum framing_status framing_damage(struct framing *framing, const char *format, ...)
{
    char where[sizeof framing->err->where];
    char text[sizeof framing->err->text];
    source_where(framing->name, framing->offset + cursor_offset(&framing->in), where, sizeof where);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(framing->err, ERROR_DAMAGED, where, "%s", text);
    return FRAMING_DAMAGED;
}
