#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build armvcpu.ko against the fetched kernel, away from the sources:
#
#   scripts/module.sh [VARIANT [MAKE-ARGUMENT...]]
#
# VARIANT names the directory build/$KERNEL/module-VARIANT (none: module/), so
# that builds with other flags (W=1, C=2) do not disturb the normal one.
# The sources appear there as symbolic links: Kbuild of this age writes its
# objects beside the sources, and one tree serves several kernels. MODULE_SOURCE
# names another module's directory in the tree.

ME=module
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

variant=${1-}
dir=$OUT/module${variant:+-$variant}
source=${MODULE_SOURCE:-drivers/armvcpu}
[[ $# -eq 0 ]] || shift

release=$(kernel_release)
headers=$KERNEL_ROOT/usr/src/linux-headers-$release

# Objects of another kernel build are worth nothing here.
if [[ -d $dir && $(cat "$dir/.release" 2>/dev/null) != "$release $headers" ]]; then
	rm -rf "$dir"
fi
mkdir -p "$dir/$source"
echo "$release $headers" >"$dir/.release"
ln -snf "$TOP/include" "$dir/include"

# Links to all sources that there are, none to those that are gone.
mirror=$dir/$source
find "$mirror" -xtype l -delete
(
	cd "$TOP/$source"
	find . -type d ! -name '.*' -exec mkdir -p "$mirror/{}" \;
	find . -type f ! -name '*.mod.c' \( -name '*.[chS]' -o -name '*.lds*' -o -name 'Makefile' \
		-o -name Kbuild -o -name Kconfig -o -name '*.sh' -o -name '*.awk' \)
) | while read -r f; do
	[[ $mirror/$f -ef $TOP/$source/$f ]] || ln -snf "$TOP/$source/$f" "$mirror/$f"
done

# The headers ask for the compiler that built the kernel by its versioned
# name; the module is built with the machine's. BTF would need the kernel's
# vmlinux.
exec make -C "$headers" M="$mirror" ARCH=arm64 CROSS_COMPILE="$CROSS_COMPILE" \
	CC="${CROSS_COMPILE}gcc" CONFIG_DEBUG_INFO_BTF_MODULES= \
	--no-print-directory -j"$JOBS" "$@" modules
