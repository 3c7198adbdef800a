// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rdata.h"

#include "codes.h"

/** One piece of record data: reads from `in`, appends to `out`; false if it does not fit. */
typedef bool (*piece_fn)(struct palua_cursor *in, struct dns_text *out);

static bool piece_u8(struct palua_cursor *in, struct dns_text *out)
{
    uint8_t value;
    return palua_cursor_u8(in, &value) && dns_text_uint(out, value);
}

static bool piece_u16(struct palua_cursor *in, struct dns_text *out)
{
    uint16_t value;
    return palua_cursor_u16(in, &value) && dns_text_uint(out, value);
}

static bool piece_u32(struct palua_cursor *in, struct dns_text *out)
{
    uint32_t value;
    return palua_cursor_u32(in, &value) && dns_text_uint(out, value);
}

static bool piece_date(struct palua_cursor *in, struct dns_text *out)
{
    uint32_t value;
    return palua_cursor_u32(in, &value) && dns_text_date(out, value);
}

static bool piece_ipv4(struct palua_cursor *in, struct dns_text *out)
{
    const uint8_t *addr;
    return palua_cursor_bytes(in, 4, &addr) && dns_text_ipv4(out, addr);
}

static bool piece_ipv6(struct palua_cursor *in, struct dns_text *out)
{
    const uint8_t *addr;
    return palua_cursor_bytes(in, 16, &addr) && dns_text_ipv6(out, addr);
}

static bool piece_name(struct palua_cursor *in, struct dns_text *out)
{
    return dns_name_read(in, out) == DNS_OK;
}

/** RFC 3597 section 5: TYPE and the number, for types without a name. */
static bool add_type(struct dns_text *out, uint16_t type)
{
    const char *name = dns_type_name(type);
    return name ? dns_text_string(out, name)
                : dns_text_string(out, "TYPE") && dns_text_uint(out, type);
}

static bool piece_type(struct palua_cursor *in, struct dns_text *out)
{
    uint16_t type;
    return palua_cursor_u16(in, &type) && add_type(out, type);
}

/** A <character-string>, RFC 1035 section 3.3. */
static bool piece_string(struct palua_cursor *in, struct dns_text *out)
{
    uint8_t len;
    const uint8_t *data;
    return palua_cursor_u8(in, &len) && palua_cursor_bytes(in, len, &data) &&
           dns_text_quoted(out, data, len);
}

/** One or more <character-string>s, up to the end. */
static bool piece_strings(struct palua_cursor *in, struct dns_text *out)
{
    if (!piece_string(in, out))
        return false;
    while (palua_cursor_left(in))
        if (!dns_text_string(out, " ") || !piece_string(in, out))
            return false;
    return true;
}

static size_t take_rest(struct palua_cursor *in, const uint8_t **data)
{
    size_t len = palua_cursor_left(in);
    *data = in->pos;
    in->pos = in->end;
    return len;
}

static bool piece_hex(struct palua_cursor *in, struct dns_text *out)
{
    const uint8_t *data;
    size_t len = take_rest(in, &data);
    return dns_text_hex(out, data, len);
}

static bool piece_base64(struct palua_cursor *in, struct dns_text *out)
{
    const uint8_t *data;
    size_t len = take_rest(in, &data);
    return dns_text_base64(out, data, len);
}

static bool piece_quoted(struct palua_cursor *in, struct dns_text *out)
{
    const uint8_t *data;
    size_t len = take_rest(in, &data);
    return dns_text_quoted(out, data, len);
}

/** A tag of CAA: letters and digits behind a length byte (RFC 8659 section 4.1). */
static bool piece_tag(struct palua_cursor *in, struct dns_text *out)
{
    uint8_t len;
    const uint8_t *data;
    if (!palua_cursor_u8(in, &len) || !len || !palua_cursor_bytes(in, len, &data) ||
        !dns_text_need(out, len))
        return false;
    for (uint8_t i = 0; i < len; i++) {
        char c = (char)data[i];
        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
            return false;
        dns_text_char(out, c);
    }
    return true;
}

/** The salt of NSEC3, RFC 5155 section 3.3: "-" if there is none. */
static bool piece_salt(struct palua_cursor *in, struct dns_text *out)
{
    uint8_t len;
    const uint8_t *data;
    if (!palua_cursor_u8(in, &len) || !palua_cursor_bytes(in, len, &data))
        return false;
    return len ? dns_text_hex(out, data, len) : dns_text_string(out, "-");
}

static bool piece_next_hash(struct palua_cursor *in, struct dns_text *out)
{
    uint8_t len;
    const uint8_t *data;
    return palua_cursor_u8(in, &len) && palua_cursor_bytes(in, len, &data) &&
           dns_text_base32hex(out, data, len);
}

