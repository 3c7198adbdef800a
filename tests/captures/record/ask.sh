#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The questions of dns.pcapng: five clients, two servers and one that never answers, over IPv4 and IPv6.
set -u
export LC_ALL=C
resolver=192.0.2.53 server=192.0.2.54 silent=192.0.2.66
options='+tries=1 +time=2 +noall'
ask() { dig -r $options "$@" || true; }

# An office's morning: the same few names again and again, some only once.
for round in 1 2 3; do
    for name in www.example.com example.com mail.example.com host$((round * 7)).example.com; do
        ask -b 192.0.2.10 @$resolver "$name" A
        ask -b 192.0.2.10 @$resolver "$name" AAAA
    done
    ask -b 192.0.2.11 @$resolver www.example.com A
    ask -b 192.0.2.11 @$resolver www.example.com HTTPS
done
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
    ask -b 192.0.2.11 @$resolver "host$n.example.com" A
    ask -b 2001:db8::10 @2001:db8::53 "host$n.example.com" AAAA
done

# Reverse look-ups, and a burst of names that do not exist.
for n in 1 2 3 4 5 6 7 8 200 201; do ask -b 192.0.2.12 @$resolver -x 192.0.2.$n; done
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ask -b 192.0.2.13 @$resolver "x$((n * 7919 % 9973))q.example.com" A
done
ask -b 192.0.2.12 @$resolver ads.blocked.example A
ask -b 192.0.2.12 @$resolver tracker.blocked.example AAAA

# Slow names, several at a time.
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
    ask -b 192.0.2.$((10 + n % 4)) @$resolver "n$n.slow.example" A &
    [ $((n % 6)) = 0 ] && wait
done
wait

# Every type the zone has, from the authoritative server and through the resolver.
while read -r name type; do
    ask -b 192.0.2.12 @$server "$name" "$type"
    ask -b 2001:db8::11 @2001:db8::53 "$name" "$type"
done <<'NAMES'
example.com SOA
example.com NS
example.com MX
example.com TXT
example.com CAA
example.com HTTPS
_sip._tcp.example.com SRV
_443._tcp.example.com TLSA
_svc.example.com SVCB
host1.example.com SSHFP
host1.example.com HINFO
host1.example.com RP
host1.example.com LOC
e164.example.com NAPTR
a.old.example.com DNAME
host3.old.example.com A
opaque.example.com TYPE65280
any.wild.example.com A
UpPeR.eXaMpLe.CoM TXT
odd\000name.example.com A
esc\027[31m.example.com A
NAMES
ask -b 192.0.2.12 @$server +dnssec www.signed.example A
ask -b 192.0.2.12 @$server +dnssec signed.example DNSKEY
ask -b 192.0.2.12 @$server +dnssec nothing.signed.example A
ask -b 192.0.2.12 @$server example.com ANY
ask -b 192.0.2.12 @$server version.bind CH TXT

# What goes wrong: cut short, refused, failed, not understood, unanswered.
ask -b 192.0.2.12 @$server +noedns +ignore big.example.com TXT
ask -b 192.0.2.12 @$server +bufsize=512 +ignore big.example.com TXT
ask -b 192.0.2.12 @$server +bufsize=4096 big.example.com TXT
ask -b 192.0.2.12 @$server +noedns +tcp big.example.com TXT
ask -b 192.0.2.14 @$resolver www.example.com A
ask -b 192.0.2.12 @$resolver www.refused.example A
ask -b 192.0.2.12 @$server elsewhere.test A
ask -b 192.0.2.12 @$server +opcode=status example.com A
ask -b 192.0.2.12 @$server +opcode=notify example.com SOA
ask -b 192.0.2.12 @$server +edns=7 +noednsnegotiation example.com A
ask -b 192.0.2.12 @$server +header-only
ask -b 192.0.2.12 @$server +norecurse +cdflag +adflag example.com A
ask -b 192.0.2.12 @$server +subnet=198.51.100.0/24 +nsid example.com A
ask -b 192.0.2.13 @$resolver www.dead.example A
dig -r -b 192.0.2.13 +tries=3 +time=1 +noall @$silent unheard.example.com A || true
dig -r -b 192.0.2.13 +tries=1 +time=1 +noall -p 53 @192.0.2.67 closed.example.com A || true
