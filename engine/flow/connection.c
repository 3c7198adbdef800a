// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flow/connection.h"

#include <string.h>

#include "base/cursor.h"
#include "flow/endpoint.h"
#include "flow/holes.h"

/** In flow_endpoint->seen: what the history has once, and whether holes are still looked for. */
enum { SEEN_SYN = 1, SEEN_FIN = 2, SEEN_RST = 4, SEEN_ODD = 8, SEEN_MANY = 16 };
enum { SEEN_DATA = 32, SEEN_ACK = 64, HOLES_IGNORED = 128 };

/** In flow_connection->flags: it was joined midway. */
enum { PARTIAL = 1 };

/** Data beyond a hole that a side may have without any acknowledgement: then the other direction is
 * not in the capture, and holes say nothing. */
enum { UNACKNOWLEDGED_CAP = 16384 };

/** What is counted by powers of ten. */
enum trouble { RETRANSMISSIONS, ZERO_WINDOWS, GAPS, CORRUPT, TROUBLE_COUNT };

/** What few connections need. */
struct flow_trouble {
    uint64_t missed;
    uint32_t counts[2][TROUBLE_COUNT];
    uint32_t syn[2]; /**< place of the last SYN */
    struct flow_holes holes[2];
    char history[FLOW_HISTORY_LONG];
};

_Static_assert(sizeof(struct flow_connection) == 64, "a connection is one cache line");
_Static_assert(sizeof(struct flow_trouble) == 192, "as the header says");

/** One packet on its way through a connection. */
struct step {
    struct flow_connections *all;
    struct flow_connection *connection;
    struct flow_endpoint *self;
    struct flow_endpoint *peer;
    struct flow_segment segment;
    unsigned direction;
    int64_t place;      /**< of the segment's first sequence number */
    int64_t peer_place; /**< of its acknowledgement in the peer's; 0 if it says nothing */
    bool announced;     /**< a SYN whose number an earlier SYN-ACK named */
};

void flow_connections_init(struct flow_connections *all)
{
    *all = (struct flow_connections){0};
    flow_store_init(&all->column, sizeof(struct flow_connection));
    flow_store_init(&all->rare, sizeof(struct flow_trouble));
}

void flow_connections_fini(struct flow_connections *all)
{
    flow_store_fini(&all->column);
    flow_store_fini(&all->rare);
}

static struct flow_trouble *trouble_of(struct flow_connections *all,
                                       struct flow_connection *connection)
{
    if (connection->rare == FLOW_STORE_NONE)
        connection->rare = flow_store_take(&all->rare);
    return flow_store_at(&all->rare, connection->rare);
}

static void add_letter(struct flow_connections *all, struct flow_connection *connection,
                       char letter)
{
    size_t len = strnlen(connection->history, FLOW_HISTORY_SHORT);
    if (len < FLOW_HISTORY_SHORT) {
        connection->history[len] = letter;
        return;
    }
    struct flow_trouble *trouble = trouble_of(all, connection);
    len = strnlen(trouble->history, FLOW_HISTORY_LONG);
    if (len < FLOW_HISTORY_LONG)
        trouble->history[len] = letter;
    else
        all->history_cut++;
}

/** The letter is written as of the originator. */
static void add_history(struct step *step, char letter)
{
    char lower = (char)(letter | ('a' ^ 'A'));
    add_letter(step->all, step->connection, step->direction == PALUA_ORIG ? letter : lower);
}

/** @return whether it was seen before */
static bool check_history(struct step *step, uint8_t seen, char letter)
{
    if (step->self->seen & seen)
        return true;
    step->self->seen |= seen;
    add_history(step, letter);
    return false;
}

static bool is_power_of_ten(uint32_t number)
{
    while (number && number % 10 == 0)
        number /= 10;
    return number == 1;
}

static void count_trouble(struct step *step, unsigned direction, enum trouble kind, char letter)
{
    struct flow_trouble *trouble = trouble_of(step->all, step->connection);
    if (!is_power_of_ten(++trouble->counts[direction][kind]))
        return;
    char lower = (char)(letter | ('a' ^ 'A'));
    add_letter(step->all, step->connection, direction == PALUA_ORIG ? letter : lower);
}

