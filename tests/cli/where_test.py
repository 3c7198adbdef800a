# SPDX-License-Identifier: MIT OR Apache-2.0
"""Filters on events: -Y beside -T, on(event, filter, handler), stream(filter, fn); what they say when they are wrong."""
import cli
from cli import Case, capture

DNS = capture("dns.pcapng")
HTTP = capture("http.pcap")
CONNECTIONS = capture("generated/connections.pcap")


class Where(Case):
    def rows(self, fields, where, path, *args):
        return self.ok("-T", fields, "-o", "tsv", "-Y", where, *args, path).out_lines[1:]

    def test_rows(self):
        everything = self.ok("-T", "dns.query.frame,dns.query.qname,dns.query.qtype_name", "-o", "tsv", DNS).out_lines[1:]
        kept = self.rows("dns.query.frame,dns.query.qname,dns.query.qtype_name", 'qtype == AAAA and qname contains "example"', DNS)
        self.assertEqual(kept, [row for row in everything if row.endswith("\tAAAA") and "example" in row.split("\t")[1]])
        self.assertTrue(kept)

    def test_beside_lua(self):
        """A handler with a filter gets what one without picks by the same counters, though nothing else of the flow is read."""
        source = """
            on("tcp.data", "flow.orig_pkts > 3 and flow.history contains 'D'", function(e) print("filter", e.packet_number) end)
            on("tcp.data", function(e)
                if e.flow.orig_pkts > 3 and e.flow.history:find("D") then print("lua", e.packet_number) end
            end)"""
        first = None
        for threads, batch in (1, 1), (1, 1024), (3, 7):
            lines = self.ok("-s", self.script(source), "-j", threads, "--batch", batch, HTTP).out_lines
            by = {who: [line.split("\t")[1] for line in lines if line.startswith(who)] for who in ("filter", "lua")}
            self.assertEqual(by["filter"], by["lua"])
            self.assertTrue(by["lua"])
            first = first or lines
            self.assertEqual(lines, first)

    def test_several_events(self):
        """A field that only one of them has is absent in the other."""
        fields = "dns.query.frame,dns.answer.frame"
        answers = self.rows(fields, "rcode == NXDOMAIN", DNS)
        self.assertTrue(answers and all(row.startswith("\t") for row in answers))
        both = self.rows(fields, "dns.qtype == MX", DNS)
        self.assertTrue(any(row.startswith("\t") for row in both) and any(row.endswith("\t") for row in both))
        queries = self.rows(fields, "not rcode", DNS)
        self.assertTrue(queries and all(row.endswith("\t") for row in queries))

    def test_flows(self):
        """Layers' names stand for the flow where there is no packet; live fields are asked for by being named."""
        everything = self.rows("flow.end.resp_p,flow.end.conn_state", "tcp or not tcp", HTTP)
        ports = {row.split("\t")[0] for row in everything}
        self.assertEqual(ports, {"80", "8080"})
        for where in "tcp.port == 8080", "flow.end.resp_p == 8080", "id.resp_p == 8080", "flow.resp_p == 8080", "tcp.dstport == 8080 and ip.addr":
            rows = self.rows("flow.end.resp_p,flow.end.conn_state", where, HTTP)
            self.assertEqual(rows, [row for row in everything if row.startswith("8080\t")], where)
        for where in "duration > 0 and conn_state == 'SF'", "flow.duration > 0s and flow.conn_state == 'SF'":
            self.assertEqual(len(self.rows("flow.end.uid", where, HTTP)), 3, where)
        self.assertTrue(0 < len(self.rows("packet.frame", "flow.orig_pkts > 3", HTTP)) < len(self.rows("packet.frame", "tcp", HTTP)))
        self.assertEqual(self.rows("flow.end.uid", "dns", DNS), self.rows("flow.end.uid", "service == 'dns'", DNS))
        self.assertTrue(self.rows("flow.end.uid", "dns and udp.port == 53 and flow.service == 'dns'", DNS))

    def test_what_headers_decide(self):
        """Events that no filter lets through are not made at all, which changes nothing that anybody sees: beside a handler that takes every
        event they are all made."""
        events = {"packet": "e.len", "link": "e.type", "network": "e.src", "transport": "e.sport", "fragment": "e.offset", "tunnel": "e.id"}
        filters = ("tcp", "udp.port == 4000", "ip.src == 10.0.0.0/8 and not tcp.flags.syn", "ip.addr == 192.0.2.0/24", "frame.number in {2..9}",
                   "ip.proto == UDP or ipv6", "frame.len > 100", "sctp.chunk_type == data or vlan.id == 100")
        for path in map(capture, ("http.pcap", "generated/fragments.pcap", "generated/vlan.pcap", "generated/sctp.pcap")):
            for where in filters:
                gated = "".join(f'on("{event}", "{where}", function(e) print("{event}", e.packet_number, {field}) end)\n'
                                for event, field in events.items())
                everything = "".join(f'on("{event}", function(e) end)\n' for event in events)
                alone = self.ok("-s", self.script(gated), path)
                beside = self.ok("-s", self.script(gated + everything), path)
                self.assertEqual(alone.out, beside.out, (path, where))
                self.assertEqual(self.ok("-s", self.script(gated), "-j", 3, "--batch", 5, path).out, alone.out, (path, where))
        explained = self.ok("--explain", "-s", self.script('on("packet", "tcp", function() end) on("transport", "sport == 80", function() end)'), HTTP).out
        self.assertIn("made only of packets for which a filter holds: packet\n", explained)

    def test_tcp_data(self):
        fields = "tcp.data.dir,tcp.data.offset,tcp.data.flow.orig_p"
        everything = self.rows(fields, "tcp.data.offset >= 0", HTTP)
        port = everything[0].split("\t")[2]
        kept = self.rows(fields, f"tcp.port == {port}", HTTP)
        self.assertEqual(kept, [row for row in everything if row.endswith("\t" + port)])
        self.assertTrue(0 < len(kept) < len(everything))
        self.assertEqual(self.rows(fields, "tcp.port == 80", HTTP), everything)
        self.assertTrue(self.rows("tcp.data.dir", 'data contains "GET " and dir == "orig"', HTTP))

    def test_fragments_are_put_together(self):
        """The ports of a datagram stand in one of its fragments; a filter that reads them is reason enough."""
        path = capture("generated/fragments.pcap")
        self.assertTrue(self.rows("packet.len", "udp.port == 53 and ip or udp", path))
        self.assertEqual(self.rows("packet.frame", "udp", path), self.rows("packet.frame,packet.layers", "udp", path) and
                         [row.split("\t")[0] for row in self.rows("packet.frame,packet.layers", "udp", path)])

    def test_sameness(self):
        script = self.script('''
            on("packet", "tcp.flags.syn or udp.port == 53 or icmp", function(e) print(e.frame, e.len) end)
            on("flow.end", "ip.addr == 192.0.2.0/24 and duration > 1us", function(e) print(e.uid, e.duration_ns) end)
            on("flow.end", "orig_pkts in {1..4}", agg.count("short", "proto_name"))
            on("dns.answer", "answers.type == A or rcode != 0", agg.group("names", "qname", "n:count", "rtt:max"))
            on("tcp.data", "dir == 'resp'", agg.sum("bytes", "dir", { value = "offset" }))
            local last
            on("dns.query", "qname matches '^www'", function(e) last = e.frame end)
            on("dns.query", function(e) print(e.frame, last) end)
            stream("tcp.port == 80", function(s) print(s.flow.uid, s.dir, s:line()) end)
        ''')
        for path in DNS, HTTP, CONNECTIONS, capture("generated/fragments.pcap"):
            first = self.ok("-s", script, "-o", "json", "-j", "1", path)
            self.assertTrue(first.out)
            for jobs in 1, 2, 3, 8:
                for batch in 1, 7, 1024:
                    other = self.ok("-s", script, "-o", "json", "-j", jobs, "--batch", batch, path)
                    self.assertEqual(other.out, first.out, f"{path} -j {jobs} --batch {batch}")
            where = ("-T", "packet.frame,dns.qname,flow.end.uid", "-Y", "tcp or udp.port == 53 and not duration > 1s", "-o", "json")
            first = self.ok(*where, "-j", "1", path)
            for jobs, batch in (2, 1), (3, 7), (8, 1024):
                self.assertEqual(self.ok(*where, "-j", jobs, "--batch", batch, path).out, first.out)
        self.ok("--check", "-s", script, HTTP)

    def test_the_same_as_by_hand(self):
        filtered = self.script('on("dns.answer", "rcode == NXDOMAIN and client == 192.0.2.0/24", function(e) print(e.frame, e.qname) end)')
        by_hand = self.script('''on("dns.answer", function(e)
            if e.rcode_name == "NXDOMAIN" and tostring(e.client):find("^192%.0%.2%.") then print(e.frame, e.qname) end
        end)''')
        self.assertEqual(self.ok("-s", filtered, DNS).out, self.ok("-s", by_hand, DNS).out)
        self.assertTrue(self.ok("-s", filtered, DNS).out)

    def test_streams(self):
        source = 'stream(%s function(s) local l = s:line() print(s.flow.resp_p, s.dir, s.offset, l) end)'
        everything = self.ok("-s", self.script(source % ""), HTTP).out_lines
        for where, keep in ('"tcp.port == 8080",', lambda row: row.startswith("8080\t")), \
                           ('"dir == \'resp\' and resp_p == 80",', lambda row: row.startswith("80\tresp")), \
                           ('"ip.addr == 192.0.2.80",', lambda row: True), ('"udp",', lambda row: False):
            rows = self.ok("-s", self.script(source % where), HTTP).out_lines
            self.assertEqual(rows, [row for row in everything if keep(row)], where)

    def test_what_a_filter_leaves_out_of_a_stream_is_missing(self):
        script = self.script('''stream("offset > 0 and dir == 'resp'", function(s)
            s:skip(1) print(s.missing > 0, s.offset > 1)
        end)''')
        self.assertIn("true\ttrue", self.ok("-s", script, HTTP).out)

    def test_searches_are_bounded(self):
        script = self.script('on("tcp.data", "data matches \'((.|[^x])+)+[\\\\x01\\\\x02]\'", function(e) print(e.offset) end)')
        run = self.palua("-s", script, HTTP, quiet=False)
        self.assertEqual(run.status, 0, run)
        self.assertRegex(run.err, r"\d+ searches of filters given up at a limit")

    def test_explain(self):
        run = self.ok("--explain", "-s", self.script('on("dns.query", "qname contains \'x\'", agg.count("a", "qname"))'), "-T", "dns.query.qname",
                      "-Y", "qtype == 1", DNS)
        self.assertIn("line 1, dns.query where qname contains 'x': an aggregation, in C", run.out)
        self.assertIn("    where qtype == 1\n", run.out)

    def test_chunks(self):
        """Wireshark's names of chunk fields, whatever the event; an item that lacks a field keeps its place in a row."""
        path = capture("generated/sctp.pcap")
        for fields in "packet.frame", "transport.frame", "network.frame":
            for where, frames in {
                "sctp.chunk_type == 1": "1 27", "sctp.chunk_type == I_DATA": "7 9 33 35", "sctp.data_payload_proto_id == NGAP": "3 29",
                "sctp.data_tsn_raw == 0xfffffffe": "3 29", "sctp.data_b_bit and sctp.data_u_bit": "6 9 32 35", "sctp.verification_tag == 0": "1 27",
            }.items():
                self.assertEqual(" ".join(self.rows(fields, where, path)), frames, f"{fields} {where}")
        self.assertEqual(self.rows("transport.chunks.type_name,transport.chunks.tsn,transport.chunks.ppid_name,transport.sctp.data_sid",
                                   "chunks.cumulative_tsn_ack == 1", path), ["sack,data\t,7\t,S1AP\t,2"] * 2)
        self.assertEqual(self.rows("packet.frame", "dccp.type == data_ack and dccp.seq_raw < 1", capture("generated/dccp.pcap")), ["8", "21"])
        self.assertEqual(self.rows("transport.type_name,transport.seq,transport.ack", "dccp.type == sync", capture("generated/dccp.pcap")),
                         ["sync\t281474976710644\t20015998343868"] * 2)

    def test_describe(self):
        script = self.script('--- Counts.\non("packet", "tcp or vxlan", agg.count("a", "src"))\n')
        self.assertIn("Counts.", self.ok("--describe", script).out)


