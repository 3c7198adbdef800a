/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** The plugin ABI: decoders, dissectors and analyses in C.
 *
 * A plugin is one constant `struct palua_plugin`, returned by the function that PALUA_PLUGIN
 * defines. A bundled plugin is linked in, any other is a shared object given by its path (-p
 * ./chat.so). A plugin includes the headers of palua/ and calls the engine through the `struct
 * palua_host` it is handed; it needs no symbol of libpalua.
 *
 * Who calls what, on which thread, how often:
 *
 *   hook      role                 called                                             on
 *   start     dissector, analysis  once per instance, before the first packet         the main
 * thread datagram  dissector            once per UDP payload of a flow bound to it         the
 * instance's worker stream    dissector            once per piece of a TCP stream bound to it
 * the instance's worker flow_end  dissector            once per flow that it was bound to until the
 * end the instance's worker event     analysis             once per event of each subscription any
 * thread, one at a time merge     analysis             once per further instance, after the last
 * event    the main thread finish    analysis             once, on the instance the others were
 * merged into  the main thread stop      dissector, analysis  once per instance that started the
 * main thread decode    decoder              once per layer it is bound to                      any
 * thread, several at a time
 *
 * Instances and threads. An instance is what `start` makes. A dissector has one instance per
 * worker, and only if somebody reads one of its events (or `anomaly`); an analysis has one per
 * worker or one for the run, as its `partition` says. **The hooks of one instance are never called
 * concurrently, though not always by the same thread; hooks of different instances, also of the
 * same plugin, may run at the same time.** So keep no writable globals; state belongs to the
 * instance, or to a flow (`flow_state_size`). A decoder has no instance: `decode` is a pure
 * function.
 *
 * Order. A dissector sees a flow's packets in capture order. An analysis sees events in the order
 * of DESIGN section 3: packet by packet, and within a packet in parsing order, whatever their kind.
 *
 * Memory. What a hook is handed lives until the hook returns, except the packet, its bytes, the
 * flow's identity and what the host's alloc, room and event gave: these live as long as the batch,
 * so an event may point to them. An event may point only to memory of its own batch: packet bytes,
 * that memory, or a buffer handed over with host->retire. To keep something longer, copy it.
 *
 * Hostile input. Every byte of a packet may be forged. Malformed traffic is no failure: call
 * host->anomaly and return a verdict. No hook may exit, print, sleep or throw; there is no
 * recursion over input.
 *
 * Versions. `abi` must be the engine's PALUA_PLUGIN_ABI, or the plugin is refused at load by a line
 * that says so. Within one number both structs below only grow at their end, and carry their size:
 * a plugin made with an older header runs in a newer engine; one made with a newer header is
 * refused. */
#ifndef PALUA_PLUGIN_H
#define PALUA_PLUGIN_H

#include <palua/event.h>
#include <palua/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PALUA_PLUGIN_ABI = 2 }; /**< a plugin made for another number is refused at load, by name */

enum palua_role {
    PALUA_DECODER =
        1, /**< an encapsulation: stateless, runs in decode, before sharding, on any thread */
    PALUA_DISSECTOR = 2, /**< consumes the payload of one flow, publishes events */
    PALUA_ANALYSIS = 3   /**< consumes events, produces results */
};

/** Which events must meet in one instance (API section 3). */
enum palua_partition {
    PALUA_PARTITION_ALL = 0, /**< serial: one instance, everything in capture order; what a plugin
                                that says nothing gets */
    PALUA_PARTITION_FLOW,    /**< one instance per worker, each sees whole flows; needs `merge` */
    PALUA_PARTITION_SRC, /**< one instance per worker, each sees all events of the addresses that
                            fall to it, in capture order, and no other instance sees any of these;
                            needs `merge`. Which address an event has is said in docs/scripting.md:
                            of a packet or layer its source, of a flow the originator; what has none
                            falls to one instance */
    PALUA_PARTITION_DST, /**< the same by destination, of a flow by responder */
    PALUA_PARTITION_PAIR /**< the same by both, whichever sends */
};

/** Where a decoder or dissector is tried. `value` is a port, a link type, an ethertype or an IP
 * protocol number; PALUA_ON_LAYER: enum palua_protocol. */
