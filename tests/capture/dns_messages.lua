-- SPDX-License-Identifier: MIT OR Apache-2.0
--- Prints every DNS message, one line each, for dns_test.py: parts end with US, records in a list with RS, their fields
--- with GS.

local US, RS, GS = "\31", "\30", "\29"

local function join(separator, ...)
    local parts = {...}
    for i = 1, select("#", ...) do parts[i] = tostring(parts[i]) end
    return table.concat(parts, separator)
end

local function records(list)
    local out = {}
    for i, r in ipairs(list) do out[i] = join(GS, r.name, r.type, r.ttl, r.data) end
    return table.concat(out, RS)
end

local function message(kind, e)
    return join(US, kind, e.frame, e.id, e.opcode, e.tc, e.qname, e.qtype, e.qclass, e.qdcount, e.ancount, e.nscount, e.arcount)
end

on("dns.query", function(e) print(message(0, e)) end)

on("dns.answer", function(e)
    print(join(US, message(1, e), e.rcode, e.rtt_ns, records(e.answers), records(e.authority), records(e.additional)))
end)