void flow_connection_begin(struct flow_connections *all, uint32_t index, bool turned)
{
    struct flow_connection *connection = flow_store_reach(&all->column, index);
    *connection = (struct flow_connection){
        .ends = {{.next = 1}, {.next = 1}},
        .rare = FLOW_STORE_NONE,
    };
    if (turned)
        add_letter(all, connection, '^');
}

void flow_connection_end(struct flow_connections *all, uint32_t index)
{
    struct flow_connection *connection = flow_store_at(&all->column, index);
    if (connection->rare != FLOW_STORE_NONE)
        flow_store_give(&all->rare, connection->rare);
    connection->rare = FLOW_STORE_NONE;
}

static void history_of_syn(struct step *step)
{
    uint32_t place = (uint32_t)step->place, before = 0;
    char letter = step->segment.flags & TCP_ACK ? 'H' : 'S';
    if (step->connection->rare != FLOW_STORE_NONE)
        before = trouble_of(step->all, step->connection)->syn[step->direction];
    if (check_history(step, SEEN_SYN, letter) && place != before)
        add_history(step, letter);
    if (place != before)
        trouble_of(step->all, step->connection)->syn[step->direction] = place;
}

/** A FIN's place is behind the data it comes with. */
static void history_of_fin(struct step *step)
{
    uint32_t place = (uint32_t)step->place + step->segment.len;
    if (check_history(step, SEEN_FIN, 'F') && place + 1 != step->self->fin)
        add_history(step, 'F');
}

static void history_of_rst(struct step *step)
{
    uint32_t place = (uint32_t)step->place;
    if (check_history(step, SEEN_RST, 'R') && place != step->self->next)
        add_history(step, 'R');
    step->self->next = place;
}

static void update_history(struct step *step)
{
    unsigned flags = step->segment.flags & (TCP_SYN | TCP_FIN | TCP_RST);
    if (flags & (flags - 1)) {
        bool odd = (flags & (TCP_FIN | TCP_RST)) == (TCP_FIN | TCP_RST);
        check_history(step, odd ? SEEN_ODD : SEEN_MANY, odd ? 'I' : 'Q');
    } else if (flags == TCP_SYN) {
        history_of_syn(step);
    } else if (flags == TCP_FIN) {
        history_of_fin(step);
    } else if (flags == TCP_RST) {
        history_of_rst(step);
    } else if (step->segment.len) {
        check_history(step, SEEN_DATA, 'D');
    } else if (step->segment.flags & TCP_ACK) {
        check_history(step, SEEN_ACK, 'A');
    }
}

/** A zero window means nothing in or after a RST, nor once the other end sends no more. */
static void check_window(struct step *step)
{
    if (step->segment.window == 0 && !(step->segment.flags & TCP_RST) &&
        endpoint_state(step->peer) != ENDPOINT_CLOSED &&
        endpoint_state(step->self) != ENDPOINT_RESET)
        count_trouble(step, step->direction, ZERO_WINDOWS, 'W');
}

static void take_acknowledgement(struct step *step)
{
    struct flow_endpoint *peer = step->peer;
    if (endpoint_state(peer) == ENDPOINT_INACTIVE) {
        endpoint_open_acknowledged(peer, step->segment.ack);
        step->peer_place = 1;
        return;
    }
    int64_t place = endpoint_place(peer, step->segment.ack, peer->acked, peer->acked_wraps);
    if (place < 0)
        return;
    step->peer_place = place;
    if (!(step->segment.flags & TCP_RST))
        endpoint_acknowledge(peer, step->segment.ack);
}

static bool is_clean(const struct flow_endpoint *end)
{
    unsigned state = endpoint_state(end);
    return state == ENDPOINT_ESTABLISHED ||
           (state == ENDPOINT_CLOSED && endpoint_state_before(end) == ENDPOINT_ESTABLISHED);
}

/** What the peer sent and this end has, though it was not seen: holes that the acknowledgement
 * reaches over. They count only where the connection was seen from its beginning and does not end
 * in a RST: elsewhere a number that is off looks like a hole. */
