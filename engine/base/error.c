// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    int status;
} codes[ERROR_COUNT] = {
#define X(code, name, status, text) {name, status},
    ERROR_LIST(X)
#undef X
};

const char *error_name(enum error_code code)
{
    return codes[code].name;
}

int error_status(enum error_code code)
{
    return codes[code].status;
}

/** Copies text made safe into a fixed field; what does not fit is cut. Errors quote errors, so what
 * is safe already stays as it is. */
static void set_field(char *field, size_t size, const char *value)
{
    struct text safe;
    text_init(&safe);
    text_add_safe(&safe, value, strlen(value));
    snprintf(field, size, "%s", safe.data ? safe.data : "");
    text_fini(&safe);
}

bool error_set(struct error *err, enum error_code code, const char *where, const char *format, ...)
{
    if (!err)
        return false;
    char raw[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    err->code = code;
    set_field(err->where, sizeof err->where, where ? where : "");
    set_field(err->text, sizeof err->text, raw);
    return false;
}

void error_tell(const struct error *err)
{
    fprintf(stderr, "palua: %s%s%s\n", err->where, err->where[0] ? ": " : "", err->text);
}
