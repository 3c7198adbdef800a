// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/number.h"

#include <math.h>

#include "sink/table.h"

struct number number_of_real(double value)
{
    if (value >= -0x1p63 && value < 0x1p63 && value == (double)(int64_t)value)
        return number_of_int((int64_t)value);
    if (value >= 0x1p63 && value < 0x1p64)
        return number_of_uint((uint64_t)value);
    return (struct number){.kind = NUMBER_REAL, .real = isnan(value) ? (double)NAN : value};
}

bool number_is_nan(struct number number)
{
    return number.kind == NUMBER_REAL && isnan(number.real);
}

static __int128 whole(struct number number)
{
    return number.kind == NUMBER_UINT ? (__int128)number.uint : (__int128)number.sint;
}

static int compare_wide(__int128 a, __int128 b)
{
    return a < b ? -1 : a > b;
}

static int compare_whole_real(__int128 a, double real)
{
    if (isnan(real) || real >= 0x1p64)
        return -1;
    if (real <= -0x1p64)
        return 1;
    // `real` is not whole here, so it lies strictly above its floor.
    return a <= (__int128)floor(real) ? -1 : 1;
}

static int compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (int)isnan(a) - (int)isnan(b);
    return a < b ? -1 : a > b;
}

int number_compare(struct number a, struct number b)
{
    if (a.kind == NUMBER_REAL)
        return b.kind == NUMBER_REAL ? compare_reals(a.real, b.real)
                                     : -compare_whole_real(whole(b), a.real);
    if (b.kind == NUMBER_REAL)
        return compare_whole_real(whole(a), b.real);
    return compare_wide(whole(a), whole(b));
}

__int128 number_fixed_real(double real)
{
    return cell_fixed(real);
}