static void find_gaps(struct step *step)
{
    struct flow_endpoint *peer = step->peer;
    uint32_t to = (uint32_t)step->peer_place;
    if (peer->fin && (int32_t)(to - peer->fin) >= 0)
        to = peer->fin - 1;
    bool reached = (int32_t)(to - peer->next) <= 0;
    if (step->peer_place == 0 || reached || peer->seen & (SEEN_RST | HOLES_IGNORED))
        return;
    // A connection joined midway may begin with a keep-alive, one byte early.
    if (step->peer_place <= 2 && step->connection->flags & PARTIAL)
        return;
    bool clean = is_clean(peer) && is_clean(step->self);
    if (!clean && step->connection->rare == FLOW_STORE_NONE) {
        peer->next = to;
        return;
    }
    struct flow_trouble *trouble = trouble_of(step->all, step->connection);
    uint64_t missing;
    uint32_t gaps =
        flow_holes_acknowledge(&trouble->holes[!step->direction], &peer->next, to, &missing);
    if (!clean)
        return;
    trouble->missed += missing;
    for (uint32_t i = 0; i < gaps; i++)
        count_trouble(step, !step->direction, GAPS, 'G');
}

static void see_data(struct step *step)
{
    const struct flow_segment *segment = &step->segment;
    struct flow_endpoint *self = step->self;
    if (!segment->len || segment->cut || segment->flags & TCP_RST || step->place < 0 ||
        self->seen & (SEEN_RST | HOLES_IGNORED))
        return;
    uint32_t from = (uint32_t)step->place + !!(segment->flags & TCP_SYN);
    struct flow_piece piece = {from, from + segment->len};
    bool beyond = (int32_t)(from - self->next) > 0;
    if (!beyond && step->connection->rare == FLOW_STORE_NONE) {
        if ((int32_t)(piece.to - self->next) > 0)
            self->next = piece.to;
        return;
    }
    struct flow_holes *holes = &trouble_of(step->all, step->connection)->holes[step->direction];
    if (!flow_holes_see(holes, &self->next, piece))
        step->all->pieces_lost++;
    if (self->acked <= 1 && !self->acked_wraps &&
        flow_holes_waiting(holes, self->next) > UNACKNOWLEDGED_CAP)
        self->seen |= HOLES_IGNORED;
}

/** The first packet of this end, and it opens the connection. */
static void first_syn(struct step *step)
{
    struct flow_endpoint *self = step->self, *peer = step->peer;
    unsigned peer_state = endpoint_state(peer);
    bool answer = step->segment.flags & TCP_ACK;
    if (step->direction == PALUA_ORIG) {
        enum flow_endpoint_state state = answer ? ENDPOINT_SYN_ACK_SENT : ENDPOINT_SYN_SENT;
        endpoint_set_state(self, step->announced ? ENDPOINT_ESTABLISHED : state);
        return;
    }
    if (peer_state == ENDPOINT_SYN_SENT)
        endpoint_set_state(peer, ENDPOINT_ESTABLISHED);
    endpoint_set_state(self, ENDPOINT_ESTABLISHED);
}

/** The first packet of this end has no flag that says where the connection stands. */
static void first_plain(struct step *step)
{
    unsigned peer_state = endpoint_state(step->peer);
    bool ack = step->segment.flags & TCP_ACK;
    // Some acknowledge a SYN before they send their own.
    if (step->direction == PALUA_RESP && !step->segment.len && peer_state == ENDPOINT_SYN_SENT)
        return;
    if (ack && peer_state == ENDPOINT_ESTABLISHED) {
        endpoint_set_state(step->self, ENDPOINT_ESTABLISHED); // only its SYN was missed
        step->connection->flags &= (uint8_t)~PARTIAL;
        return;
    }
    endpoint_set_state(step->self, ENDPOINT_PARTIAL);
}

static void leave_inactive(struct step *step)
{
    unsigned flags = step->segment.flags;
    if (flags & TCP_SYN)
        first_syn(step);
    if (flags & TCP_FIN)
        endpoint_set_state(step->self, ENDPOINT_CLOSED);
    if (flags & TCP_RST)
        endpoint_set_state(step->self, ENDPOINT_RESET);
    if (endpoint_state(step->self) == ENDPOINT_INACTIVE)
        first_plain(step);
}

static void leave_opening(struct step *step)
{
    if (step->segment.flags & TCP_FIN)
        endpoint_set_state(step->self, ENDPOINT_CLOSED);
    if (step->segment.flags & TCP_RST)
        endpoint_set_state(step->self, ENDPOINT_RESET);
}