enum palua_binding_kind {
    PALUA_ON_LINKTYPE = 1, /**< decoder */
    PALUA_ON_ETHERTYPE,    /**< decoder */
    PALUA_ON_IP_PROTOCOL,  /**< decoder */
    PALUA_ON_UDP_PORT,     /**< decoder or dissector: either port of the flow */
    PALUA_ON_TCP_PORT,     /**< dissector with a stream hook: either port of the flow */
    PALUA_ON_LAYER = 6 /**< dissector: every layer of a protocol (enum palua_protocol, the engine's
                          own) that no ICMP error quotes; needs the hook `layer` */
};

struct palua_binding {
    uint16_t kind;
    uint16_t value;
};

/** A setting the user may give: `plugins = { dns = { pending_cap = 64 } }` in the configuration, or
 * -A dns.pending_cap=64. */
struct palua_option {
    const char *name;
    const char *doc;     /**< one line, with unit */
    const char *initial; /**< the default, as text; its form fixes the type: integer, number,
                            "true"/"false" or text */
    int64_t least;       /**< integers: smallest and largest value; both 0 for no bound */
    int64_t most;
};

/** A named number the plugin counts up with host->count; summed over instances and shown in the run
 * summary when not 0. */
struct palua_counter {
    const char *name;
    const char *doc;
};

/** A kind of malformed traffic that the plugin can report with host->anomaly. */
struct palua_anomaly {
    const char *name; /**< snake_case, without the protocol: "truncated" becomes anomaly.name
                         "dns_truncated" */
    const char *doc;
};

enum {
    PALUA_FLOW_STATE_CAP = 65536
}; /**< bytes of state per flow; what is larger belongs behind a pointer */

struct palua_instance; /**< what the host knows of one instance */
struct palua_call; /**< what the host knows of one call of a hook; valid until the hook returns */

/** UDP payload of one packet of a flow. */
struct palua_datagram {
    const struct palua_packet *packet;
    struct palua_slice payload; /**< captured bytes, as far as the UDP length says; may be empty */
    struct palua_slice src;     /**< addresses of this packet, 4 or 16 bytes */
    struct palua_slice dst;
    uint32_t
        wire_len; /**< bytes of payload on the wire; more than payload.len if the snaplen cut it */
    uint16_t sport; /**< host order */
    uint16_t dport;
    uint8_t direction; /**< enum palua_direction */
    uint8_t layer;     /**< index of the UDP layer in the packet */
};

/** One layer of one packet. */
struct palua_layer_input {
    const struct palua_packet *packet;
    struct palua_slice bytes; /**< captured, header first */
    struct palua_slice src;   /**< addresses of the IP layer that carries it; empty if none does */
    struct palua_slice dst;
    uint32_t
        wire_len;   /**< bytes of the layer on the wire; more than bytes.len if the snaplen cut it
                     */
    uint32_t layer; /**< its index in the packet */
};

/** What a checksum says. */
enum palua_checksum {
    PALUA_CHECKSUM_BAD = 0,
    PALUA_CHECKSUM_GOOD = 1,
    PALUA_CHECKSUM_UNVERIFIED = 2,  /**< not all that it covers was captured, or it is not known how
                                       to check it */
    PALUA_CHECKSUM_NOT_PRESENT = 3, /**< the sender made none */
    PALUA_CHECKSUM_PARTIAL = 4      /**< left to the network card: the packet was captured on the
                                       host that sent it */
};

/** What an encapsulation's context tells apart, and so whether it becomes part of flows' keys. */
enum palua_context {
    PALUA_CONTEXT_NONE = 0,
    PALUA_CONTEXT_NETWORK = 1, /**< one of several networks; both directions carry the same value
                                  (a VNI): part of the key unless the configuration says otherwise
                                */
    PALUA_CONTEXT_SESSION = 2  /**< one tunnel or session, which each side may number for itself (a
                                  TEID): part of the key only if the configuration says so */
};

enum {
    PALUA_STREAM_CAP = 16 * 1024 * 1024
}; /**< bytes of a TCP stream that a dissector can have kept for it */

/** Bytes of one direction of a TCP flow, in order, each once. */
struct palua_stream {
    const struct palua_packet
        *packet;             /**< the one that made them known; NULL only at the end of the run */
    struct palua_slice data; /**< what the hook left last time, then what came; as captured. May be
                                empty at the end. Lives as long as the batch */
    struct palua_slice src;  /**< addresses of the sender and of the receiver, 4 or 16 bytes */
    struct palua_slice dst;
    uint64_t offset; /**< of the first byte in what this side has sent; missing bytes count */
    uint64_t gap;    /**< bytes missing directly before `data`: not captured, or dropped at a cap.
                        What the hook had left before them it does not see again */
    int64_t ts_ns;   /**< time of the packet that brought the last of them */
    uint16_t sport;  /**< of the sender, host order */
    uint16_t dport;
    uint8_t direction; /**< enum palua_direction of the sender */
    bool end;          /**< no more bytes come in this direction: it was closed, or the flow ends */
};

