# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What every script of the test bed shares: names of places, messages, and
# the tools for this build machine. Sourced, never run.

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8
# depmod, modprobe and mke2fs are no programs of root's alone.
PATH=$PATH:/usr/sbin:/sbin
# The makes that scripts start are not parts of the one that started the script.
unset MAKEFLAGS MFLAGS MAKELEVEL

# Where things are. The cache outlives the tree and is shared by all clones;
# everything made from this tree goes to build/.
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${ARMVCPU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/armvcpu}
BUILD=${ARMVCPU_BUILD:-$TOP/build}

# The kernel that is the host and the guest, and the machine that it runs on.
KERNEL=${KERNEL:-6.1}
HOST=${HOST:-neoverse-n1}

# Derived places: the unpacked kernel packages, and what is built for them.
# shellcheck disable=SC2034 # used by the scripts that source this
{
KERNEL_DIR=$CACHE/linux-$KERNEL
KERNEL_ROOT=$KERNEL_DIR/tree
OUT=$BUILD/$KERNEL

# The guest is the same kernel, unless that is one that only makes a host. A guest has
# pages of its own size, which need not be the host's.
GUEST_KERNEL=$KERNEL
# How many times slower than a stock kernel it is allowed to be: all that has a
# time limit in the QEMU host multiplies by this.
SLOW=1
case $KERNEL in
debug)	GUEST_KERNEL=6.1 SLOW=4 ;;
16k | 64k)
	GUEST_KERNEL=6.1 ;;
esac
# 1: tests that do the same many times do it as often as they were meant to, and not only
# as often as there is time for in "make check".
THOROUGH=${THOROUGH:-0}
# As THOROUGH, but 0 for a kernel that is slow by itself: it takes hours anyway.
MANY_TIMES=$THOROUGH
[[ $SLOW == 1 ]] || MANY_TIMES=0
GUEST_DIR=$CACHE/linux-$GUEST_KERNEL
# The first choice of a machine whose kernel is not at EL2.
NVHE_HOST=cortex-a72
[[ $KERNEL != 16k ]] || NVHE_HOST=max-nvhe
}

# host_fits HOST: have its CPUs pages of the kernel's size? Cortex-A53 and Cortex-A72 have
# none of 16 KiB.
host_fits()
{
	case $KERNEL/$1 in
	16k/cortex-a72 | 16k/gicv2-nvhe | 16k/nogich-nvhe | 16k/no-vtimer | 16k/raspi3b)
		return 1 ;;
	esac
}

# need_host_fits HOST: or it ends here.
need_host_fits()
{
	host_fits "$1" ||
		die "HOST=$1 cannot run KERNEL=$KERNEL: its CPUs have no pages of 16 KiB (those of max-nvhe have)"
}

# built_here: is the kernel one that is built, and not one of Debian's packages?
built_here()
{
	[[ $KERNEL == debug || $KERNEL == 64k ]]
}

NATIVE_ARCH=$(dpkg --print-architecture 2>/dev/null || uname -m)
if [[ $NATIVE_ARCH == arm64 || $NATIVE_ARCH == aarch64 ]]; then
	CROSS_COMPILE=${CROSS_COMPILE-}
else
	CROSS_COMPILE=${CROSS_COMPILE-aarch64-linux-gnu-}
fi
export CROSS_COMPILE

# Two jobs per CPU would only make the machine swap; one is enough.
JOBS=${JOBS:-$(nproc)}

# One line of progress, on stderr so that a script's output stays its own.
say()
{
	printf '[%s] %s\n' "${ME:-$(basename "$0" .sh)}" "$*" >&2
}

# The reason as the last line, and exit with 1 or $DIE_STATUS.
die()
{
	printf '%s: error: %s\n' "${ME:-$(basename "$0" .sh)}" "$*" >&2
	exit "${DIE_STATUS:-1}"
}

# kernel_release: the release of the fetched kernel, as uname -r prints it.
kernel_release()
{
	[[ -r $KERNEL_DIR/release ]] ||
		die "kernel $KERNEL is not there; run 'make kernel KERNEL=$KERNEL'"
	cat "$KERNEL_DIR/release"
}

# run_logged LOG COMMAND...: keep a command's output in a file, and show it
# only when the command failed.
run_logged()
{
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		return 1
	fi
}

# hash_of PATH...: one hash over names and contents of files and directories.
hash_of()
{
	find "$@" -type f -print0 | LC_ALL=C sort -z |
		xargs -0 -r sha256sum | sha256sum | cut -c1-16
}

# make_cpio DIR FILE: an initramfs archive of a directory's contents, owned by
# root whoever runs this, padded so that another may follow it.
make_cpio()
{
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --null --create --quiet --format=newc --owner=+0:+0 --reproducible) >"$2"
}
