// SPDX-License-Identifier: MIT OR Apache-2.0
#include "aggregate/number.h"

#include <math.h>

#include <criterion/criterion.h>

Test(number, whole_reals_are_integers)
{
    cr_expect_eq(number_of_real(3).kind, NUMBER_INT);
    cr_expect_eq(number_of_real(-0.0).kind, NUMBER_INT);
    cr_expect_eq(number_of_real(-0.0).sint, 0);
    cr_expect_eq(number_of_real(-0x1p63).sint, INT64_MIN);
    cr_expect_eq(number_of_real(0x1p63).kind, NUMBER_UINT);
    cr_expect_eq(number_of_real(0x1p63).uint, UINT64_C(1) << 63);
    cr_expect_eq(number_of_real(0x1p64).kind, NUMBER_REAL);
    cr_expect_eq(number_of_real(-0x1.8p63).kind, NUMBER_REAL);
    cr_expect_eq(number_of_real(0.5).kind, NUMBER_REAL);
    cr_expect_eq(number_of_real(INFINITY).kind, NUMBER_REAL);
    cr_expect(number_is_nan(number_of_real(NAN)));
    cr_expect_eq(number_of_uint(INT64_MAX).kind, NUMBER_INT);
    cr_expect_eq(number_of_uint(UINT64_MAX).kind, NUMBER_UINT);
}

Test(number, order_is_exact_across_kinds)
{
    const struct number ascending[] = {
        number_of_real(-INFINITY),  number_of_real(-0x1.8p63),
        number_of_int(INT64_MIN),   number_of_int(-2),
        number_of_real(-1.5),       number_of_int(-1),
        number_of_real(-0.5),       number_of_int(0),
        number_of_real(5e-324),     number_of_real(0.5),
        number_of_int(1),           number_of_int(INT64_MAX - 1),
        number_of_int(INT64_MAX),   number_of_uint(UINT64_C(1) << 63),
        number_of_uint(UINT64_MAX), number_of_real(0x1p64),
        number_of_real(INFINITY),   number_of_real(NAN)};
    const int count = sizeof ascending / sizeof *ascending;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            cr_expect_eq(number_compare(ascending[i], ascending[j]) < 0, i < j, "%d %d", i, j);
    for (int i = 0; i < count; i++)
        cr_expect_eq(number_compare(ascending[i], ascending[i]), 0, "%d", i);
}

Test(number, fixed_is_exact_for_integers)
{
    cr_expect(number_fixed(number_of_uint(UINT64_MAX)) == (__int128)UINT64_MAX * 1000000000);
    cr_expect(number_fixed(number_of_int(INT64_MIN)) == (__int128)INT64_MIN * 1000000000);
    cr_expect(number_fixed(number_of_real(0.25)) == 250000000);
}
