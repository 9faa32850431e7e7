#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Get a Debian arm64 system with DKMS, Debian's compiler for that and the headers of
# $KERNEL into the cache, as a disk for the QEMU host (host.sh --disk). Prints the
# disk's name. When it is there already, nothing is done and no network touched.
#
# Packages are downloaded through a private apt root that takes arm64 for the machine's
# own architecture, and only unpacked. What their scripts would have done and DKMS needs
# is done here: root, awk. Of the kernel there are its lists of modules, and no modules.

ME=debian-root
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/apt-root.sh
. "$TOP/scripts/apt-root.sh"
# shellcheck source=scripts/cache.sh
. "$TOP/scripts/cache.sh"

release=$(kernel_release)
PACKAGES=('?essential' dkms openssl "linux-headers-$release")
# How much of the disk is free.
FREE_MIB=256
# Counts up when what is unpacked, or how, changes. With another kernel in the cache the
# disk is fetched anew.
FORMAT="1 ${PACKAGES[*]} $(sha256sum <"$KERNEL_DIR/packages" | cut -c1-16)"

DISK_DIR=$CACHE/root-$KERNEL
DISK=$DISK_DIR/disk.img

case $KERNEL in
6.1)	suite_suffix='' ;;
6.12)	suite_suffix=-backports ;;
*)	die "Debian has no kernel '$KERNEL'" ;;
esac

complete()
{
	[[ -r $DISK && -r $DISK_DIR/format && $(<"$DISK_DIR/format") == "$FORMAT" ]]
}

# root_tree DIR: what the packages in $apt/cache have, with /usr merged as since
# Debian 12, and configured as far as it goes without running any of it.
root_tree()
{
	local root=$1 deb dir lists=$KERNEL_ROOT/lib/modules/$release
	mkdir -p "$root"/{usr/{bin,sbin,lib},etc}
	for dir in bin sbin lib; do
		ln -s "usr/$dir" "$root/$dir"
	done
	for deb in "$apt"/cache/archives/*.deb; do
		deb_name "$deb"
		dpkg-deb --fsys-tarfile "$deb" |
			tar --extract --keep-directory-symlink --directory="$root" ||
			die "cannot unpack ${deb##*/}"
	done >"$new/packages"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	ln -s mawk "$root/usr/bin/awk"
	cp "$lists"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$release/"
}

if ! complete; then
	cache_lock
fi
if ! complete; then
	cache_new
	NATIVE_ARCH=arm64 apt_root "$new/apt" "$suite_suffix"
	say "fetching ${PACKAGES[*]}"
	# Of backports only what is nowhere else.
	run_logged "$apt/log" apt-get -q -y -o APT::Default-Release= --no-install-recommends \
		--download-only install "${PACKAGES[@]}" ||
		die "cannot download it; if $release is not in the archive any more: make update-kernel"
	say "unpacking"
	root_tree "$new/tree"
	mib=$(du -sm --apparent-size "$new/tree" | cut -f1)
	# Room for the blocks that files do not fill, and for inodes.
	truncate -s "$((mib * 5 / 4 + FREE_MIB))M" "$new/disk.img"
	mke2fs -q -t ext4 -F -O ^has_journal -E root_owner=0:0 -d "$new/tree" "$new/disk.img" ||
		die "cannot make the disk"
	echo "$FORMAT" >"$new/format"
	rm -rf "$apt" "$new/tree"
	cache_put "$DISK_DIR"
	say "$(wc -l <"$DISK_DIR/packages") packages for $release are in $DISK"
fi
echo "$DISK"