static void leave_open(struct step *step)
{
    struct flow_endpoint *self = step->self, *peer = step->peer;
    unsigned flags = step->segment.flags;
    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && endpoint_state(self) == ENDPOINT_PARTIAL &&
        endpoint_state(peer) == ENDPOINT_INACTIVE)
        endpoint_set_state(self, ENDPOINT_SYN_SENT);
    if ((flags & (TCP_FIN | TCP_RST)) == TCP_FIN) {
        endpoint_set_state(self, ENDPOINT_CLOSED);
        // FIN, then RST: with this FIN it was a normal end after all.
        if (endpoint_state(peer) == ENDPOINT_RESET &&
            endpoint_state_before(peer) == ENDPOINT_CLOSED)
            endpoint_set_state(peer, ENDPOINT_CLOSED);
    }
    if (flags & TCP_RST)
        endpoint_set_state(self, ENDPOINT_RESET);
}

static void update_state(struct step *step)
{
    switch (endpoint_state(step->self)) {
    case ENDPOINT_INACTIVE:
        leave_inactive(step);
        break;
    case ENDPOINT_SYN_SENT:
    case ENDPOINT_SYN_ACK_SENT:
        leave_opening(step);
        break;
    case ENDPOINT_ESTABLISHED:
    case ENDPOINT_PARTIAL:
        leave_open(step);
        break;
    case ENDPOINT_CLOSED:
        if (step->segment.flags & TCP_RST && endpoint_state(step->peer) != ENDPOINT_CLOSED)
            endpoint_set_state(step->self, ENDPOINT_RESET);
        break;
    default:
        break;
    }
}

/** Whether the connection was joined midway, as the first packet of each end shows. */
static void update_partial(struct step *step)
{
    uint8_t *flags = &step->connection->flags;
    unsigned tcp = step->segment.flags;
    bool first = endpoint_state(step->self) == ENDPOINT_INACTIVE;
    bool orig = step->direction == PALUA_ORIG;
    if (!first || (!orig && *flags & PARTIAL))
        return;
    bool partial = !(tcp & TCP_SYN) || (orig && tcp & TCP_ACK);
    *flags = partial ? PARTIAL : 0;
}

