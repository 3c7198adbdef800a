// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../../../tests/unit/decode/plugin_probe.h"

enum { LINKTYPE = 117 };

PLUGIN_PROBE(pflog);

static void begin(const char *header)
{
    frame.len = 0;
    put_hex(&frame, header);
}

Test(pflog, the_header_is_padded_to_whole_words)
{
    static const unsigned families[] = {2, 24, 28, 30, 18};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        frame.len = 0;
        put8(&frame, 61);
        put8(&frame, families[i]);
        put_fill(&frame, 62, 0);
        if (families[i] == 2) {
            put_datagram(&frame);
            expect(&probe, LINKTYPE, &frame, "pflog 0+92/64 ip 64+28/20 udp 84+8/8", "");
            expect_truncations(&probe, LINKTYPE, &frame);
        } else {
            put_ipv6(&frame, P_NONE, 0);
            expect(&probe, LINKTYPE, &frame,
                   families[i] == 18 ? "pflog 0+104/64 data 64+40/0"
                                     : "pflog 0+104/64 ipv6 64+40/40",
                   "");
        }
    }
}

Test(pflog, lengths)
{
    begin("2d02");
    put_fill(&frame, 46, 0);
    expect(&probe, LINKTYPE, &frame, "pflog 0+48/48 ip 48+0/0b", "header_truncated 1@48");
    frame.data[0] = 44;
    expect(&probe, LINKTYPE, &frame, "pflog 0+48/48b", "pflog_bad_length 0@0");
    frame.data[0] = 255;
    expect(&probe, LINKTYPE, &frame, "pflog 0+48/48b", "header_truncated 0@0");
    frame.len = 1;
    expect(&probe, LINKTYPE, &frame, "pflog 0+1/1b", "header_truncated 0@0");
}
