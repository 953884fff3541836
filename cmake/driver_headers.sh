#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's driver headers, which net_folio is compiled against: no binary package
# ships them, and a driver may only be used with the DPDK it was compiled for. So
# they come out of the distribution's source package, in the installed version:
#
#   driver_headers.sh FOLDER     leaves FOLDER/<version>/, and its name on standard output
#
# It asks the machine's own package sources for source packages too, in lists of
# its own: no root, nothing changed outside FOLDER. What is there already is not
# fetched again. Exit status 3: no headers; standard error says why.
set -euo pipefail

headers=(
	lib/ethdev/ethdev_driver.h
	lib/ethdev/ethdev_vdev.h
	lib/eal/include/dev_driver.h
	drivers/bus/vdev/bus_vdev_driver.h
)
kept=(VERSION ABI_VERSION "${headers[@]}")

die() {
	echo "DPDK's driver headers: $*" >&2
	exit 3
}

# deb_src_lines FILE...: of sources in one-line form
deb_src_lines() {
	sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p' "$@" | grep -v 'cdrom:' | sort -u
}

# deb_src_stanzas FILE...: of sources in deb822 form
deb_src_stanzas() {
	local file
	for file in "$@"; do
		sed '/^#/d; s/^[[:space:]]*$//' "$file"
		echo
	done | awk -v RS= -v ORS='\n\n' -v FS='\n' '
		tolower($0) ~ /(^|\n)enabled:[ \t]*(no|false|without|off|disable|0)/ { next }
		{
			stanza = ""
			in_types = 0
			for (i = 1; i <= NF; i++) {
				if (in_types && $i ~ /^[ \t]/)
					continue
				in_types = tolower($i) ~ /^types:/
				stanza = stanza (in_types ? "Types: deb-src" : $i) "\n"
			}
			print stanza
		}'
}

# Everything that apt writes goes to the work folder. Hooks of the machine's own
# updates are none of ours. apt's download user may not reach a private checkout.
apt_settings() {
	cat <<-END
		#clear APT::Update;
		APT::Sandbox::User "root";
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "$work/sources.list.d";
		Dir::State::lists "$work/lists";
		Dir::Cache "$work/cache";
	END
}

prepare_apt() {
	local list parts
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	mkdir -p "$work"/{sources.list.d,lists/partial,cache/archives/partial,package,source}
	shopt -s nullglob
	local one_line=("$parts"/*.list) deb822=("$parts"/*.sources)
	shopt -u nullglob
	[ ! -f "$list" ] || one_line+=("$list")
	deb_src_lines /dev/null "${one_line[@]}" >"$work/sources.list" || true
	deb_src_stanzas /dev/null "${deb822[@]}" >"$work/sources.list.d/machine.sources"
	apt_settings >"$work/apt.conf"
}

# A source that does not answer matters only when the package then does not come.
# apt checks the package against the signed lists.
download() {
	apt-get -q -c "$work/apt.conf" update >>"$work/log" 2>&1 </dev/null || true
	(cd "$work/package" &&
		apt-get -q -c "$work/apt.conf" source --download-only --only-source \
			"dpdk=$version" >>"$work/log" 2>&1 </dev/null) ||
		die "no source package dpdk $version: $(grep '^[EW]:' "$work/log" | tail -n 3 | tr '\n' ' ')"
}

# The distribution's patches are part of what is installed; so far they leave these headers alone.
check_patches() {
	local header
	(cd "$work/source" && cmake -E tar xf "$work"/package/*.debian.tar.* -- 'debian/patches/*')
	for header in "${headers[@]}"; do
		! grep -rqE "^\+\+\+ [^/]+/$header" "$work/source/debian" ||
			die "dpdk $version patches $header; apply its patches and give FOLIO_DPDK_SOURCE"
	done
}

extract() {
	local top file
	(cd "$work/source" &&
		cmake -E tar xf "$work"/package/*.orig.tar.* -- "${kept[@]/#/*/}")
	top=$(dirname "$(ls "$work"/source/*/ABI_VERSION)")
	for file in "${kept[@]}"; do
		[ -s "$top/$file" ] || die "dpdk $version holds no $file"
	done
	mv "$top" "$folder/$version"
}

[ $# = 1 ] || {
	echo "usage: driver_headers.sh FOLDER" >&2
	exit 2
}
# shellcheck disable=SC2016
version=$(dpkg-query -W -f '${source:Version}' libdpdk-dev 2>/dev/null) ||
	die "package libdpdk-dev is not installed, so there is no version to look for"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
if [ ! -d "$folder/$version" ]; then
	work=$(mktemp -d "$folder/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	prepare_apt
	download
	check_patches
	extract
fi
echo "$folder/$version"
