#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Get the kernel $KERNEL into the cache: image, modules, headers to build
# modules with, and arm64's static busybox, libfdt and zlib. When it is there
# already, nothing is done and no network touched.
#
#   scripts/kernel.sh            get it when missing
#   scripts/kernel.sh --update   get it again as the archive has it today
#   scripts/kernel.sh --print    print release and directory
#
# 6.1, 6.12 and 16k (6.12 with 16K pages) are Debian's own arm64 kernels. Nothing is
# installed: installing arm64 headers on an amd64 machine would replace its compilers.
# Packages are downloaded through a private apt root and then only unpacked. "debug" and
# "64k" are built here from Debian's source, see kernel-build.sh.

ME=kernel
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/apt-root.sh
. "$TOP/scripts/apt-root.sh"
# shellcheck source=scripts/cache.sh
. "$TOP/scripts/cache.sh"

# Counts up when what is unpacked, or how, changes: an older directory in the
# cache is then fetched anew.
FORMAT="3 $NATIVE_ARCH"

# KERNEL -> suite suffix ('' or '-backports'), and what the stock kernel's flavour is.
flavour=arm64
case $KERNEL in
6.1)	suite_suffix='' ;;
6.12)	suite_suffix=-backports ;;
16k)	suite_suffix=-backports
	flavour=arm64-16k ;;
debug | 64k)
	suite_suffix=''
	# shellcheck source=scripts/kernel-build.sh
	. "$TOP/scripts/kernel-build.sh"
	FORMAT+=" $(build_format)" ;;
*)	die "no such kernel: KERNEL=$KERNEL (known: 6.1, 6.12, debug, 16k, 64k)" ;;
esac

complete()
{
	[[ -r $KERNEL_DIR/format && -r $KERNEL_DIR/release &&
		$(<"$KERNEL_DIR/format") == "$FORMAT" ]]
}

# fetch_stock DIR: make $KERNEL_DIR's contents in DIR. Sets $release.
fetch_stock()
{
	local new=$1 image common kbuild headers deb link target f

	# The metapackages name the release; everything else follows from it.
	image=$(apt_depends "linux-image-$flavour:arm64" "linux-image-.*-$flavour")
	release=${image#linux-image-}
	common=$(apt_depends "linux-headers-$release:arm64" 'linux-headers-.*-common')
	kbuild=$(apt_depends "linux-headers-$release:arm64" 'linux-kbuild-.*')

	say "fetching $image"
	apt_fetch "$image:arm64" "linux-headers-$release:arm64" "$common" "$kbuild:$NATIVE_ARCH" \
		busybox-static:arm64 libfdt-dev:arm64 zlib1g-dev:arm64

	say "unpacking"
	for deb in "$apt"/cache/*.deb; do
		deb_name "$deb" >>"$new/packages"
		dpkg-deb -x "$deb" "$new/tree" || die "cannot unpack ${deb##*/}"
	done
	depmod -b "$new/tree" "$release" || die "depmod failed"

	# The headers take their other half from /usr/src and /usr/lib. Inside
	# the unpacked tree that half is a neighbour.
	headers=$new/tree/usr/src/linux-headers-$release
	# shellcheck disable=SC2016 # for make to expand
	sed -i "s,^include /usr/src/\($common/Makefile\)\$,include \$(dir \$(realpath \$(lastword \$(MAKEFILE_LIST))))../\1," \
		"$headers/Makefile"
	if grep -q '^include /usr' "$headers/Makefile"; then
		die "do not know how to redirect $headers/Makefile"
	fi
	while read -r link; do
		target=$(readlink "$link")
		[[ $target != /usr/* ]] || ln -snfr "$new/tree$target" "$link"
		[[ -e $link ]] || die "${link#"$new/tree"} points outside of the packages"
	done < <(find "$headers" "$new/tree/usr/src/$common" -maxdepth 1 -type l)
}

case ${1-} in
'')	! complete || exit 0 ;;
--update) ;;
--print)
	complete || die "kernel $KERNEL is not fetched yet"
	echo "$(kernel_release) $KERNEL_DIR"
	exit 0 ;;
*)	die "usage: kernel.sh [--update|--print]" ;;
esac

# Whose guest is another kernel needs that one, too.
if [[ $GUEST_KERNEL != "$KERNEL" ]]; then
	KERNEL=$GUEST_KERNEL "$TOP/scripts/kernel.sh"
fi

cache_lock
[[ ${1-} == --update ]] || ! complete || exit 0
cache_new
mkdir "$new/tree"

apt_root "$new/apt" "$suite_suffix"
if built_here; then
	build_kernel "$new"
else
	fetch_stock "$new"
fi
for f in "boot/vmlinuz-$release" bin/busybox usr/lib/aarch64-linux-gnu/{libfdt,libz}.a; do
	[[ -s $new/tree/$f ]] || die "there is no $f"
done

# --- Done: under the final name in one step ------------------------------

echo "$release" >"$new/release"
echo "$FORMAT" >"$new/format"
rm -rf "$apt"
cache_put "$KERNEL_DIR"
say "$release is in $KERNEL_DIR"