/** The types whose bits are set in one block of a bitmap. */
static bool add_block(struct dns_text *out, uint8_t window, const uint8_t *bits, size_t len,
                      bool *first)
{
    for (size_t i = 0; i < len * 8; i++) {
        if (!(bits[i / 8] & 0x80 >> i % 8))
            continue;
        if (!*first && !dns_text_string(out, " "))
            return false;
        *first = false;
        if (!add_type(out, (uint16_t)(window << 8 | (int)i)))
            return false;
    }
    return true;
}

/** A type bitmap, RFC 4034 section 4.1.2, up to the end. */
static bool piece_bitmap(struct palua_cursor *in, struct dns_text *out)
{
    bool first = true;
    while (palua_cursor_left(in)) {
        uint8_t window;
        uint8_t len;
        const uint8_t *bits;
        if (!palua_cursor_u8(in, &window) || !palua_cursor_u8(in, &len) || !len || len > 32 ||
            !palua_cursor_bytes(in, len, &bits) || !add_block(out, window, bits, len, &first))
            return false;
    }
    return true;
}

/** A comma-separated list of addresses, up to the end. */
static bool add_addresses(struct palua_cursor *in, struct dns_text *out, piece_fn piece)
{
    for (bool first = true; palua_cursor_left(in); first = false)
        if ((!first && !dns_text_string(out, ",")) || !piece(in, out))
            return false;
    return true;
}

/** A comma-separated list of protocol ids, which are printable in all but hostile records. */
static bool add_alpn(struct palua_cursor *in, struct dns_text *out)
{
    bool first = true;
    while (palua_cursor_left(in)) {
        uint8_t len;
        const uint8_t *id;
        if (!palua_cursor_u8(in, &len) || !palua_cursor_bytes(in, len, &id) ||
            !dns_text_need(out, 4U * len + 1))
            return false;
        if (!first)
            dns_text_char(out, ',');
        first = false;
        for (uint8_t i = 0; i < len; i++) {
            if (id[i] <= 0x20 || id[i] > 0x7e || id[i] == ',' || id[i] == '"' || id[i] == '\\')
                dns_text_escape(out, id[i]);
            else
                dns_text_char(out, (char)id[i]);
        }
    }
    return true;
}

/** Keys that a server must support, by name. */
static const char *const svc_keys[] = {"mandatory", "alpn", "no-default-alpn", "port",
                                       "ipv4hint",  "ech",  "ipv6hint",        "dohpath"};

static bool add_svc_key(struct dns_text *out, uint16_t key)
{
    if (key < sizeof svc_keys / sizeof svc_keys[0])
        return dns_text_string(out, svc_keys[key]);
    return dns_text_string(out, "key") && dns_text_uint(out, key);
}

static bool add_mandatory(struct palua_cursor *in, struct dns_text *out)
{
    for (bool first = true; palua_cursor_left(in); first = false) {
        uint16_t key;
        if ((!first && !dns_text_string(out, ",")) || !palua_cursor_u16(in, &key) ||
            !add_svc_key(out, key))
            return false;
    }
    return true;
}

/** A parameter's value, RFC 9460 sections 7 and 14.3.2. */
static bool add_svc_value(uint16_t key, struct palua_cursor *in, struct dns_text *out)
{
    switch (key) {
    case 0:
        return add_mandatory(in, out);
    case 1:
        return add_alpn(in, out);
    case 3:
        return piece_u16(in, out);
    case 4:
        return add_addresses(in, out, piece_ipv4);
    case 5:
        return piece_base64(in, out);
    case 6:
        return add_addresses(in, out, piece_ipv6);
    default:
        return piece_quoted(in, out);
    }
}

static bool piece_svc_params(struct palua_cursor *in, struct dns_text *out)
{
    for (bool first = true; palua_cursor_left(in); first = false) {
        uint16_t key;
        uint16_t len;
        struct palua_cursor value;
        if ((!first && !dns_text_string(out, " ")) || !palua_cursor_u16(in, &key) ||
            !palua_cursor_u16(in, &len) || !palua_cursor_sub(in, len, &value) ||
            !add_svc_key(out, key))
            return false;
        if (len && (!dns_text_string(out, "=") || !add_svc_value(key, &value, out) ||
                    palua_cursor_left(&value)))
            return false;
    }
    return true;
}

enum { PIECE_CAP = 9 };

/** A type's data: its pieces in order, with a blank between them. */
struct layout {
    uint16_t type;
    piece_fn pieces[PIECE_CAP + 1];
};

