--- Zeek's conn.log: one row per connection, with Zeek's columns, in the order in which connections end.
---
---     palua -q -s conn_log -o zeek=logs file.pcap
---     palua -q -s conn_log -o zeek file.pcap | zeek-cut id.orig_h id.resp_h history
---     palua -q -s conn_log -o json file.pcap
---
--- With -o zeek=DIR the log is DIR/conn.log. The bytes and the duration of a connection of one instant are unset, as with Zeek; so is
--- tunnel_parents always. Local are, as by Zeek's default, the addresses that are not routed over the Internet. service is the name of
--- palua's dissector. Older Zeeks have no ip_proto; -A ip_proto=false leaves it out.
-- SPDX-License-Identifier: MIT OR Apache-2.0
local ip_proto = palua.option("ip_proto", true, "have the column ip_proto")

palua.partition("flow")

local conn = log.stream("conn", [[ts:time uid:string id.orig_h:addr id.orig_p:port id.resp_h:addr id.resp_p:port proto:enum service:string
    duration:interval orig_bytes:count resp_bytes:count conn_state:string local_orig:bool local_resp:bool missed_bytes:count history:string
    orig_pkts:count orig_ip_bytes:count resp_pkts:count resp_ip_bytes:count tunnel_parents:set[string] ]] .. (ip_proto and "ip_proto:count" or ""))

local PROTOCOLS = { tcp = "tcp", udp = "udp", icmp = "icmp", icmp6 = "icmp" }

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
    if a:u8(4) == nil then
        return is_private(a:u32(0))
    end
    return is_private6(a)
end

--- The column that may be left out: one value or none.
local function last(e)
    if ip_proto then
        return e.proto
    end
end

on("flow.end", function(e)
    local duration, orig_bytes, resp_bytes
    if e.duration_ns > 0 then
        duration, orig_bytes, resp_bytes = e.duration, e.orig_bytes, e.resp_bytes
    end
    conn:write(e.flow.ts_ns, e.uid, e.orig_h, e.orig_p, e.resp_h, e.resp_p, PROTOCOLS[e.proto_name] or "unknown_transport", e.service,
        duration, orig_bytes, resp_bytes, e.conn_state, is_local(e.orig_h), is_local(e.resp_h), e.missed_bytes, e.history,
        e.orig_pkts, e.orig_ip_bytes, e.resp_pkts, e.resp_ip_bytes, nil, last(e))
end)