/** A SYN that was captured behind its SYN-ACK. */
static bool is_announced(const struct step *step)
{
    return (step->segment.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           step->direction == PALUA_ORIG && endpoint_state(step->self) == ENDPOINT_INACTIVE &&
           endpoint_state(step->peer) == ENDPOINT_ESTABLISHED &&
           step->self->start == step->segment.seq;
}

static void process(struct step *step)
{
    struct flow_endpoint *self = step->self;
    update_partial(step);
    step->announced = is_announced(step);
    endpoint_open(self, &step->segment);
    step->place = endpoint_place(self, step->segment.seq, self->last, self->last_wraps);
    update_history(step);
    check_window(step);
    if (step->segment.flags & TCP_FIN)
        self->fin = (uint32_t)step->place + endpoint_span(&step->segment);
    if (step->segment.flags & TCP_ACK)
        take_acknowledgement(step);
    if (endpoint_send(self, &step->segment))
        count_trouble(step, step->direction, RETRANSMISSIONS, 'T');
    update_state(step);
    if (step->segment.flags & TCP_ACK)
        find_gaps(step);
    see_data(step);
}

/** @return false if there is no TCP header, it is malformed, or not captured as far as it is needed
 */
static bool read_segment(const struct palua_packet *packet, struct flow_segment *out)
{
    if (packet->transport == PALUA_NO_LAYER)
        return false;
    const struct palua_layer *layer = &packet->layers[packet->transport];
    struct palua_slice bytes = palua_layer_bytes(packet, packet->transport);
    struct cursor in = cursor_of(bytes.data, bytes.len);
    uint16_t flags;
    if (layer->protocol != PALUA_PROTOCOL_TCP || layer->flags & PALUA_LAYER_BAD ||
        !cursor_skip(&in, 4) || !cursor_u32(&in, &out->seq) || !cursor_u32(&in, &out->ack) ||
        !cursor_u16(&in, &flags) || !cursor_u16(&in, &out->window))
        return false;
    out->flags = (uint8_t)flags;
    out->len = palua_layer_payload_len(packet, packet->transport);
    out->cut = palua_layer_payload(packet, packet->transport).len < out->len;
    return true;
}

static struct step step_of(struct flow_connections *all, uint32_t index, unsigned direction)
{
    struct flow_connection *connection = flow_store_at(&all->column, index);
    return (struct step){
        .all = all,
        .connection = connection,
        .self = &connection->ends[direction],
        .peer = &connection->ends[!direction],
        .direction = direction,
    };
}

void flow_connection_packet(struct flow_connections *all, uint32_t index, unsigned direction,
                            const struct palua_packet *packet)
{
    struct step step = step_of(all, index, direction);
    if (read_segment(packet, &step.segment))
        process(&step);
}

void flow_connection_corrupt(struct flow_connections *all, uint32_t index, unsigned direction)
{
    struct step step = step_of(all, index, direction);
    count_trouble(&step, direction, CORRUPT, 'C');
}

static bool is_inactive(unsigned state)
{
    return state == ENDPOINT_INACTIVE || state == ENDPOINT_PARTIAL;
}

/** Whether the originator's SYN was followed by its RST, with nothing in between but
 * retransmissions, zero windows and bad checksums, nor an answer. */
static bool is_aborted_attempt(const struct flow_outcome *outcome)
{
    uint32_t at = outcome->history_len && outcome->history[0] == '^';
    if (at >= outcome->history_len || outcome->history[at] != 'S')
        return false;
    while (++at < outcome->history_len && !strchr("HAFGIQ", outcome->history[at]))
        if (outcome->history[at] == 'R')
            return true;
    return false;
}

static const char *state_by_reset(unsigned orig, unsigned resp, const struct flow_outcome *outcome)
{
    if (resp == ENDPOINT_RESET) {
        if (orig == ENDPOINT_SYN_SENT || orig == ENDPOINT_SYN_ACK_SENT ||
            (orig == ENDPOINT_RESET && !outcome->bytes[0] && !outcome->bytes[1]))
            return "REJ";
        return is_inactive(orig) ? "RSTRH" : "RSTR";
    }
    if (!is_inactive(resp))
        return "RSTO";
    return is_aborted_attempt(outcome) ? "RSTOS0" : "OTH";
}

static const char *state_name(unsigned orig, unsigned resp, const struct flow_outcome *outcome)
{
    if (orig == ENDPOINT_RESET || resp == ENDPOINT_RESET)
        return state_by_reset(orig, resp, outcome);
    if (orig == ENDPOINT_CLOSED && resp == ENDPOINT_CLOSED)
        return "SF";
    if (orig == ENDPOINT_CLOSED)
        return is_inactive(resp) ? "SH" : "S2";
    if (resp == ENDPOINT_CLOSED)
        return is_inactive(orig) ? "SHR" : "S3";
    if (orig == ENDPOINT_SYN_SENT && resp == ENDPOINT_INACTIVE)
        return "S0";
    return orig == ENDPOINT_ESTABLISHED && resp == ENDPOINT_ESTABLISHED ? "S1" : "OTH";
}

static void copy_history(struct flow_outcome *out, const char *history, size_t cap)
{
    size_t len = strnlen(history, cap);
    memcpy(out->history + out->history_len, history, len);
    out->history_len += (uint32_t)len;
}

void flow_connection_outcome(const struct flow_connections *all, uint32_t index,
                             struct flow_outcome *out)
{
    const struct flow_connection *connection = flow_store_at(&all->column, index);
    const struct flow_endpoint *orig = &connection->ends[PALUA_ORIG];
    const struct flow_endpoint *resp = &connection->ends[PALUA_RESP];
    out->missed = 0;
    out->history_len = 0;
    out->bytes[PALUA_ORIG] = endpoint_size(orig, resp);
    out->bytes[PALUA_RESP] = endpoint_size(resp, orig);
    copy_history(out, connection->history, FLOW_HISTORY_SHORT);
    if (connection->rare != FLOW_STORE_NONE) {
        const struct flow_trouble *trouble = flow_store_at(&all->rare, connection->rare);
        out->missed = trouble->missed;
        copy_history(out, trouble->history, FLOW_HISTORY_LONG);
    }
    out->state = state_name(endpoint_state(orig), endpoint_state(resp), out);
}
