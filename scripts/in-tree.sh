#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Put armvcpu into a kernel tree, and build it there as CONFIG_ARMVCPU=m:
#
#   scripts/in-tree.sh overlay KERNEL-TREE
#   scripts/in-tree.sh build KERNEL-TREE [MAKE-ARGUMENT...]
#
# "overlay" copies drivers/armvcpu, the ABI header and the documentation, and
# adds one line each to drivers/Kconfig and drivers/Makefile. It may be run
# again to bring the copies up to date; the kernel's own files are left alone.
#
# "build" builds drivers/armvcpu in a tree that has been configured (O=DIR for
# one that was configured there), without building the rest of the kernel
# first. What symbols the module asks for is then a warning; a build of the
# whole kernel checks them.

ME=in-tree
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage()
{
	die "usage: in-tree.sh overlay KERNEL-TREE | build KERNEL-TREE [MAKE-ARGUMENT...]"
}

# once FILE LINE BEFORE: add a line to a file that has none like it, before the
# line that matches, or at the end.
once()
{
	grep -qxF "$2" "$1" && return 0
	# A new file, so that a tree made of hard links stays apart from others.
	awk -v line="$2" -v before="$3" '
		before != "" && $0 ~ before && !done { print line; print ""; done = 1 }
		{ print }
		END { if (!done) print line }' "$1" >"$1.armvcpu"
	chmod --reference="$1" "$1.armvcpu"
	mv "$1.armvcpu" "$1"
}

# Sources only: nothing that a build beside them has left.
copy_sources()
{
	(cd "$TOP" && find "$@" -type f ! -name '.*' ! -name '*.[oa]' ! -name '*.ko' ! -name '*.mod' \
		! -name '*.mod.c' ! -name '*.elf' ! -name '*.bin' ! -name modules.order \
		! -name Module.symvers -print0 |
		tar --create --null --files-from=-) | tar -C "$tree" --extract --unlink-first
}

overlay()
{
	rm -rf "$tree/drivers/armvcpu"
	copy_sources drivers/armvcpu include/uapi/linux/armvcpu.h Documentation/virt/armvcpu
	once "$tree/drivers/Kconfig" 'source "drivers/armvcpu/Kconfig"' '^endmenu'
	# shellcheck disable=SC2016 # for make to expand
	once "$tree/drivers/Makefile" 'obj-$(CONFIG_ARMVCPU)		+= armvcpu/' ''
	if [[ -f $tree/Documentation/virt/index.rst ]] &&
		! grep -q '^ *armvcpu/index$' "$tree/Documentation/virt/index.rst"; then
		sed 's,^\( *\)kvm/index$,&\n\1armvcpu/index,' "$tree/Documentation/virt/index.rst" \
			>"$tree/Documentation/virt/index.rst.armvcpu"
		mv "$tree/Documentation/virt/index.rst.armvcpu" "$tree/Documentation/virt/index.rst"
	fi
}

build()
{
	local arg out=$tree make=(make -C "$tree" ARCH=arm64 CROSS_COMPILE="$CROSS_COMPILE"
		--no-print-directory -j"$JOBS" "$@")

	for arg in "$@"; do
		[[ $arg != O=* ]] || out=$(realpath -m "${arg#O=}")
	done
	[[ -f $out/.config ]] || die "$out is not configured: make ARCH=arm64 defconfig there"
	"$tree/scripts/config" --file "$out/.config" --enable MODULES --module ARMVCPU
	"${make[@]}" olddefconfig
	grep -qx 'CONFIG_ARMVCPU=m' "$out/.config" ||
		die "the configuration does not let CONFIG_ARMVCPU be m"
	"${make[@]}" modules_prepare
	"${make[@]}" KBUILD_MODPOST_WARN=1 drivers/armvcpu/armvcpu.ko
	say "built $out/drivers/armvcpu/armvcpu.ko"
}

[[ $# -ge 2 ]] || usage
do=$1 tree=$2
shift 2
[[ -f $tree/Kbuild && -f $tree/drivers/Kconfig ]] || die "$tree is no kernel tree"
tree=$(cd "$tree" && pwd -P)
case $do in
overlay)	[[ $# -eq 0 ]] || usage
		overlay ;;
build)		build "$@" ;;
*)		usage ;;
esac
