# SPDX-License-Identifier: MIT OR Apache-2.0
"""-o zeek=DIR: a log for each stream and table, as Zeek writes them and the same bytes in every run; and log.stream in all formats."""
import csv
import io
import json
import os
import pathlib
import tempfile

import cli
from cli import Case, capture
from zeek_reader import Log

LOGS = """
local names = log.stream("names", "ts:time uid:string client:addr port:port qname:string rtt:interval rcode:enum answers:vector[string] n:count")
local slow = log.stream("slow", "ts:time seconds:double")
on("dns.answer", function(e)
    names:write(e.ts_ns, e.flow.uid, e.client, e.flow.orig_p, e.qname, e.rtt, e.rcode_name, e.answers, #e.answers)
    if e.rtt and e.rtt > 0.01 then
        slow:write(e.ts_ns, e.rtt)
    end
    if e.rcode_name == "SERVFAIL" then print("failed", e.qname) end
end)
on("dns.answer", agg.quantile("rtt", "server"))
"""


def as_json(data):
    """Bytes as -o json says them: what is no UTF-8, or a control, byte by byte as the characters of their numbers."""
    if data is None:
        return None
    text = data.decode("utf-8", "surrogateescape")
    return "".join(chr(ord(c) - 0xdc00) if "\udc80" <= c <= "\udcff" else "\xc2" + c if "\x80" <= c <= "\x9f" else c for c in text)


