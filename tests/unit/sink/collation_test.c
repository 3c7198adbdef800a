// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/collation.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sheet sheets[3];

static void add(int sheet, uint64_t event, uint32_t script, const char *text)
{
    text_add_str(&sheets[sheet].text, text);
    sheet_line_added(&sheets[sheet], (struct output_key){.event = event, .script = script},
                     SHEET_NO_STREAM);
}

static void expect(const struct batch *batch, const char *expected)
{
    struct collation collation = {0};
    struct text text;
    text_init(&text);
    collation_fill(&collation, batch, sheets, 3);
    for (size_t i = 0; i < collation.count; i++)
        text_add(&text, collation.lines[i].text, collation.lines[i].len);
    cr_expect_str_eq(text.len ? text.data : "", expected);
    text_fini(&text);
    collation_fini(&collation);
    for (int i = 0; i < 3; i++)
        sheet_fini(&sheets[i]);
}

static void open_sheets(void)
{
    for (int i = 0; i < 3; i++)
        sheet_init(&sheets[i], NULL);
}

TestSuite(collation, .init = open_sheets);

Test(collation, of_nothing_is_nothing)
{
    expect(NULL, "");
}

Test(collation, takes_lines_by_event_then_script)
{
    add(0, event_key(0, 0, 0), 1, "b");
    add(0, event_key(7, 0, 0), 1, "f");
    add(1, event_key(3, 1, 0), 1, "d");
    add(1, event_key(5, 0, 0), 1, "e");
    add(2, 0, 0, "a");
    add(2, event_key(3, 0, 5), 0, "c");
    add(2, UINT64_MAX, 0, "g");
    expect(NULL, "abcdefg");
}

Test(collation, keeps_lines_of_one_event_in_the_order_of_adding)
{
    add(1, event_key(3, 0, 0), 0, "2");
    add(1, event_key(3, 0, 0), 0, "3");
    add(1, event_key(2, 0, 0), 0, "1");
    add(1, event_key(3, 0, 0), 0, "4");
    expect(NULL, "1234");
}

/** Flows that end before one packet come by (deadline, first packet), whichever worker they ended
 * in; those that the packet itself ends come last. */
Test(collation, takes_ends_of_flows_by_their_deadlines)
{
    struct batch_pool *pool = batch_pool_new(1, 1, 3, 1);
    struct batch *batch = batch_take(pool);
    static const struct {
        uint32_t part;
        int64_t deadline_ns;
        uint64_t first_packet;
        const char *name;
    } ends[] = {
        {0, 10, 4, "b"}, {0, 20, 9, "d"}, {0, INT64_MAX, 1, "f"},
        {1, -5, 7, "a"}, {1, 20, 3, "c"}, {2, 20, 10, "e"},
    };
    uint32_t counts[3] = {0};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint32_t part = ends[i].part;
        uint64_t key = event_key_expiry(4, part, counts[part]);
        part_expiry(&batch->parts[part], &(struct flow_expiry){.key = key,
                                                               .deadline_ns = ends[i].deadline_ns,
                                                               .first_packet = ends[i].first_packet,
                                                               .shard = part});
        add((int)part, key, 0, ends[i].name);
        add((int)part, event_key_expiry(4, part, counts[part] + 1), 0, "'"); // its second event
        counts[part] += 2;
    }
    add(0, event_key(4, 0, 0), 0, "!");
    expect(batch, "a'b'c'd'e'f'!");
    batch_give(pool, batch);
    batch_pool_free(pool);
}
