// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct text out;

static void setup(void)
{
    text_init(&out);
}

static void teardown(void)
{
    text_fini(&out);
}

TestSuite(text, .init = setup, .fini = teardown);

#define EXPECT(call, expected)                                               \
    do {                                                                     \
        text_clear(&out);                                                    \
        call;                                                                \
        cr_expect_str_eq(out.data, expected, "%s gave %s", #call, out.data); \
        cr_expect_eq(out.len, strlen(out.data));                             \
    } while (0)

Test(text, integers)
{
    EXPECT(text_add_uint(&out, 0), "0");
    EXPECT(text_add_uint(&out, UINT64_MAX), "18446744073709551615");
    EXPECT(text_add_int(&out, INT64_MIN), "-9223372036854775808");
    EXPECT(text_add_int(&out, -1), "-1");
}

Test(text, reals_are_the_shortest_that_read_back)
{
    EXPECT(text_add_real(&out, 0.1), "0.1");
    EXPECT(text_add_real(&out, 1.0 / 3), "0.3333333333333333");
    EXPECT(text_add_real(&out, 3), "3");
    EXPECT(text_add_real(&out, -2.5), "-2.5");
    EXPECT(text_add_real(&out, 1e300), "1e+300");
    EXPECT(text_add_real(&out, 0.1 + 0.2), "0.30000000000000004");
    EXPECT(text_add_real(&out, -NAN), "nan");
    EXPECT(text_add_real(&out, -INFINITY), "-inf");
}

Test(text, durations_and_times)
{
    EXPECT(text_add_duration(&out, 0), "0");
    EXPECT(text_add_duration(&out, 1500000000), "1.5");
    EXPECT(text_add_duration(&out, 1), "0.000000001");
    EXPECT(text_add_duration(&out, -250000000), "-0.25");
    EXPECT(text_add_duration(&out, INT64_MIN), "-9223372036.854775808");
    EXPECT(text_add_duration_short(&out, 0), "0s");
    EXPECT(text_add_duration_short(&out, 999), "999ns");
    EXPECT(text_add_duration_short(&out, 1000), "1µs");
    EXPECT(text_add_duration_short(&out, 435199), "435.2µs");
    EXPECT(text_add_duration_short(&out, 999949), "999.9µs");
    EXPECT(text_add_duration_short(&out, 999950), "1ms"); // not 1000µs
    EXPECT(text_add_duration_short(&out, 24313855), "24.31ms");
    EXPECT(text_add_duration_short(&out, 9999600), "10ms");
    EXPECT(text_add_duration_short(&out, 1049000000), "1.049s");
    EXPECT(text_add_duration_short(&out, -250000000), "-250ms");
    EXPECT(text_add_duration_short(&out, 86400499999999), "86400s");
    EXPECT(text_add_duration_short(&out, 86400500000000), "86401s");
    EXPECT(text_add_duration_short(&out, INT64_MIN), "-9223372037s");
    EXPECT(text_add_time(&out, 1700000000000000005), "1700000000.000000005");
    EXPECT(text_add_time_iso(&out, 0), "1970-01-01T00:00:00Z");
    EXPECT(text_add_time_iso(&out, -1), "1969-12-31T23:59:59.999999999Z");
    EXPECT(text_add_time_iso(&out, 1700000000123000000), "2023-11-14T22:13:20.123Z");
}

Test(text, addresses)
{
    static const uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1},
                         any[16] = {0};
    EXPECT(text_add_ipaddr(&out, v4, 4), "192.0.2.1");
    EXPECT(text_add_ipaddr(&out, v6, 16), "2001:db8::1");
    EXPECT(text_add_ipaddr(&out, any, 16), "::");
    EXPECT(text_add_ipaddr(&out, v4, 3), "c00002");
    EXPECT(text_add_mac(&out, v6, 6), "20:01:0d:b8:00:00");
}

Test(text, escapes_everything_a_terminal_obeys)
{
    EXPECT(text_add_escaped(&out, "a\x1b[31m\x7f\\", 8), "a\\x1b[31m\\x7f\\\\");
    EXPECT(text_add_escaped(&out, "\xc3\xa9", 2), "\xc3\xa9");            // é stays
    EXPECT(text_add_escaped(&out, "\xc2\x9b", 2), "\\xc2\\x9b");          // C1 CSI
    EXPECT(text_add_escaped(&out, "\xc0\x80", 2), "\\xc0\\x80");          // overlong
    EXPECT(text_add_escaped(&out, "\xed\xa0\x80", 3), "\\xed\\xa0\\x80"); // surrogate
    EXPECT(text_add_escaped(&out, "\xf4\x90\x80\x80", 4), "\\xf4\\x90\\x80\\x80");
    EXPECT(text_add_escaped(&out, "\xe2\x82", 2), "\\xe2\\x82"); // cut short
    EXPECT(text_add_escaped(&out, "a\0b", 3), "a\\x00b");
    EXPECT(text_add_escaped_and(&out, "a,b\\\n", 5, ","), "a\\x2cb\\\\\\x0a");
    EXPECT(text_add_escaped_and(&out, "a,b", 3, ""), "a,b");
}

Test(text, json_and_separated)
{
    EXPECT(text_add_json(&out, "\"\\\n\x01\xff", 5), "\"\\\"\\\\\\n\\u0001\\u00ff\"");
    EXPECT(text_add_separated(&out, "plain", 5, ','), "plain");
    EXPECT(text_add_separated(&out, "a,b\"c", 5, ','), "\"a,b\"\"c\"");
    EXPECT(text_add_separated(&out, "a\nb", 3, ','), "\"a\nb\"");
    EXPECT(text_add_separated(&out, "a\x1b", 2, ','), "a\\x1b");
    EXPECT(text_add_separated(&out, "a\tb", 3, '\t'), "a\\x09b");
}
