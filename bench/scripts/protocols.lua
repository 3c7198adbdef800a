--- Packets by IP protocol: what decoding alone can answer.
-- SPDX-License-Identifier: MIT OR Apache-2.0
on("packet", agg.count("protocols", "proto"))
