// SPDX-License-Identifier: MIT OR Apache-2.0
#include "codes.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

// Resource record types; 255 is "*" in RFC 1035, and called ANY by everybody.
static const struct palua_enum_name types[] = {
    {1, "A"},           {2, "NS"},        {3, "MD"},        {4, "MF"},       {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},        {8, "MG"},        {9, "MR"},       {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},      {13, "HINFO"},    {14, "MINFO"},   {15, "MX"},
    {16, "TXT"},        {17, "RP"},       {18, "AFSDB"},    {19, "X25"},     {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},     {23, "NSAP-PTR"}, {24, "SIG"},     {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},     {28, "AAAA"},     {29, "LOC"},     {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},   {33, "SRV"},      {34, "ATMA"},    {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},     {38, "A6"},       {39, "DNAME"},   {40, "SINK"},
    {41, "OPT"},        {42, "APL"},      {43, "DS"},       {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},     {48, "DNSKEY"},   {49, "DHCID"},   {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},     {53, "SMIMEA"},   {55, "HIP"},     {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"},   {59, "CDS"},      {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"},   {64, "SVCB"},     {65, "HTTPS"},   {66, "DSYNC"},
    {67, "HHIT"},       {68, "BRID"},     {99, "SPF"},      {100, "UINFO"},  {101, "UID"},
    {102, "GID"},       {103, "UNSPEC"},  {104, "NID"},     {105, "L32"},    {106, "L64"},
    {107, "LP"},        {108, "EUI48"},   {109, "EUI64"},   {128, "NXNAME"}, {249, "TKEY"},
    {250, "TSIG"},      {251, "IXFR"},    {252, "AXFR"},    {253, "MAILB"},  {254, "MAILA"},
    {255, "ANY"},       {256, "URI"},     {257, "CAA"},     {258, "AVC"},    {259, "DOA"},
    {260, "AMTRELAY"},  {261, "RESINFO"}, {262, "WALLET"},  {263, "CLA"},    {264, "IPN"},
    {32768, "TA"},      {32769, "DLV"},
};
// RFC 1035 section 3.2.4, RFC 2136 section 1.3.
static const struct palua_enum_name classes[] = {
    {1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"},
};
// RFC 6895 section 2.2.
static const struct palua_enum_name opcodes[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};
// RFC 6895 section 2.3; from 16 on with the upper bits in the OPT record (RFC 6891 section 6.1.3).
static const struct palua_enum_name rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};
// IP protocol numbers.
static const struct palua_enum_name transports[] = {
    {6, "tcp"},
    {17, "udp"},
};

const struct palua_enum dns_types = {types, COUNT(types)};
const struct palua_enum dns_classes = {classes, COUNT(classes)};
const struct palua_enum dns_opcodes = {opcodes, COUNT(opcodes)};
const struct palua_enum dns_rcodes = {rcodes, COUNT(rcodes)};
const struct palua_enum dns_transports = {transports, COUNT(transports)};

const char *dns_type_name(uint16_t type)
{
    uint32_t low = 0;
    uint32_t high = COUNT(types);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (types[middle].value < type)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT(types) && types[low].value == type ? types[low].name : NULL;
}
