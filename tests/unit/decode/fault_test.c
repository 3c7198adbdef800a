// SPDX-License-Identifier: MIT OR Apache-2.0
#include <criterion/criterion.h>

#include "decode/decode.h"

Test(fault, every_code_has_a_name_of_its_own)
{
    for (uint16_t i = 0; i < DECODE_FAULT_COUNT; i++) {
        cr_assert(*decode_fault_name(i) && *decode_fault_text(i));
        for (uint16_t j = 0; j < i; j++)
            cr_assert_str_neq(decode_fault_name(i), decode_fault_name(j));
    }
    cr_assert_str_eq(decode_fault_name(DECODE_FAULT_UDP_LEN), "udp_bad_length");
    cr_assert_str_eq(decode_fault_name(DECODE_FAULT_COUNT), "unknown");
    cr_assert_str_eq(decode_fault_text(UINT16_MAX), "unknown");
}
