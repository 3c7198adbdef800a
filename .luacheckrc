-- SPDX-License-Identifier: MIT OR Apache-2.0
std = "luajit"
max_line_length = 140
ignore = { "581" } -- not (x <= y) is not x > y when one is NaN

-- What palua puts into a script's scope (API: "A script").
local script = {
    read_globals = {
        "agg", "anomaly", "dissector", "done", "every", "files", "init", "log", "map", "on", "palua", "set", "stream",
    },
}
files["scripts/"] = script
files["tests/**/scripts/"] = script
files["tests/**/*_spec.lua"] = { std = "+busted" }
files["scripts/*_spec.lua"] = { std = "+busted" }
