// SPDX-License-Identifier: MIT OR Apache-2.0
/** Plugins of each role for the tests: a dissector of a protocol that exists nowhere (one byte of
 * kind, then a word), an analysis that counts the words, a decoder that is never called. */
#pragma once

#include <palua/plugin.h>

enum { SAMPLE_PORT = 4000, SAMPLE_OTHER_PORT = 4001 };

/** First byte of a datagram: what the dissector does with it. */
enum sample_kind {
    SAMPLE_WORD = 'w',     /**< publishes the rest as a word */
    SAMPLE_TWO = '2',      /**< publishes it twice */
    SAMPLE_NOT_MINE = 'n', /**< says so */
    SAMPLE_BAD = 'b',      /**< raises an anomaly at offset 7 */
    SAMPLE_EXPECT = 'x',   /**< announces a flow to port 99 */
    SAMPLE_RETIRE = 'r'    /**< hands over a buffer */
};

struct sample_word {
    struct palua_event event;
    struct palua_slice word;
    uint32_t seen; /**< datagrams of this flow so far */
    uint8_t ended; /**< published by flow_end */
};

/** What the sample plugins did: checked by the tests. One thread. */
struct sample_trace {
    int started;
    int stopped;
    int flow_ends;
    int released;
    int merged;
    uint64_t wanted;
    bool subscribed;
    bool anomalies_wanted;
    int64_t cap;
    bool refuse; /**< makes start say no */
};
extern struct sample_trace sample_trace;

extern const struct palua_schema sample_word_schema;
extern const struct palua_plugin sample_dissector; /**< "sample", ports 4000 and 4001 */
extern const struct palua_plugin
    sample_second; /**< "second", the same on port 4000, event second.word */
extern const struct palua_plugin sample_analysis; /**< "words" */
extern const struct palua_plugin sample_decoder;  /**< "shim" */
