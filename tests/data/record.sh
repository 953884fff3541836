#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Records web.pcap anew: HTTP and DNS between two network namespaces that this
# script makes and removes again. Run as root:
#
#   tests/data/record.sh [FILE]      (default: web.pcap beside this script)
#
# Nothing leaves the machine. Addresses are those set aside for documentation
# (192.0.2.0/24, 2001:db8::/32, 00:00:5e:00:53:xx).
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/web.pcap}
packages="iproute2 ethtool tcpdump nginx-light dnsmasq-base bind9-dnsutils curl binutils python3"
client=rec-client-$$
server=rec-server-$$
tmp=
pids=()

die() {
	echo "record.sh: $*" >&2
	exit 1
}

cleanup() {
	local pid name
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	for name in "$client" "$server"; do
		ip netns del "$name" 2>/dev/null || true
	done
	# ip keeps files that stand in for those of /etc in there.
	rm -rf "/etc/netns/$client"
	rmdir /etc/netns 2>/dev/null || true
	[ -z "$tmp" ] || rm -rf "$tmp"
}

on_client() { ip netns exec "$client" "$@"; }
on_server() { ip netns exec "$server" "$@"; }

need_tools() {
	local tool
	[ "$(id -u)" = 0 ] || die "network namespaces want root"
	for tool in ip ethtool tcpdump nginx dnsmasq dig curl strings python3; do
		command -v "$tool" >/dev/null || die "$tool is missing; Debian packages wanted: $packages"
	done
}

make_network() {
	ip netns add "$client" || die "this machine allows no network namespaces"
	ip netns add "$server"
	ip link add veth0 netns "$client" address 00:00:5e:00:53:01 mtu 1500 \
		type veth peer name veth0 netns "$server" address 00:00:5e:00:53:02 mtu 1500 ||
		die "this machine allows no veth devices"
	# With offloads on, the capture would hold frames of up to 64 KiB without checksums.
	local name
	for name in "$client" "$server"; do
		ip netns exec "$name" ethtool -K veth0 tx off rx off sg off tso off gso off gro off >/dev/null
		ip -n "$name" link set lo up
		ip -n "$name" link set veth0 up
	done
	ip -n "$client" address add 192.0.2.1/24 dev veth0
	ip -n "$client" address add 2001:db8::1/64 dev veth0 nodad
	ip -n "$server" address add 192.0.2.2/24 dev veth0
	ip -n "$server" address add 2001:db8::2/64 dev veth0 nodad
	mkdir -p "/etc/netns/$client"
	printf 'nameserver 192.0.2.2\n' >"/etc/netns/$client/resolv.conf"
}

# words COUNT SEED: that many pseudo-random words, the same at every call
words() {
	awk -v count="$1" -v seed="$2" 'BEGIN {
		n = split("page ring packet frame burst queue copy region guest host buffer slot cycle" \
			  " device driver cache line word table path source window timer", word, " ")
		for (i = 0; i < count; i++) {
			seed = (seed * 16807) % 2147483647
			printf "%s%s", word[1 + seed % n], i % 12 == 11 ? "\n" : " "
		}
	}'
}