class Zeek(Case):
    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def logs(self, *args, status=0):
        """{file name: bytes} and what was printed."""
        folder = self.folder() / "logs"
        run = self.palua(*args, "-o", f"zeek={folder}")
        self.assertEqual((run.status, run.err), (status, ""), run)
        return {path.name: path.read_bytes() for path in folder.iterdir()}, run.out

    def test_each_stream_and_table_is_a_log(self):
        script = self.script(LOGS)
        made, out = self.logs("-s", script, capture("dns.pcapng"))
        self.assertEqual(set(made), {"names.log", "slow.log", "rtt.log"})
        self.assertTrue(out.startswith("failed\t"), "printed lines go to stdout")
        names, slow, rtt = (Log(made[name]) for name in ("names.log", "slow.log", "rtt.log"))
        self.assertEqual((names.path, slow.path, rtt.path), ("names", "slow", "rtt"))
        self.assertEqual(names.types, ["time", "string", "addr", "port", "string", "interval", "enum", "vector[string]", "count"])
        self.assertEqual(dict(zip(rtt.fields, rtt.types)),
                         {"server": "addr", "count": "count", "p50": "interval", "p90": "interval", "p99": "interval", "max": "interval"})
        self.assertEqual({log.open for log in (names, slow, rtt)}, {"2026-11-23-15-30-29"})
        self.assertEqual({log.close for log in (names, slow, rtt)}, {"2026-11-23-15-30-36"})

    def test_values_are_those_of_json(self):
        script = self.script(LOGS)
        for name in "dns.pcapng", "generated/hostile_dns.pcap", "generated/dns_types.pcap":
            made, _ = self.logs("-s", script, capture(name))
            log = Log(made["names.log"])
            rows = [json.loads(line) for line in self.ok("-s", script, "-o", "json", capture(name)).out_lines]
            rows = [row for row in rows if row.get("table") == "names"]
            self.assertEqual(len(log.rows), len(rows))
            for got, want in zip(log.rows, rows):
                self.assertEqual((got["client"], got["port"], got["n"]), (want["client"], want["port"], want["n"]))
                self.assertEqual(got["rcode"].decode(), want["rcode"])
                self.assertAlmostEqual(got["ts"], want["ts"], delta=1e-6)
                if want["rtt"] is not None:
                    self.assertAlmostEqual(got["rtt"], want["rtt"], delta=1e-6)
                self.assertEqual(got["rtt"] is None, want["rtt"] is None)
                self.assertEqual(len(got["answers"]), len(want["answers"]))
                self.assertEqual(as_json(got["qname"]), want["qname"])

    def test_hostile_names_come_back(self):
        script = self.script('local l = log.stream("l", "a:string b:set[string] c:string")\n'
                             'init(function()\n'
                             '    for _, s in ipairs({ "-", "(empty)", "", "#x", "a,b", "t\\tn\\nr\\r\\0", "\\\\x41", "gr\\195\\188n", "\\255", "\\194\\155" }) do\n'
                             '        l:write(s, { s, "second" }, nil)\n'
                             '    end\n'
                             '    l:write(nil, {}, "")\n'
                             'end)\n')
        made, _ = self.logs("-s", script, capture("http.pcap"))
        texts = [b"-", b"(empty)", b"", b"#x", b"a,b", b"t\tn\nr\r\0", b"\\x41", "grün".encode(), b"\xff", b"\xc2\x9b"]
        self.assertEqual(Log(made["l.log"]).rows,
                         [{"a": text, "b": [text, b"second"], "c": None} for text in texts] + [{"a": None, "b": [], "c": b""}])
        self.assertFalse(set(made["l.log"]) & (set(range(32)) - {9, 10} | {127}))

    def test_same_bytes(self):
        script = self.script(LOGS)
        for args in (("-s", script, "-s", "conn_log"), ("-T", "dns.query.qname,flow.end.uid,packet.ts")):
            for name in "dns.pcapng", "generated/connections.pcap":
                want = self.logs(*args, "-j", 1, capture(name))
                self.assertTrue(any(len(Log(data).rows) for data in want[0].values()))
                for jobs, batch in ((1, 1), (1, 7), (2, 1024), (3, 7), (8, 1)):
                    with self.subTest(args=args, capture=name, jobs=jobs, batch=batch):
                        self.assertEqual(self.logs(*args, "-j", jobs, "--batch", batch, capture(name)), want)
                self.assertEqual(self.ok(*args, "-o", "zeek", capture(name)).out, self.ok(*args, "-o", "zeek", "-j", 3, "--batch", 5, capture(name)).out)

    def test_filter_that_leaves_the_start_out(self):
        """What init logs waits for the first packet, whose time its header tells."""
        script = self.script('local l = log.stream("l", "n:count")\ninit(function() l:write(1) end)\non("packet", function(e) l:write(e.packet_number) end)')
        config = self.script("return { batch = { block_size = 4096 } }", "palua.lua")
        how = "-s", script, "-f", "tcp port 8080", capture("http.pcap")
        want, _ = self.logs(*how)
        self.assertEqual([row["n"] for row in Log(want["l.log"]).rows], [1, 51, 52])
        self.assertEqual(self.logs("-c", config, "--batch", 1, *how)[0], want)

    def test_fields(self):
        made, out = self.logs("-T", "dns.answer.client,dns.answer.qname,dns.answer.rcode,dns.answer.rcode_name,dns.answer.rtt,dns.answer.rtt_ns,"
                              "dns.answer.ts,dns.answer.aa,packet.len,dns.answer.answers.ttl", capture("dns.pcapng"))
        log = Log(made["fields.log"])
        self.assertEqual((set(made), out, log.path), ({"fields.log"}, "", "fields"))
        self.assertEqual(log.types, ["addr", "string", "count", "string", "interval", "int", "time", "bool", "count", "string"])
        lines = self.ok("-T", "dns.answer.qname,packet.len", capture("dns.pcapng")).out_lines
        self.assertEqual(len(log.rows), len(lines))
        # A column of two events has a type that holds both.
        made, _ = self.logs("-T", "dns.rtt,dns.id,dns.qname", capture("dns.pcapng"))
        self.assertEqual(Log(made["fields.log"]).types, ["interval", "count", "string"])

    def test_a_log_without_rows_has_its_header(self):
        made, _ = self.logs("-s", self.script(LOGS), capture("http.pcap"))
        log = Log(made["names.log"])
        self.assertEqual((log.rows, log.fields[:2]), ([], ["ts", "uid"]))

    def test_each(self):
        files = [capture("http.pcap"), capture("dns.pcapng")]
        script = self.script(LOGS)
        made, _ = self.logs("--each", "-s", "conn_log", "-s", script, *files)
        self.assertEqual(set(made), {"conn.log", "names.log", "slow.log", "rtt.log"})
        for name, data in made.items():
            log = Log(data)
            self.assertEqual((log.fields[0], log.types[0]), ("file", "string"))
            for file in files:
                alone = Log(self.logs("-s", "conn_log", "-s", script, file)[0][name])
                mine = [{k: v for k, v in row.items() if k != "file"} for row in log.rows if row["file"].decode() == file]
                self.assertEqual(mine, alone.rows, name)
                if alone.rows:  # a table without rows has no values to tell types by
                    self.assertEqual(log.types[1:], alone.types)
        self.assertEqual(self.logs("--each", "-j", 3, "--batch", 7, "-s", "conn_log", "-s", script, *files)[0], made)

    def test_standard_output(self):
        run = self.ok("-s", "conn_log", "-o", "zeek", capture("http.pcap"))
        made, _ = self.logs("-s", "conn_log", capture("http.pcap"))
        self.assertEqual(run.out_bytes, made["conn.log"])

    def test_explain_writes_nothing(self):
        folder = self.folder() / "logs"
        run = self.ok("--explain", "-s", self.script(LOGS), "-o", f"zeek={folder}", capture("dns.pcapng"))
        self.assertFalse(folder.exists())
        self.assertIn('partition "flow"; nothing in its handlers makes a difference between flows', run.out)
        self.assertIn("a loop of its own", run.out)

    def test_check(self):
        self.ok("--check", "-s", "conn_log", "-s", self.script(LOGS), "-o", "zeek", capture("dns.pcapng"))

    def test_what_cannot_be_written(self):
        file = self.script("", "file")
        self.refused(4, [str(file), "Not a directory"], "-s", "conn_log", "-o", f"zeek={file}", capture("http.pcap"))
        self.refused(4, ["missing/logs", "cannot create this directory"], "-s", "conn_log", "-o", f"zeek={file.parent}/missing/logs", capture("http.pcap"))
        self.refused(2, ["-o zeek=: expected a path"], "-s", "conn_log", "-o", "zeek=", capture("http.pcap"))
        # A file of the log's name that is none.
        taken = self.folder()
        (taken / "conn.log").mkdir()
        self.refused(4, ["conn.log", "cannot create this file"], "-s", "conn_log", "-o", f"zeek={taken}", capture("http.pcap"))
        full = self.folder()
        os.symlink("/dev/full", full / "conn.log")
        self.refused(4, ["conn.log", "No space left"], "-s", "conn_log", "-o", f"zeek={full}", capture("http.pcap"))


