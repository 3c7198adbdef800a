-- SPDX-License-Identifier: MIT OR Apache-2.0
local driver = require("driver")

describe("a script", function()
    it("runs its handlers over events, in order, and done at the end", function()
        local out, errors = driver.run([[
            local n, bytes = 0, 0
            on("spec.k0", function(e) n = n + 1 bytes = bytes + e.len end)
            on("spec.k0", function(e) print(e.packet_number, e.name, e.addr) end)
            init(function() print("first") end)
            done(function() print("total", n, bytes) end)
        ]], { count = 3 })
        assert.equal(0, errors)
        assert.equal("first\n1\twww.example.com\t192.0.2.1\n2\twww.example.com\t2001:db8::1\n3\twww.example.com\t192.0.2.1\n"
            .. "total\t3\t3\n", out)
    end)
end)
