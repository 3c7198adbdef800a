// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugin/option.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool parse_integer(const char *text, int64_t *out)
{
    const char *digits = text + (*text == '-');
    if (!*digits || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    *out = strtoll(text, NULL, 10);
    return errno == 0;
}

/** Decimal only: strtod would also take "inf", "0x1p3" and leading blanks. */
static bool parse_number(const char *text, double *out)
{
    const char *digits = text + (*text == '-');
    if (!isdigit((unsigned char)*digits) || digits[strspn(digits, "0123456789.eE+-")] != '\0')
        return false;
    char *end;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static bool is_boolean(const char *text)
{
    return !strcmp(text, "true") || !strcmp(text, "false");
}

enum option_type option_type(const struct palua_option *option)
{
    int64_t integer;
    double number;
    if (parse_integer(option->initial, &integer))
        return OPTION_INTEGER;
    if (parse_number(option->initial, &number))
        return OPTION_NUMBER;
    return is_boolean(option->initial) ? OPTION_BOOLEAN : OPTION_TEXT;
}

static bool wrong_type(const struct palua_option *option, const char *plugin, const char *value,
                       const char *expected, struct error *err)
{
    return error_set(err, ERROR_USAGE, "", "option '%s.%s' is '%s', expected %s", plugin,
                     option->name, value, expected);
}

static bool out_of_bounds(const struct palua_option *option, const char *plugin, const char *value,
                          struct error *err)
{
    return error_set(err, ERROR_USAGE, "", "option '%s.%s' is %s, expected %lld to %lld", plugin,
                     option->name, value, (long long)option->least, (long long)option->most);
}

bool option_check(const struct palua_option *option, const char *plugin, const char *value,
                  struct error *err)
{
    bool bounded = option->least != 0 || option->most != 0;
    int64_t integer;
    double number;
    switch (option_type(option)) {
    case OPTION_INTEGER:
        if (!parse_integer(value, &integer))
            return wrong_type(option, plugin, value, "an integer", err);
        if (bounded && (integer < option->least || integer > option->most))
            return out_of_bounds(option, plugin, value, err);
        return true;
    case OPTION_NUMBER:
        if (!parse_number(value, &number))
            return wrong_type(option, plugin, value, "a number", err);
        if (bounded && (number < (double)option->least || number > (double)option->most))
            return out_of_bounds(option, plugin, value, err);
        return true;
    case OPTION_BOOLEAN:
        return is_boolean(value) || wrong_type(option, plugin, value, "true or false", err);
    case OPTION_TEXT:
        return true;
    }
    return false;
}

int64_t option_integer(const char *value)
{
    int64_t integer;
    if (parse_integer(value, &integer))
        return integer;
    return !strcmp(value, "true");
}

double option_number(const char *value)
{
    double number;
    return parse_number(value, &number) ? number : 0;
}