class Streams(Case):
    def test_scripts_share_a_stream(self):
        a = self.script('local l = log.stream("both", "n:count who:string")\non("packet", function(e) l:write(e.packet_number, "a") end)', "a.lua")
        b = self.script('local l = log.stream("both", "n:count  who:string")\non("packet", function(e) l:write(e.packet_number, "b") end)', "b.lua")
        run = self.ok("-s", a, "-s", b, "-o", "csv", "--count", 2, capture("http.pcap"))
        self.assertEqual(run.out, "n,who\n1,a\n1,b\n2,a\n2,b\n")
        self.assertEqual(self.ok("-j", 3, "-s", a, "-s", b, "-o", "csv", "--count", 2, capture("http.pcap")).out, run.out)

    def test_other_columns_are_refused(self):
        a = self.script('\nlocal l = log.stream("both", "n:count who:string")', "a.lua")
        b = self.script('local l = log.stream("both", "n:count who:enum")', "b.lua")
        self.refused(2, [f"{b}:1", 'log.stream("both")', "column 2: got who:enum, expected who:string", f"{a}:2"], "-s", a, "-s", b, capture("http.pcap"))

    def test_nothing_is_overwritten_by_a_wrong_declaration(self):
        out = self.script("precious", "out.csv")
        script = self.script('log.stream("x", "ts:tim")')
        self.refused(2, [f"{script}:1", "column ts: got type 'tim'; did you mean 'time'?"], "-s", script, "-o", f"csv={out}", capture("http.pcap"))
        self.assertEqual(out.read_text(), "precious")

    def test_every_format(self):
        script = self.script('local l = log.stream("l", "id.orig_h:addr tags:set[string] ok:bool none:count")\n'
                             'on("packet", function(e) l:write(e.src, { "a", "b" }, true, nil) end)')
        how = "-s", script, "--count", 1, capture("http.pcap")
        self.assertEqual(json.loads(self.ok("-o", "json", *how).out),
                         {"table": "l", "id.orig_h": "192.0.2.10", "tags": ["a", "b"], "ok": True, "none": None})
        self.assertEqual(list(csv.reader(io.StringIO(self.ok("-o", "csv", *how).out))),
                         [["id.orig_h", "tags", "ok", "none"], ["192.0.2.10", "a,b", "true", ""]])
        self.assertEqual(self.ok("-o", "tsv", *how).out, "id.orig_h\ttags\tok\tnone\n192.0.2.10\ta,b\ttrue\t\n")
        self.assertEqual(self.ok("-o", "table", *how).out, "192.0.2.10\ta,b\ttrue\t\n")

    def test_errors_name_line_stream_and_column(self):
        script = self.script('local l = log.stream("l", "n:count")\non("packet", function(e)\n    l:write(e.src)\nend)')
        run = self.palua("-s", script, capture("http.pcap"))
        self.assertEqual(run.status, 1, run)
        self.assertIn(f'{script}:3: log "l", column n: got 192.0.2.10, expected a count (a whole number from 0) (event packet, packet 1)', run.err)


class Notes(Case):
    """Where a format has no place for what stands below a table."""

    def test_rows_left_out_are_told(self):
        for form in "json", "csv", "tsv", "zeek":
            run = self.palua("-s", "dns_stats", "-A", "top=3", "-o", form, capture("dns.pcapng"), quiet=False)
            self.assertIn("palua: queries: 92 more rows", run.err_lines, run)
            self.assertNotIn("more rows", run.out)
            self.assertEqual(self.ok("-s", "dns_stats", "-A", "top=3", "-o", form, capture("dns.pcapng")).out, run.out)
        run = self.palua("-s", "dns_stats", "-A", "top=3", capture("dns.pcapng"), quiet=False)
        self.assertNotIn("more rows", run.err)
        self.assertIn("92 more rows", run.out)
        run = self.palua("--each", "-s", "dns_stats", "-A", "top=3", "-o", "csv", capture("dns.pcapng"), quiet=False)
        self.assertIn(f"palua: queries: {capture('dns.pcapng')}: 92 more rows", run.err_lines, run)

    def test_json_marks_rows(self):
        config = self.script("return { aggregate = { key_cap = 16 } }", "palua.lua")
        script = self.script('on("dns.query", agg.distinct("names", "id", { value = "qname" }))')
        rows = [json.loads(line) for line in self.ok("-c", config, "-s", script, "-o", "json", capture("dns.pcapng")).out_lines]
        self.assertEqual([row["id"] for row in rows if row.get("other")], ["(other)"])
        self.assertEqual(len(rows), 17)


if __name__ == "__main__":
    cli.main()
