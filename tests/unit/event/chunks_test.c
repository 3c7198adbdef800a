// SPDX-License-Identifier: MIT OR Apache-2.0
#include "event/chunks.h"

#include "../decode/probe.h"
#include "event/registry.h"
#include "event/value.h"

static struct probe *probe;
static struct frame *frame;
static struct arena arena;

static void setup(void)
{
    probe = malloc(sizeof *probe);
    frame = calloc(1, sizeof *frame);
    probe_init(probe);
    arena_init(&arena);
}

static void teardown(void)
{
    arena_fini(&arena);
    probe_fini(probe);
    free(frame);
    free(probe);
}

TestSuite(chunks, .init = setup, .fini = teardown);

/** Decodes an SCTP packet of these chunks, less `cut` bytes at its end. */
static void decode(const char *chunks, unsigned cut)
{
    struct frame body = {0};
    put_hex(&body, chunks);
    frame->len = 0;
    put_ip(frame, 132, 12 + (unsigned)body.len);
    put_hex(frame, "1234 0050 00000001 00000000");
    put_hex(frame, chunks);
    frame->len -= cut;
    probe_decode(probe, 228, frame);
}

/** The fields of every chunk that has them, as "name=value … | …". */
static const char *told(void)
{
    static struct text out;
    const struct palua_field *list = &event_schemas[EVENT_TRANSPORT].fields[TRANSPORT_EVENT_CHUNKS];
    const struct palua_schema *schema = list->item;
    struct palua_list chunks = chunks_list(&probe->packet, 1, &arena);
    const struct chunk_item *items = chunks.items;
    text_clear(&out);
    text_add_str(&out, "");
    for (uint32_t i = 0; i < chunks.count; i++) {
        text_add_str(&out, i ? " | " : "");
        for (uint32_t k = 0; k < schema->field_count; k++) {
            const struct palua_field *field = &schema->fields[k];
            enum path_form form = field->type == PALUA_ENUM ? PATH_NAME : PATH_PLAIN;
            struct value value = item_read(schema, field, form, &items[i]);
            if (!value.type)
                continue;
            text_add_format(&out, "%s%s=", k ? " " : "", field->name);
            value_text(&value, field, &out);
        }
    }
    return out.data;
}

static const char *of(const char *chunks)
{
    decode(chunks, 0);
    return told();
}

Test(chunks, data)
{
    cr_expect_str_eq(
        of("00030015 01020304 0005 0006 00000003 6162636465 000000"),
        "type=data flags=3 length=21 tsn=16909060 sid=5 ssn=6 ppid=M3UA beginning=true "
        "ending=true unordered=false data=6162636465");
    cr_expect_str_eq(of("00040011 ffffffff ffff ffff ffffffff 61 000000"),
                     "type=data flags=4 length=17 tsn=4294967295 sid=65535 ssn=65535 "
                     "ppid=4294967295 beginning=false ending=false unordered=true data=61");
}

Test(chunks, i_data_has_its_protocol_in_the_first_fragment_only)
{
    cr_expect_str_eq(of("40020015 00000001 0005 0000 00000009 0000003c 61 000000"
                        "40010015 00000002 0005 0000 00000009 00000001 62"),
                     "type=i_data flags=2 length=21 tsn=1 sid=5 mid=9 ppid=NGAP beginning=true "
                     "ending=false unordered=false data=61 | "
                     "type=i_data flags=1 length=21 tsn=2 sid=5 mid=9 fsn=1 beginning=false "
                     "ending=true unordered=false data=62");
}