/** What a stream hook says of its input; all 0 before the call. */
struct palua_taken {
    uint32_t consumed; /**< bytes of `data` it is done with; the rest comes again, with what follows
                        */
    uint32_t need; /**< not to be called before there are so many bytes, counted from the first not
                      consumed (except at a gap or the end); 0: with the next ones */
};

/** What a decoder is told, and what it found. The engine bounds all of that by the bytes there are.
 */
struct palua_decoded {
    uint32_t header_len; /**< bytes of this layer before the next; more than there are: the layer is
                            malformed */
    uint32_t payload_len; /**< bytes of the next layer as this one declares them; UINT32_MAX if it
                             does not say */
    uint16_t next_kind;   /**< where the next layer is looked up: PALUA_ON_LINKTYPE, _ETHERTYPE,
                             _IP_PROTOCOL; 0: data */
    uint16_t next_value;
    uint16_t aux;     /**< kept in the layer record: a VLAN id… */
    uint16_t anomaly; /**< malformed: 1 + the index of an entry of the plugin's list; 0: sound. The
                         layer is marked, and decoding goes on as the rest of this struct says */
    uint32_t anomaly_offset; /**< where, bytes into the layer */
    uint16_t outer;     /**< in: protocol of the layer around this one, or PALUA_PROTOCOL_NONE */
    uint16_t outer_aux; /**< in: that layer's aux */
    uint32_t context;   /**< kept in the layer record, see struct palua_layer; with context_kind */
    uint16_t context_kind; /**< enum palua_context */
    uint16_t reserved;
};

/** What a dissector says of its input, and what that causes. */
enum palua_verdict {
    PALUA_DONE =
        0, /**< understood (or an anomaly was raised): the flow's next datagram comes here too */
    PALUA_NOT_MINE = 1 /**< another protocol: the flow's state is dropped without flow_end (release
                          first what it holds), its next datagrams or bytes do not come here any
                          more, and this one (of a stream: what was not consumed before) goes to the
                          next dissector bound to the flow's ports, if any. Events published in this
                          call stay. Any other value is taken for this one. */
};

/** What the engine does for plugins. The same table serves every call; it lives as long as the
 * process. Functions that do not belong to the hook they are called in do nothing and return NULL
 * or 0. An index past the plugin's own list is a bug of the plugin and ends the process with a line
 * that names it. */
struct palua_host {
    uint32_t abi;  /**< PALUA_PLUGIN_ABI of the engine */
    uint32_t size; /**< sizeof this table: later engines append */

    /* In start: */
    /** The value of an option: text as the user gave it or the default; checked against type and
     * bounds before `start`. Lives as long as the instance. */
    const char *(*option)(struct palua_instance *instance, const char *name);
    /** The same, of an integer; of a boolean 1 or 0. */
    int64_t (*option_int)(struct palua_instance *instance, const char *name);
    /** The same, of a number or an integer. */
    double (*option_real)(struct palua_instance *instance, const char *name);
    /** Says why `start` is about to return false; one sentence, copied. */
    void (*refuse)(struct palua_instance *instance, const char *why);
    /** Whether somebody subscribes to the plugin's own event `event`. Fixed for the run. */
    bool (*subscribed)(struct palua_instance *instance, uint32_t event);
    /** Fields of that event that somebody reads: bit i for field i. Fixed for the run. */
    uint64_t (*wanted)(struct palua_instance *instance, uint32_t event);
    /** Whether somebody subscribes to `anomaly`: then look at all of every message. Otherwise look
     * at what the wanted fields need, and report what is met on the way. Fixed for the run. */
    bool (*anomalies_wanted)(struct palua_instance *instance);

