#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ESP on the wire is right by foreign judges: scapy opens what we seal and seals what we
# open, in both implementations; tshark decrypts what we seal.
#
#   ipsec_judges.sh ESP_FRAMES
set -euo pipefail

frames=$1
here=$(dirname "$(readlink -f "$0")")
scapy=(/usr/bin/python3 "$here/esp_scapy.py")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAILED: $*"
    failed=$((failed + 1))
}

/usr/bin/python3 -c 'import scapy.layers.ipsec, cryptography' 2>/dev/null || {
    echo "SKIP: no scapy with cryptography (packages python3-scapy, python3-cryptography)"
    exit 77
}
export FOLIO_NO_HUGE=1
"${scapy[@]}" plain "$work/plain.pcap"

# Our padding and theirs, numbers of 32 and of 64 bits, and these past 2^32.
judge_scapy() { # implementation mode cipher esn sent
    local name="$*"
    "$frames" "$1" seal "${@:2}" "$work/plain.pcap" "$work/ours.pcap" &&
        "${scapy[@]}" open "${@:2}" "$work/ours.pcap" "$work/opened.pcap" &&
        "${scapy[@]}" same "$work/opened.pcap" "$work/plain.pcap" || {
        fail "scapy does not open ours: $name"
        return 0
    }
    "${scapy[@]}" seal "${@:2}" "$work/plain.pcap" "$work/theirs.pcap" &&
        "$frames" "$1" open "${@:2}" "$work/theirs.pcap" "$work/opened.pcap" &&
        "${scapy[@]}" same "$work/opened.pcap" "$work/plain.pcap" || {
        fail "we do not open scapy's: $name"
        return 0
    }
    echo "ok: scapy, $name"
}

for implementation in library fused; do
    for mode in transport tunnel; do
        judge_scapy $implementation $mode aes-128-gcm off 0
        judge_scapy $implementation $mode aes-256-gcm on $((2 ** 32 - 20))
    done
done

# tshark is given the keys; the payloads that it finds are those in plain.
key() { # bytes
    for ((i = 0; i < $1 + 4; i++)); do printf %02x $(((0x11 + i) & 255)); done
}

judge_tshark() { # implementation mode cipher
    local bytes=16 sa
    [[ $3 == aes-128-gcm ]] || bytes=32
    sa='"IPv4","10.18.0.2","10.18.0.1","0x00001001","AES-GCM with 16 octet ICV [RFC4106]","0x'$(key $bytes)'","NULL",""'
    "$frames" "$1" seal "$2" "$3" off 0 "$work/plain.pcap" "$work/ours.pcap"
    tshark -r "$work/ours.pcap" -o esp.enable_encryption_decode:TRUE -o "uat:esp_sa:$sa" \
        -T fields -e udp.payload >"$work/ours.txt" 2>"$work/why" || true
    tshark -r "$work/plain.pcap" -T fields -e udp.payload >"$work/plain.txt" 2>/dev/null
    if [[ -s "$work/plain.txt" ]] && cmp -s "$work/ours.txt" "$work/plain.txt"; then
        echo "ok: tshark, $*"
    else
        fail "tshark does not decrypt ours: $*: $(head -1 "$work/why")"
    fi
}

if command -v tshark >/dev/null; then
    for implementation in library fused; do
        for mode in transport tunnel; do
            judge_tshark $implementation $mode aes-128-gcm
        done
        judge_tshark $implementation transport aes-256-gcm
    done
else
    echo "left out: no tshark (package tshark)"
fi

exit $((failed > 0))
