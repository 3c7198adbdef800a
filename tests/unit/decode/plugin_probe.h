// SPDX-License-Identifier: MIT OR Apache-2.0
/** What the tests of decoder plugins start with: a probe that has the plugin, and an empty frame.
 */
#pragma once

#include "probe.h"

/** A suite of that name, with `probe` and `frame`, for the bundled plugin of that name. */
#define PLUGIN_PROBE(name)                                \
    const struct palua_plugin *palua_plugin_##name(void); \
    static struct probe probe;                            \
    static struct frame frame;                            \
    static void set_up(void)                              \
    {                                                     \
        probe_init(&probe);                               \
        probe_add(&probe, palua_plugin_##name());         \
        frame.len = 0;                                    \
    }                                                     \
    static void tear_down(void)                           \
    {                                                     \
        probe_fini(&probe);                               \
    }                                                     \
    TestSuite(name, .init = set_up, .fini = tear_down)

/** An IPv4 datagram of 28 bytes from port 5 to port 6. */
static inline void put_datagram(struct frame *frame)
{
    put_ip(frame, P_UDP, 8);
    put_udp(frame, 5, 6, 8);
}