make_site() {
	local root=$tmp/www
	mkdir -p "$root" "$tmp/temp"
	{
		echo '<!doctype html><title>example.test</title><link rel="stylesheet" href="style.css">'
		echo '<p>'
		words 160 1
		echo '</p><img src="picture.bin"><script src="script.js"></script>'
	} >"$root/index.html"
	echo 'p { margin: 1em; }' >"$root/style.css"
	{ echo '/*' && words 1400 2 && echo '*/'; } >"$root/script.js"
	# Bytes that look like those of a picture: what gzip leaves does not compress.
	words 15000 3 | gzip -n9 >"$root/picture.bin"
	words 5000 4 >"$root/long.txt"
	: >"$root/empty.txt"
	words 1600 5 >"$tmp/form.txt"
	touch -d '2026-01-01 00:00:00 UTC' "$root"/*
	cat >"$tmp/nginx.conf" <<-END
		daemon off;
		master_process off;
		pid $tmp/nginx.pid;
		events { worker_connections 64; }
		http {
			types { text/html html; text/css css; text/javascript js; text/plain txt; }
			default_type application/octet-stream;
			access_log off;
			client_body_temp_path $tmp/temp/body;
			proxy_temp_path $tmp/temp/proxy;
			fastcgi_temp_path $tmp/temp/fastcgi;
			uwsgi_temp_path $tmp/temp/uwsgi;
			scgi_temp_path $tmp/temp/scgi;
			gzip on;
			gzip_types text/css text/javascript;
			server {
				listen 192.0.2.2:80;
				listen [2001:db8::2]:80;
				server_name www.example.test;
				root $root;
				location /form { return 204; }
			}
		}
	END
}

# Started without a function in between, so that $! is the server itself.
start_servers() {
	ip netns exec "$server" nginx -p "$tmp" -e stderr -c "$tmp/nginx.conf" 2>"$tmp/nginx.log" &
	pids+=($!)
	ip netns exec "$server" dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --pid-file= \
		--no-resolv --no-hosts --local=/example.test/ --log-facility="$tmp/dnsmasq.log" \
		--listen-address=192.0.2.2,2001:db8::2 --bind-interfaces \
		--host-record=www.example.test,192.0.2.2,2001:db8::2 \
		--host-record=mail.example.test,192.0.2.25 \
		--cname=static.example.test,www.example.test --mx-host=example.test,mail.example.test,10 \
		--txt-record=example.test,"v=spf1 mx -all" \
		--srv-host=_http._tcp.example.test,www.example.test,80 &
	pids+=($!)
}

# wait_for WHAT COMMAND...: until it succeeds, 5 s at most
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 100; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	tail -n 5 "$tmp"/*.log >&2 || true
	die "$what did not start"
}

fetch() {
	on_client curl -sS --max-time 10 -o /dev/null "$@"
}

visit() {
	local site=http://www.example.test
	on_client dig +short www.example.test A
	on_client dig +short www.example.test AAAA
	fetch "$site/index.html" -o /dev/null "$site/style.css" -o /dev/null "$site/script.js" \
		-o /dev/null "$site/picture.bin"
	fetch -4 --compressed "http://static.example.test/script.js"
	on_client dig +short example.test MX
	on_client dig +short example.test TXT
	on_client dig +short @2001:db8::2 _http._tcp.example.test SRV
	on_client dig +short nothing.example.test A
	on_client dig +short -x 192.0.2.2
	fetch -4 "$site/long.txt"
	fetch -4 -I "$site/long.txt"
	fetch -4 -r 1000-1999 "$site/long.txt"
	fetch -4 "$site/empty.txt" -o /dev/null "$site/not-there"
	fetch -6 --data-binary "@$tmp/form.txt" "$site/form"
	on_client dig +short +tcp www.example.test A
} >/dev/null

record() {
	ip netns exec "$client" tcpdump -i veth0 --immediate-mode -s 0 -n -Z root -w "$tmp/web.pcap" 'arp or icmp6 or tcp or udp' \
		2>"$tmp/tcpdump.log" &
	local tcpdump=$!
	pids+=("$tcpdump")
	wait_for tcpdump grep -q 'listening on' "$tmp/tcpdump.log"
	visit
	sleep 0.5 # the last segments of the last connection
	kill "$tcpdump"
	wait "$tcpdump" || die "tcpdump failed: $(cat "$tmp/tcpdump.log")"
	grep -q '^0 packets dropped by kernel' "$tmp/tcpdump.log" || die "tcpdump dropped packets"
}

check() {
	python3 "$here/check_pcap.py" "$1"
	if strings "$1" | grep -Fw -e "$tmp" -e "$(hostname)" -e "$(id -un)" -e home; then
		die "the capture holds names of this machine"
	fi
}

need_tools
trap cleanup EXIT
tmp=$(mktemp -d)
make_network
make_site
start_servers
wait_for nginx on_server curl -s -o /dev/null http://192.0.2.2/empty.txt
wait_for dnsmasq on_server dig +time=1 +tries=1 @192.0.2.2 www.example.test
record
check "$tmp/web.pcap"
install -m 644 "$tmp/web.pcap" "$out"
echo "wrote $out"
