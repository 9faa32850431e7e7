#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what the build machine needs, with apt-get. Does nothing, and asks
# for nothing, when all of it is there.
#
# Debian 12 on amd64 or arm64. The arm64 kernel, its headers and the arm64
# libraries are not installed at all but unpacked into a cache: see kernel.sh.

ME=set-up
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Package names are the native ones: on an arm64 machine gcc is the compiler
# of the module, elsewhere the cross compiler is.
packages()
{
	echo make gcc libc6-dev			# build, unit tests
	echo sparse perl			# static checks, kernel-doc
	echo libcmocka-dev libfdt-dev		# unit tests
	echo cpio kmod e2fsprogs xz-utils	# initramfs and disk images
	echo qemu-system-arm device-tree-compiler
	echo qemu-efi-aarch64			# the host with ACPI
	[[ ${SETUP_FOR-} != bench ]] || echo gnuplot-nox	# its chart
	if built_here || [[ ${SETUP_FOR-} == check-all ]]; then
		echo bc bison flex patch	# to build a kernel, or in its tree
	fi
	[[ -z $CROSS_COMPILE ]] || echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross
}

# missing PACKAGE...: those that are not installed, one per line.
missing()
{
	local p
	declare -A have=()
	while read -r p; do
		have[$p]=1
	done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p')
	for p in "$@"; do
		[[ ${have[$p]-} ]] || echo "$p"
	done
}

as_root()
{
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "not root and no sudo: cannot run '$*'"
	fi
}

apt()
{
	as_root env DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none \
		apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
		--no-install-recommends "$@" </dev/null
}

command -v dpkg-query >/dev/null ||
	die "this is not a Debian machine; install by hand what packages() in $0 names"

mapfile -t wanted < <(packages | tr ' ' '\n' | sort -u)
mapfile -t todo < <(missing "${wanted[@]}")
if [[ ${#todo[@]} -eq 0 ]]; then
	exit 0
fi

say "${#todo[@]} of ${#wanted[@]} packages are missing: ${todo[*]}"
say "updating the package lists"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt update >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed"; }
say "installing"
apt install "${todo[@]}" 2>&1 | tee "$log" |
	sed -n -u -e 's/^Setting up \([^ ]*\).*/[set-up]   \1/p' \
		-e 's/^\(Need to get .*\)/[set-up]   \1/p' >&2 ||
	{ cat "$log" >&2; die "apt-get install failed"; }
mapfile -t todo < <(missing "${wanted[@]}")
[[ ${#todo[@]} -eq 0 ]] || { cat "$log" >&2; die "could not install: ${todo[*]}"; }
say "all packages are there"