    /* In a dissector's datagram, stream and flow_end, and alloc, room, keep, count also in an
     * analysis' event and finish: */
    /** Zeroed memory of the batch, aligned for any scalar; what events point to. Never NULL. In an
     * analysis: lives until the hook returns. */
    void *(*alloc)(struct palua_call *call, size_t size);
    /** Uninitialised memory of the batch for text whose length is not known yet: `size` bytes, of
     * which keep() says how many stay. Any other function of the host that is called in between may
     * end the room: keep first. */
    uint8_t *(*room)(struct palua_call *call, uint32_t size);
    /** Keeps the first `len` bytes of the last room (at most its size) and gives back the rest. */
    void (*keep)(struct palua_call *call, uint32_t len);
    /** A zeroed event of the plugin's own list, its header filled, to be written and then published
     * or forgotten; NULL if nobody subscribes to it: then skip the work. Fields that nobody wants
     * need not be filled. */
    void *(*event)(struct palua_call *call, uint32_t event);
    /** Hands an event over. Events of one call come out in the order of publishing. Afterwards it
     * is read-only. Live flow fields that a handler names are copied into it now: the flow's
     * counters include the current packet. */
    void (*publish)(struct palua_call *call, uint32_t event, void *record);
    /** Reports malformed traffic: entry `anomaly` of the plugin's list, `offset` bytes into the
     * payload. Counted always, an `anomaly` event if somebody subscribes to that. */
    void (*anomaly)(struct palua_call *call, uint32_t anomaly, uint32_t offset);
    /** Gives a buffer to the batch, which calls release(buffer) when its last consumer has
     * finished, on any thread. */
    void (*retire)(struct palua_call *call, void *buffer, void (*release)(void *buffer));
    /** Announces a related flow (FTP data, RTP): published as the engine's `expect` event, with
     * this flow as the parent. Addresses may be empty (any), ports 0 (any); the addresses must live
     * as long as the batch, `service` as long as the process. */
    void (*expect)(struct palua_call *call, struct palua_slice orig, struct palua_slice resp,
                   uint16_t resp_p, uint8_t proto, const char *service);
    /** Adds to counter `counter` of the plugin's list. */
    void (*count)(struct palua_call *call, uint32_t counter, uint64_t n);
    /** The current flow's identity; lives as long as the batch. In an analysis: the event's flow,
     * or NULL. */
    const struct palua_flow *(*flow)(struct palua_call *call);

    /* In an analysis' event and finish: */
    /** Prints one line of text (copied, without a newline), at the place of the current event in
     * capture order; in finish after the last event. Control bytes are escaped on the way to a
     * terminal. */
    void (*print)(struct palua_call *call, const char *text, size_t len);
    /** In finish: one row of the result table `table` (index into the plugin's tables); a C struct
     * laid out as the table's schema says, every field present; copied. Tables are written in the
     * order of the list, those without a row too. */
    void (*row)(struct palua_call *call, uint32_t table, const void *record);

    /* In a dissector's datagram and layer: */
    /** Checks the checksum of a layer: reads every byte of it, so ask only if somebody wants to
     * know. */
    enum palua_checksum (*checksum)(struct palua_call *call, const struct palua_packet *packet,
                                    uint32_t layer);
};

/** What an analysis reads. */
struct palua_subscription {
    const char *event; /**< "packet", "dns.query" */
    const char
        *fields; /**< names of the fields it reads, comma separated; NULL: all of the event's own;
                    "": none. flow.NAME for the flow's. A field not named may be left empty */
};

/** The descriptor. A count of 0 goes with a NULL list. What does not fit the role must be 0 or
 * NULL, or the plugin is refused. */
struct palua_plugin {
    uint32_t abi;       /**< PALUA_PLUGIN_ABI */
    uint32_t size;      /**< sizeof(struct palua_plugin) */
    const char *name;   /**< snake_case; what -p names */
    const char *doc;    /**< one line */
    uint32_t role;      /**< enum palua_role */
    uint32_t partition; /**< analysis: enum palua_partition */

    const struct palua_schema *const *events; /**< dissector: what it publishes */
    uint32_t event_count;
    uint32_t binding_count;
    const struct palua_binding *bindings; /**< decoder, dissector: at least one */
    const struct palua_option *options;   /**< dissector, analysis; so counters */
    uint32_t option_count;
    uint32_t counter_count;
    const struct palua_counter *counters;
    const struct palua_anomaly *anomalies; /**< decoder, dissector */
    uint32_t anomaly_count;
    uint32_t subscription_count;
    const struct palua_subscription *subscriptions; /**< analysis: at least one */
    /** Analysis: its result tables. A row is a C struct without event header. */
    const struct palua_schema *const *tables;
    uint32_t table_count;
    /** Dissector: bytes of zeroed state, aligned for any scalar, kept for every flow while the
     * dissector is bound to it; at most PALUA_FLOW_STATE_CAP, 0 for none. */
    uint32_t flow_state_size;

