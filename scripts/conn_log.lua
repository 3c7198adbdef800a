--- Zeek's conn.log: one line per connection, with Zeek's columns and header, in the order in which connections end.
---
---     palua -q -s conn_log file.pcap >conn.log
---     palua -q -s conn_log file.pcap | zeek-cut id.orig_h id.resp_h history
---
--- The bytes and the duration of a connection of one instant are unset, as with Zeek; so is tunnel_parents always. Local are, as by Zeek's
--- default, the addresses that are not routed over the Internet. service is the name of palua's dissector. Older Zeeks have no ip_proto;
--- -A ip_proto=false leaves it out. The header has no line #separator: readers take a tab without it.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local header = palua.option("header", true, "begin with Zeek's header lines")
local ip_proto = palua.option("ip_proto", true, "have the column ip_proto")

palua.partition("flow")

local format, concat = string.format, table.concat

local FIELDS = { "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "orig_bytes", "resp_bytes",
    "conn_state", "local_orig", "local_resp", "missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes",
    "tunnel_parents" }
local TYPES = { "time", "string", "addr", "port", "addr", "port", "enum", "string", "interval", "count", "count", "string", "bool", "bool",
    "count", "string", "count", "count", "count", "count", "set[string]" }
local PROTOCOLS = { tcp = "tcp", udp = "udp", icmp = "icmp", icmp6 = "icmp" }

init(function()
    if not header then
        return
    end
    print("#set_separator\t,")
    print("#empty_field\t(empty)")
    print("#unset_field\t-")
    print("#path\tconn")
    print("#fields\t" .. table.concat(FIELDS, "\t") .. (ip_proto and "\tip_proto" or ""))
    print("#types\t" .. table.concat(TYPES, "\t") .. (ip_proto and "\tcount" or ""))
end)

--- Whether an IPv4 address, as a number, is in a block that is not routed over the Internet (IANA's special-purpose registry).
local function is_private(a)
    local first = math.floor(a / 0x1000000)
    if first == 0 or first == 10 or first == 127 or first >= 240 then
        return true
    end
    local two = math.floor(a / 0x10000)
    if two == 0xa9fe or two == 0xc0a8 or two == 0xc612 or two == 0xc613 then
        return true
    end
    if two >= 0xac10 and two < 0xac20 or two >= 0x6440 and two < 0x6480 then
        return true
    end
    local three = math.floor(a / 0x100)
    return three == 0xc00000 or three == 0xc00002 or three == 0xc63364 or three == 0xcb0071
end

--- The same of IPv6, where 2002::/16 has an IPv4 address in it.
local function is_private6(a)
    local two = a:u16(0)
    if two == 0x2002 then
        return is_private(a:u32(2))
    end
    if two >= 0xfc00 and two < 0xfe00 or two >= 0xfe80 and two < 0xfec0 then
        return true
    end
    local four = a:u32(0)
    if four == 0x20010db8 or four >= 0x20010000 and four < 0x20010200 then
        return true
    end
    if four == 0x64ff9b then
        return a:u16(4) == 1
    end
    local next_four = a:u32(4)
    if four == 0x1000000 then
        return next_four == 0
    end
    return four == 0 and next_four == 0 and a:u32(8) == 0 and a:u32(12) <= 1
end

local function is_local(a)
    local private
    if a:u8(4) == nil then
        private = is_private(a:u32(0))
    else
        private = is_private6(a)
    end
    return private and "T" or "F"
end

on("flow.end", function(e)
    local duration, orig_bytes, resp_bytes = "-", "-", "-"
    if e.duration_ns > 0 then
        duration, orig_bytes, resp_bytes = format("%.6f", e.duration), e.orig_bytes, e.resp_bytes
    end
    local outcome = concat({ e.service and tostring(e.service) or "-", duration, orig_bytes, resp_bytes, tostring(e.conn_state),
        is_local(e.orig_h), is_local(e.resp_h), e.missed_bytes, e.history and tostring(e.history) or "-",
        e.orig_pkts, e.orig_ip_bytes, e.resp_pkts, e.resp_ip_bytes, "-", ip_proto and e.proto or nil }, "\t")
    print(e.flow.ts, e.uid, e.orig_h, e.orig_p, e.resp_h, e.resp_p, PROTOCOLS[e.proto_name] or "unknown_transport", outcome)
end)
