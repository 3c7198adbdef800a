-- SPDX-License-Identifier: MIT OR Apache-2.0
std = "luajit"
max_line_length = 160
-- What a script finds in scope (docs: API section 2).
files["scripts"] = { read_globals = { "on", "agg", "init", "done", "palua" } }
files["tests/spec"] = { std = "+busted" }
files["scripts/*_spec.lua"] = { std = "+busted" }
