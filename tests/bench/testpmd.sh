#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Packets per second of one application (testpmd, macswap) on net_folio and on DPDK's
# own net_virtio_user, each against a testpmd on net_vhost that sends as fast as it can.
# Fresh processes for every sample; what is compared takes turns.
#   testpmd.sh PLUGIN [ROUNDS]      GUEST_CPU, HOST_CPU: default the first and the
#                                   last but one that this process may use
set -u

rounds=${2:-5}
sample_s=1.5

fail() {
	echo "testpmd.sh: $*" >&2
	exit 1
}

# shellcheck source=tests/testpmd.bash
. "$(dirname "${BASH_SOURCE[0]}")/../testpmd.bash"
take_plugin "${1:-}"

mapfile -t cpus < <(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done)
[ "${#cpus[@]}" -ge 2 ] || skip "one CPU; guest and host need one each"
guest_cpu=${GUEST_CPU:-${cpus[0]}} host_cpu=${HOST_CPU:-${cpus[-2]}}
[ "$guest_cpu" != "$host_cpu" ] || host_cpu=${cpus[-1]}

# Both sides on huge pages or neither.
memory=(--no-huge -m 128)
[ "$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages)" -lt 160 ] ||
	memory=(--in-memory --single-file-segments -m 64)

# sample VDEV SIZE: prints packets per second that came back from the application
sample() {
	local common=(--total-num-mbufs=8192 --disable-link-check -i)
	testpmd guest --lcores "(0,1)@$guest_cpu" "${memory[@]}" -d "$plugin" --vdev "$1" -- \
		"${common[@]}" --forward-mode=macswap
	testpmd host --lcores "(0,1)@$host_cpu" "${memory[@]}" \
		--vdev "net_vhost0,iface=$work/socket,client=1" -- \
		"${common[@]}" --forward-mode=flowgen --txpkts="$2"
	heard host 'link state change event' && heard guest 'testpmd>' && heard host 'testpmd>'
	tell guest start
	tell host start
	sleep 0.5
	tell host 'show port stats 0'
	sleep "$sample_s"
	tell host 'show port stats 0'
	sleep 0.1
	count host Rx-pps
	leave host
	leave guest
	rm -f "$work/socket"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

names=(virtio-user folio-none folio-shadow)

# As for device virtio-user of folio run.
declare -A fastest=(
	[split]="packed_vq=0,mrg_rxbuf=0,in_order=0,vectorized=1"
	[packed]="packed_vq=1,mrg_rxbuf=0,in_order=1,vectorized=1"
)

# vdev NAME FORMAT
vdev() {
	case $1 in
	virtio-user) echo "net_virtio_user0,path=$work/socket,server=1,queue_size=256,${fastest[$2]}" ;;
	folio-*) echo "net_folio0,path=$work/socket,copy=${1#folio-},ring_format=$2" ;;
	esac
}

echo "Mpps through testpmd macswap; guest on CPU $guest_cpu, host on CPU $host_cpu; ${memory[0]};" \
	"median [least, most] of $rounds"
printf '%6s  %-7s' frame ring
printf '  %-22s' "${names[@]}"
echo
for size in 64 1500; do
	for format in split packed; do
		for ((round = 0; round < rounds; round++)); do
			for name in "${names[@]}"; do
				sample "$(vdev "$name" "$format")" "$size" >>"$work/$size.$format.$name"
			done
		done
		printf '%4s B  %-7s' "$size" "$format"
		for name in "${names[@]}"; do
			file=$work/$size.$format.$name
			printf '  %-22s' "$(
				{
					median <"$file"
					sort -n "$file" | sed -n '1p;$p'
				} | awk '{ v[NR] = $1 / 1e6 } END { printf "%.2f [%.2f, %.2f]", v[1], v[2], v[3] }'
			)"
		done
		echo
	done
done