Test(chunks, control)
{
    cr_expect_str_eq(of("01000014 0000000a 00010000 000a 0005 00000007"),
                     "type=init flags=0 length=20 initiate_tag=10 a_rwnd=65536 "
                     "data=0000000a00010000000a000500000007");
    cr_expect_str_eq(of("03000010 00000007 00000400 0000 0000 07000008 00000009 0b000004"),
                     "type=sack flags=0 length=16 a_rwnd=1024 cumulative_tsn_ack=7 "
                     "data=000000070000040000000000 | "
                     "type=shutdown flags=0 length=8 cumulative_tsn_ack=9 data=00000009 | "
                     "type=cookie_ack flags=0 length=4 data=");
    cr_expect_str_eq(of("10000014 00000007 00000400 0000 0000 0000 0000 3f000005 aa"),
                     "type=nr_sack flags=0 length=20 a_rwnd=1024 cumulative_tsn_ack=7 "
                     "data=00000007000004000000000000000000 | "
                     "type=63 flags=0 length=5 data=aa");
}

/** What is not within the chunk is not there, though the packet goes on. */
Test(chunks, too_short_for_its_fields)
{
    static const char *const shorts[] = {"00000004 00000004",
                                         "",
                                         "00000006 0102 0000 00000004",
                                         "",
                                         "00000008 00000001",
                                         " tsn=1",
                                         "0000000a 00000001 0002 0000",
                                         " tsn=1 sid=2",
                                         "0000000f 00000001 0002 0003 0000 01 00",
                                         " tsn=1 sid=2 ssn=3"};
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i += 2) {
        char expected[64];
        const char *got = of(shorts[i]);
        cr_assert(strstr(got, "length="), "%s", got);
        snprintf(expected, sizeof expected, "%s beginning=false", shorts[i + 1]);
        got = strchr(strstr(got, "length="), ' ');
        cr_expect_eq(strncmp(got, expected, strlen(expected)), 0, "'%s' is not '%s'", got,
                     expected);
        cr_expect(strstr(got, "unordered=false data="));
    }
    cr_expect_str_eq(of("01000006 0001 0000"), "type=init flags=0 length=6 data=0001");
    cr_expect_str_eq(of("0300000a 00000001 0002 0000"),
                     "type=sack flags=0 length=10 cumulative_tsn_ack=1 data=000000010002");
}

Test(chunks, the_list_ends_where_a_length_is_impossible_and_where_the_packet_is_cut)
{
    cr_expect_str_eq(of("0b000004 0b000003"), "type=cookie_ack flags=0 length=4 data=");
    cr_expect_str_eq(of("0b000004 0b000009 00"), "type=cookie_ack flags=0 length=4 data=");
    cr_expect_str_eq(of(""), "");
    static const char first[] = "type=cookie_ack flags=0 length=4 data=";
    static const char both[] =
        "type=cookie_ack flags=0 length=4 data= | type=63 flags=0 length=8 data=01020304";
    for (unsigned cut = 1; cut <= 28; cut++) {
        decode("0b000004 3f000008 01020304 0e000004", cut);
        cr_expect_str_eq(told(), cut > 12 ? "" : cut > 4 ? first : both, "%u", cut);
    }
}

Test(chunks, cap)
{
    put_ip(frame, 132, 12 + 4 * (CHUNK_CAP + 1));
    put_hex(frame, "1234 0050 00000001 00000000");
    for (unsigned i = 0; i <= CHUNK_CAP; i++)
        put32(frame, 0x0b000004);
    probe_decode(probe, 228, frame);
    cr_expect_eq(chunks_list(&probe->packet, 1, &arena).count, CHUNK_CAP);
    cr_expect_str_eq(probe->faults, "sctp_too_many_chunks 1@4128");
    frame->len -= 4;
    frame->data[2] = (20 + 12 + 4 * CHUNK_CAP) >> 8;
    frame->data[3] = (20 + 12 + 4 * CHUNK_CAP) & 0xff;
    probe_decode(probe, 228, frame);
    cr_expect_eq(chunks_list(&probe->packet, 1, &arena).count, CHUNK_CAP);
    cr_expect_str_eq(probe->faults, "");
}

Test(chunks, of_other_layers_there_are_none)
{
    decode("0b000004", 0);
    struct chunk_item item;
    for (uint32_t layer = 0; layer < 4; layer++) {
        struct chunk_walk walk = chunks_walk(&probe->packet, layer);
        cr_expect_eq(chunks_next(&walk, &item), layer == 1);
    }
}
