#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The newcomer's way, by hand: a minimal Debian 12 (bookworm) or Ubuntu 24.04 (noble) in a folder, a clone of this repository
# in it, and the README's commands from there. Shows that packages/debian.txt lacks nothing. Needs root, debootstrap (for noble also
# ubuntu-keyring), a mirror, 3 GB of disk and a quarter of an hour.
#
#     tests/clean-root.sh [bookworm|noble] [run|test|install]...
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
suite=${1:-bookworm}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- run test install
root=$(mktemp -d "${TMPDIR:-/tmp}/palua-$suite.XXXXXX")

finish() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' INT TERM

case $suite in
bookworm) debootstrap --variant=minbase --include=ca-certificates,git bookworm "$root" ;;
noble)
    keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
    if [ -e "$keyring" ]; then keyring=--keyring=$keyring; else keyring=--no-check-gpg; fi
    debootstrap --variant=minbase --include=ca-certificates,git --components=main,universe "$keyring" \
        noble "$root" http://archive.ubuntu.com/ubuntu /usr/share/debootstrap/scripts/gutsy
    ;;
*) echo "unknown suite $suite, expected bookworm or noble" >&2 && exit 2 ;;
esac
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git clone -q "$here" "$root/palua"

inside() {
    chroot "$root" /bin/sh -euc "cd /palua && $1"
}

for part in "$@"; do
    echo "== $suite: $part"
    case $part in
    run) inside './bootstrap run -s dns_stats tests/captures/dns.pcapng' ;;
    test) inside './bootstrap test' ;;
    install)
        inside 'cmake --workflow --preset release && cmake --install build/release --prefix /usr/local >/dev/null && ldconfig &&
            cd /tmp && palua -q -s dns_stats /palua/tests/captures/dns.pcapng | head -n 5 &&
            printf "#include <palua/palua.h>\nint main(void) { return palua_version()[0] == 0; }\n" >use.c &&
            cc use.c $(pkg-config --cflags --libs palua) -o use && ./use && echo "the library works"'
        ;;
    *) echo "unknown part $part, expected run, test or install" >&2 && exit 2 ;;
    esac
done
echo "== $suite: all well"
