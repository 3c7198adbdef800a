-- SPDX-License-Identifier: MIT OR Apache-2.0
std = "luajit"
max_line_length = 160
ignore = { "581" } -- not (x <= y) is not x > y when one is NaN

-- What palua puts into a script's scope.
local script = { read_globals = { "agg", "done", "files", "init", "log", "on", "palua", "stream" } }
files["scripts/*.lua"] = script
files["bench/scripts/*.lua"] = script
files["tests/capture/**/*.lua"] = script
files["bench/peers/*.lua"] = { read_globals = { "Field", "Listener" } } -- tshark's
files["**/*_spec.lua"] = { std = "+busted" }
