--- How often each name was asked for, without a line of Lua per event.
-- SPDX-License-Identifier: MIT OR Apache-2.0
on("dns.query", agg.count("names", "qname"):top(20))