class Refused(Case):
    def test_of_fields(self):
        for where, words in {
            "qname > 5": ["-Y: column 9: qname is a text, and 5 is none; write it in quotes"],
            "client == 1.2.3.4/33": ["column 11: 1.2.3.4/33 is no network", "0 to 32"],
            "qnmae": ["column 1: event dns.query has no field 'qnmae'; did you mean 'qname'?"],
            "dns.query.qnmae == 'x'": ["did you mean 'qname'?"],
            "sctp.chunk_tipe == 1": ["column 1: event transport has no field 'sctp.chunk_tipe'; did you mean 'sctp.chunk_type'?"],
            "rd and tcp.prot == 80": ["column 8: there is no field 'tcp.prot'; did you mean 'tcp.port'?"],
            "qtype == AAAAA": ["column 10: qtype has no value 'AAAAA'; did you mean 'AAAA'?"],
            "qname == 'x": ["column 10: the text that begins here has no closing '"],
            "qname matches '['": ["column 15: the regular expression is wrong"],
            "(qname": ["column 7: a closing parenthesis"],
            "": ["column 1: a field's name was expected, not the end"],
            "qname = 'x'": ["column 7: '=' compares nothing; write =="],
            "dns.answer.rcode == 3": ["'dns.answer.rcode' is a field of another event, and this filter is asked of dns.query"],
            "qname == '\x1b[31m": ["column 10"],
        }.items():
            with self.subTest(where=where):
                run = self.refused(2, words, "-T", "dns.query.qname", "-Y", where, DNS)
                self.assertNotIn("\x1b", run.err)

    def test_without_fields(self):
        self.refused(2, ["-Y says which events -T prints, and there is no -T", "on(EVENT, FILTER, HANDLER)"], "-Y", "tcp", "-s", "dns_stats", DNS)

    def test_of_scripts(self):
        for source, words in {
            '\n\non("dns.query", "qname > 5", function(e) end)': ["script.lua:3: on: filter, column 9: qname is a text"],
            'on("dns.query", "qnmae", agg.count("a", "qname"))': ["script.lua:1: on: filter, column 1: ", "did you mean 'qname'?"],
            '\nstream("tcp.prt == 5", function(s) end)': ["script.lua:2: stream: filter, column 1: ", "did you mean 'tcp.port'?"],
            'on("packet", {}, function(e) end)': ["script.lua:1: on: the filter must be a text, not a table"],
        }.items():
            with self.subTest(source=source):
                self.refused(2, words, "-s", self.script(source), DNS)


if __name__ == "__main__":
    cli.main()
