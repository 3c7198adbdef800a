#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Records the captures of real programs that lie beside this script (CATALOG.md): two network namespaces joined by a veth pair, clients
# in one, servers in the other, tcpdump on the clients' end. Needs root and, from Debian: bind9 bind9-utils bind9-dnsutils unbound
# tcpdump wireshark-common iproute2 iputils-ping curl openssl openssh-server openssh-client python3. A second run gives other times,
# ports and identifiers, so a recording is replaced only together with the answers that CATALOG.md and the tests hold.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
chmod 755 "$work"
clients=palua-clients servers=palua-servers
started=

finish() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    wait
    ip netns del $clients 2>/dev/null || true
    ip netns del $servers 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

in_clients() { ip netns exec $clients "$@"; }
in_servers() { ip netns exec $servers "$@"; }

# Starts a server; it is ended by finish.
serve() {
    ip netns exec $servers "$@" >>"$work/servers.log" 2>&1 &
    started="$started $!"
}

network() {
    ip netns add $clients
    ip netns add $servers
    ip link add name c0 address 02:00:00:00:00:01 netns $clients type veth \
        peer name s0 address 02:00:00:00:00:02 netns $servers
    for n in 10 11 12 13 14; do ip -n $clients addr add 192.0.2.$n/24 dev c0; done
    for n in 10 11; do ip -n $clients addr add 2001:db8::$n/64 dev c0 nodad; done
    for n in 22 53 54 66 67 80; do
        ip -n $servers addr add 192.0.2.$n/24 dev s0
        ip -n $servers addr add 2001:db8::$n/64 dev s0 nodad
    done
    for ns in $clients $servers; do ip -n $ns link set lo up; done
    # Checksums as they would be on a wire, and packets no longer than one.
    for end in "$clients c0" "$servers s0"; do
        set -- $end
        ip -n "$1" link set "$2" up gso_max_segs 1
        ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
    done
    in_servers sysctl -qw net.ipv6.conf.s0.accept_dad=0
    sleep 2 # until duplicate address detection and router solicitation are over
}

name_servers() {
    for file in named.conf unbound.conf example.zone slow.zone signed.zone reverse.zone; do
        sed "s|@WORK@|$work|g" "$here/record/$file" >"$work/$file"
    done
    (cd "$work" && for use in '' '-f KSK'; do dnssec-keygen -q -a ECDSAP256SHA256 $use signed.example; done &&
        dnssec-signzone -q -S -o signed.example signed.zone) >"$work/sign.log" 2>&1
    serve named -f -c "$work/named.conf"
    serve python3 "$here/record/delay.py" 192.0.2.54
    serve unbound -d -c "$work/unbound.conf"
    # A server that takes questions and never answers.
    serve python3 -c 'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("192.0.2.66", 53)); time.sleep(999)'
    sleep 2
}

# record FILE FILTER COMMAND...: what crosses the wire while the command runs.
record() {
    file=$out/$1 filter=$2
    shift 2
    ip netns exec $clients tcpdump -q -U --time-stamp-precision=nano -i c0 -w "$work/capture" "$filter" >"$work/tool.log" 2>&1 &
    pid=$!
    sleep 2
    in_clients "$@" >"$work/clients.log" 2>&1 || { cat "$work/clients.log" >&2; false; }
    sleep 1
    kill -TERM $pid
    wait $pid || true
    case $file in
    *.pcapng) editcap -F pcapng "$work/capture" "$file" ;;
    *) cp "$work/capture" "$file" ;;
    esac
    rm "$work/capture"
    echo "$(basename "$file"): $(capinfos -Mrc "$file" | awk 'END { print $NF }') packets, $(wc -c <"$file") bytes"
}

web() {
    mkdir "$work/www"
    printf 'hello, capture\n' >"$work/www/index.html"
    seq 1 2000 >"$work/www/numbers.txt"
    serve python3 -m http.server --bind 192.0.2.80 --directory "$work/www" --protocol HTTP/1.1 80
    sleep 1
}

browse() {
    cat <<'TEXT' >"$work/browse.sh"
curl -sS http://192.0.2.80/ http://192.0.2.80/numbers.txt http://192.0.2.80/absent
curl -sS -I http://192.0.2.80/index.html
curl -sS -X POST -d 'name=value' http://192.0.2.80/form
curl -sS http://192.0.2.80:8080/ || true
TEXT
    echo "$work/browse.sh"
}

tls() {
    for name in rsa ec; do
        [ $name = ec ] && set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256 || set -- -newkey rsa:2048
        openssl req -x509 "$@" -nodes -keyout "$work/$name.key" -out "$work/$name.crt" -days 3650 \
            -subj "/O=palua/CN=$name.example.com" -addext "subjectAltName=DNS:$name.example.com,IP:192.0.2.80" 2>/dev/null
    done
    serve openssl s_server -accept 192.0.2.80:443 -cert "$work/ec.crt" -key "$work/ec.key" -www -alpn h2,http/1.1
    serve openssl s_server -accept 192.0.2.80:8443 -cert "$work/rsa.crt" -key "$work/rsa.key" -www -tls1_2
    sleep 1
    cat <<'TEXT' >"$work/tls.sh"
hello() { printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -ign_eof "$@" >/dev/null 2>&1 || true; }
hello -connect 192.0.2.80:443 -servername ec.example.com -alpn h2,http/1.1
hello -connect 192.0.2.80:443 -servername ec.example.com -tls1_2
hello -connect 192.0.2.80:8443 -servername rsa.example.com
hello -connect 192.0.2.80:8443 -tls1_3
hello -connect 192.0.2.80:443 -noservername -cipher ECDHE-ECDSA-CHACHA20-POLY1305 -tls1_2
TEXT
}

ssh_server() {
    ssh-keygen -q -t ed25519 -N '' -f "$work/host"
    ssh-keygen -q -t ed25519 -N '' -f "$work/user"
    mkdir -p /run/sshd
    cp "$work/user.pub" "$work/authorized"
    chmod 600 "$work/authorized"
    printf '%s\n' 'ListenAddress 192.0.2.22' "HostKey $work/host" "AuthorizedKeysFile $work/authorized" 'StrictModes no' \
        'PidFile none' 'UsePAM no' 'PermitRootLogin yes' >"$work/sshd.conf"
    serve "$(command -v sshd)" -D -e -f "$work/sshd.conf"
    sleep 1
}

network
name_servers
record dns.pcapng 'port 53 or icmp or icmp6' "$here/record/ask.sh"
web
record http.pcap 'tcp' sh "$(browse)"
tls
record tls.pcapng 'tcp' sh "$work/tls.sh"
ssh_server
record ssh.pcap 'tcp port 22' ssh -F none -i "$work/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile="$work/known" \
    -o LogLevel=ERROR root@192.0.2.22 'seq 1 100'
cat >"$work/ping.sh" <<'TEXT'
ping -q -c 3 -i 0.2 -I 192.0.2.10 192.0.2.80
ping -q -c 3 -i 0.2 -I 2001:db8::10 2001:db8::80
ping -q -c 2 -i 0.2 -s 4000 -I 192.0.2.10 192.0.2.80
ping -q -c 2 -i 0.2 -s 4000 -I 2001:db8::10 2001:db8::80
ping -q -c 1 -W 1 -I 192.0.2.10 192.0.2.222 || true
python3 -c 'import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(b"anybody there?", ("2001:db8::80", 9))'
TEXT
ip -n $clients neigh flush dev c0
record ping.pcap 'icmp or icmp6 or arp or udp or ip6 proto 44 or ip[6:2] & 0x3fff != 0' sh "$work/ping.sh"
