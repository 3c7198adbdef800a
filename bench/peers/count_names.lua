-- SPDX-License-Identifier: MIT OR Apache-2.0
--- tshark: how often each name was asked for.                  tshark -n -q -X lua_script:count_names.lua -r FILE
local name_of = Field.new("dns.qry.name")
local tap = Listener.new("dns", "dns.flags.response == 0")
local counts, queries, names = {}, 0, 0

function tap.packet()
    local field = name_of()
    if not field then return end
    local name = field.value
    local count = counts[name]
    if not count then
        count = 0
        names = names + 1
    end
    counts[name] = count + 1
    queries = queries + 1
end

function tap.draw()
    print("queries " .. queries)
    print("names " .. names)
end