    /** Makes an instance.
     * @param host  to be kept: every other call goes through it
     * @param self  where to put what every other hook is handed
     * @return false refuses to run: call host->refuse first; the run ends with that sentence and
     * exit status 1 */
    bool (*start)(const struct palua_host *host, struct palua_instance *instance, void **self);
    /** Ends an instance; frees what start made. After finish, also after an error, but not if start
     * returned false. May be NULL. */
    void (*stop)(void *self);

    /** Decoder: says what a layer's bytes are. Pure: no state.
     * @param in   the captured bytes from the layer's first byte on
     * @param out  zero but for `outer`, `outer_aux` and payload_len, which is UINT32_MAX; to be
     * filled when true
     * @return false if these bytes are not the encapsulation: the layer stays data */
    bool (*decode)(struct palua_slice in, struct palua_decoded *out);

    /** Dissector: one datagram of a flow bound to it; also if the snaplen cut it, or its UDP header
     * declares more than there is; never a lone fragment.
     * @param state  flow_state_size bytes, zero at first, the same for both directions of the flow;
     * NULL if that size is 0 */
    enum palua_verdict (*datagram)(void *self, struct palua_call *call, void *state,
                                   const struct palua_datagram *in);
    /** Dissector: the flow has ended (or was evicted, or the run ends): release what `state` holds.
     * Events published here come after the flow's others; their packet is the flow's last (see
     * struct palua_event). May be NULL. */
    void (*flow_end)(void *self, struct palua_call *call, void *state);

    /** Analysis: one event.
     * @param subscription  index into the plugin's list
     * @param event         starts with struct palua_event; read-only, lives until the hook returns
     */
    void (*event)(void *self, struct palua_call *call, uint32_t subscription,
                  const struct palua_event *event);
    /** Analysis: takes over what another instance gathered; called in a fixed order. Needed unless
     * serial. */
    void (*merge)(void *self, void *other);
    /** Analysis: the run is over; write rows. May be NULL. */
    void (*finish)(void *self, struct palua_call *call);

    /** Dissector: one layer that it is bound to with PALUA_ON_LAYER, of every packet, outer to
     * inner; also if the snaplen cut it, or its header is malformed. host->flow may say NULL: not
     * every packet belongs to a flow, and flows are tracked only if somebody asks for them. Before
     * the packet's `datagram`. */
    void (*layer)(void *self, struct palua_call *call, const struct palua_layer_input *in);

    /** Dissector: bytes of a TCP stream of a flow bound to it. Resumes: what is not taken comes
     * again. Called with all that is there as soon as it comes, but see `need`.
     * @param state  as for datagram
     * @param out    what was taken; see struct palua_taken */
    enum palua_verdict (*stream)(void *self, struct palua_call *call, void *state,
                                 const struct palua_stream *in, struct palua_taken *out);
    /** Dissector with a stream hook: the most bytes of one direction that are kept while the hook
     * waits for more, at most PALUA_STREAM_CAP. If it leaves more, all that was left is dropped,
     * counted, and told as a gap. */
    uint32_t stream_cap;
};

/** Defines the function the engine looks for. With PALUA_BUNDLED the plugin is linked in, under a
 * name of its own. */
#ifdef PALUA_BUNDLED
#define PALUA_PLUGIN_NAME_(name) palua_plugin_##name
#define PALUA_PLUGIN_NAME(name) PALUA_PLUGIN_NAME_(name)
#define PALUA_PLUGIN(descriptor)                                       \
    const struct palua_plugin *PALUA_PLUGIN_NAME(PALUA_BUNDLED)(void); \
    const struct palua_plugin *PALUA_PLUGIN_NAME(PALUA_BUNDLED)(void)  \
    {                                                                  \
        return &(descriptor);                                          \
    }
#else
#define PALUA_PLUGIN(descriptor)                                                                \
    __attribute__((visibility("default"))) const struct palua_plugin *palua_plugin_entry(void); \
    const struct palua_plugin *palua_plugin_entry(void)                                         \
    {                                                                                           \
        return &(descriptor);                                                                   \
    }
#endif

#ifdef __cplusplus
}
#endif
#endif
