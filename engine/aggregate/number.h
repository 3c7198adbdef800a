// SPDX-License-Identifier: MIT OR Apache-2.0
/** A number as aggregations keep it: one form per value, so that 1 and 1.0 are the same key.
 *
 * Whole numbers that fit are INT, those above INT64_MAX are UINT, everything else is REAL. Pure,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum number_kind { NUMBER_NONE, NUMBER_INT, NUMBER_UINT, NUMBER_REAL };

struct number {
    enum number_kind kind;
    union {
        int64_t sint;
        uint64_t uint;
        double real; /**< never whole within the range of the other two; any NaN is the same NaN */
    };
};

static inline struct number number_of_int(int64_t value)
{
    return (struct number){.kind = NUMBER_INT, .sint = value};
}

static inline struct number number_of_uint(uint64_t value)
{
    return (struct number){.kind = value <= INT64_MAX ? NUMBER_INT : NUMBER_UINT, .uint = value};
}

struct number number_of_real(double value);
bool number_is_nan(struct number number);

/** Exact by value; NaN after everything else. @return < 0, 0, > 0 */
int number_compare(struct number a, struct number b);
/** In units of 1e-9, as cell_fixed, of a number that is not whole. */
__int128 number_fixed_real(double real);

/** The same of any number. */
static inline __int128 number_fixed(struct number number)
{
    if (number.kind == NUMBER_INT)
        return (__int128)number.sint * 1000000000;
    return number.kind == NUMBER_UINT ? (__int128)number.uint * 1000000000
                                      : number_fixed_real(number.real);
}

/** The nearest double. */
static inline double number_real(struct number number)
{
    if (number.kind == NUMBER_REAL)
        return number.real;
    return number.kind == NUMBER_UINT ? (double)number.uint : (double)number.sint;
}