// Ascending by type.
static const struct layout layouts[] = {
    {1, {piece_ipv4}}, // A, RFC 1035
    {2, {piece_name}}, // NS
    {3, {piece_name}}, // MD
    {4, {piece_name}}, // MF
    {5, {piece_name}}, // CNAME
    {6, {piece_name, piece_name, piece_u32, piece_u32, piece_u32, piece_u32, piece_u32}}, // SOA
    {7, {piece_name}},                                                                    // MB
    {8, {piece_name}},                                                                    // MG
    {9, {piece_name}},                                                                    // MR
    {12, {piece_name}},                                                                   // PTR
    {13, {piece_string, piece_string}},                                                   // HINFO
    {14, {piece_name, piece_name}},                                                       // MINFO
    {15, {piece_u16, piece_name}},                                                        // MX
    {16, {piece_strings}},                                                                // TXT
    {17, {piece_name, piece_name}},                      // RP, RFC 1183
    {18, {piece_u16, piece_name}},                       // AFSDB, RFC 1183
    {21, {piece_u16, piece_name}},                       // RT, RFC 1183
    {28, {piece_ipv6}},                                  // AAAA, RFC 3596
    {33, {piece_u16, piece_u16, piece_u16, piece_name}}, // SRV, RFC 2782
    {35, {piece_u16, piece_u16, piece_string, piece_string, piece_string, piece_name}}, // NAPTR
    {36, {piece_u16, piece_name}},                    // KX, RFC 2230
    {39, {piece_name}},                               // DNAME, RFC 6672
    {43, {piece_u16, piece_u8, piece_u8, piece_hex}}, // DS, RFC 4034
    {44, {piece_u8, piece_u8, piece_hex}},            // SSHFP, RFC 4255
    {46,
     {piece_type, piece_u8, piece_u8, piece_u32, piece_date, piece_date, piece_u16, piece_name,
      piece_base64}},                                    // RRSIG, RFC 4034
    {47, {piece_name, piece_bitmap}},                    // NSEC, RFC 4034
    {48, {piece_u16, piece_u8, piece_u8, piece_base64}}, // DNSKEY, RFC 4034
    {50, {piece_u8, piece_u8, piece_u16, piece_salt, piece_next_hash, piece_bitmap}}, // NSEC3
    {51, {piece_u8, piece_u8, piece_u16, piece_salt}},   // NSEC3PARAM, RFC 5155
    {52, {piece_u8, piece_u8, piece_u8, piece_hex}},     // TLSA, RFC 6698
    {53, {piece_u8, piece_u8, piece_u8, piece_hex}},     // SMIMEA, RFC 8162
    {59, {piece_u16, piece_u8, piece_u8, piece_hex}},    // CDS, RFC 7344
    {60, {piece_u16, piece_u8, piece_u8, piece_base64}}, // CDNSKEY, RFC 7344
    {64, {piece_u16, piece_name, piece_svc_params}},     // SVCB, RFC 9460
    {65, {piece_u16, piece_name, piece_svc_params}},     // HTTPS, RFC 9460
    {99, {piece_strings}},                               // SPF, RFC 7208
    {256, {piece_u16, piece_u16, piece_quoted}},         // URI, RFC 7553
    {257, {piece_u8, piece_tag, piece_quoted}},          // CAA, RFC 8659
};

static const struct layout *find_layout(uint16_t type)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0] && layouts[i].type <= type; i++)
        if (layouts[i].type == type)
            return &layouts[i];
    return NULL;
}

/** All pieces, and nothing left over. A last piece that takes the rest may be empty: no blank then.
 */
static bool add_pieces(const struct layout *layout, struct palua_cursor *in, struct dns_text *out)
{
    for (const piece_fn *piece = layout->pieces; *piece; piece++) {
        if (piece != layout->pieces) {
            if (!palua_cursor_left(in) && !piece[1])
                return true;
            if (!dns_text_string(out, " "))
                return false;
        }
        if (!(*piece)(in, out))
            return false;
    }
    return !palua_cursor_left(in);
}

static bool add_generic(struct palua_cursor *in, struct dns_text *out)
{
    size_t len = palua_cursor_left(in);
    return dns_text_string(out, "\\# ") && dns_text_uint(out, len) &&
           (!len || (dns_text_string(out, " ") && piece_hex(in, out)));
}

enum dns_fault dns_rdata_text(uint16_t type, struct palua_cursor in, struct dns_text *out)
{
    const struct layout *layout = find_layout(type);
    struct palua_cursor at = in;
    if (layout && add_pieces(layout, &at, out))
        return DNS_OK;
    out->pos = out->value; // what a misfit left there
    if (!add_generic(&in, out))
        return DNS_LIMIT;
    return layout ? DNS_BAD_RDATA : DNS_OK;
}
