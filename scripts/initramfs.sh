#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the initramfs archives of host and guest from the fetched kernel:
#
#   build/$KERNEL/host.cpio    busybox, what the host's virtio ports need, the
#                              kernel's SHA-256 by SIMD instructions (for a
#                              test), /boot/config-*, and initramfs/host-init
#   build/$KERNEL/guest.cpio   to be appended to it: /guest/vmlinuz (the guest's
#                              kernel), /guest/release, /guest/initrd (busybox, virtio
#                              block, ext4, initramfs/guest-init) and
#                              /guest/disk.img.gz (an empty ext4, 16 MiB)
#   build/$KERNEL/disk.cpio    likewise: what the host needs for disks of its own
#                              (virtio block, ext4)
#
# The archives are not compressed: unpacking takes longer than loading. Linux
# takes several of them one after the other, so that what changes often (the
# module, the tests) is a small archive of its own, made by host.sh.

ME=initramfs
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HOST_MODULES=(virtio_mmio virtio_console algif_hash sha2-ce sha256-arm64)
# The same where the kernel has it: powers off a Raspberry Pi 3.
PI_MODULE=bcm2835_wdt
DISK_MODULES=(virtio_mmio virtio_blk ext4)
GUEST_MODULES=("${DISK_MODULES[@]}")

release=$(kernel_release)
guest_release=$(<"$GUEST_DIR/release")
key=$(hash_of "$TOP/scripts/initramfs" "$TOP/scripts/initramfs.sh" {"$KERNEL_DIR","$GUEST_DIR"}/{format,packages})
if [[ $(cat "$OUT/initramfs.key" 2>/dev/null) == "$key" ]]; then
	exit 0
fi

say "building for $release"
rm -f "$OUT/initramfs.key"
mkdir -p "$OUT"
tmp=$(mktemp -d -p "$OUT" --suffix=.initramfs)
trap 'rm -rf "$tmp"' EXIT

# add_modules DIR KERNEL-DIR RELEASE NAME...: copy modules and what they depend
# on, and list them in the order in which they load. What is built in is not
# among them.
add_modules()
{
	local dir=$1 kernel_dir=$2 release=$3 name path
	shift 3
	mkdir -p "$dir/bed" "$dir/lib/modules"
	for name in "$@"; do
		modprobe -d "$kernel_dir/tree" -S "$release" -C /dev/null --show-depends "$name" ||
			die "the kernel has no module $name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		name=${path##*/}
		case $name in
		*.xz)	# Not every kernel unpacks them itself.
			name=${name%.xz}
			xz -dc "$path" >"$dir/lib/modules/$name" ;;
		*)	cp "$path" "$dir/lib/modules/" ;;
		esac
		echo "/lib/modules/$name"
	done >"$dir/bed/modules"
}

# base DIR INIT KERNEL-DIR RELEASE MODULE...: a busybox system with that init.
base()
{
	local dir=$1 init=$2
	shift 2
	mkdir -p "$dir"/{bin,root,dev}
	cp "$KERNEL_ROOT/bin/busybox" "$dir/bin/"
	ln -s busybox "$dir/bin/sh"
	install -m 755 "$TOP/scripts/initramfs/$init" "$dir/init"
	add_modules "$dir" "$@"
}

if modprobe -d "$KERNEL_ROOT" -S "$release" -C /dev/null --show-depends "$PI_MODULE" >/dev/null 2>&1; then
	HOST_MODULES+=("$PI_MODULE")
fi
base "$tmp/host" host-init "$KERNEL_DIR" "$release" "${HOST_MODULES[@]}"
if [[ -f $KERNEL_ROOT/boot/config-$release ]]; then
	install -D -m 644 "$KERNEL_ROOT/boot/config-$release" "$tmp/host/boot/config-$release"
fi
make_cpio "$tmp/host" "$tmp/host.cpio"
# Its list of modules takes the place of the host's.
add_modules "$tmp/disk" "$KERNEL_DIR" "$release" "${HOST_MODULES[@]}" "${DISK_MODULES[@]}"
make_cpio "$tmp/disk" "$tmp/disk.cpio"

base "$tmp/guestroot" guest-init "$GUEST_DIR" "$guest_release" "${GUEST_MODULES[@]}"
mkdir -p "$tmp/guest/guest"
make_cpio "$tmp/guestroot" "$tmp/guest/guest/initrd"
cp "$GUEST_DIR/tree/boot/vmlinuz-$guest_release" "$tmp/guest/guest/vmlinuz"
cp "$GUEST_DIR/release" "$tmp/guest/guest/release"
truncate -s 16M "$tmp/disk.img"
mke2fs -q -t ext4 -F "$tmp/disk.img"
gzip -9n <"$tmp/disk.img" >"$tmp/guest/guest/disk.img.gz"
make_cpio "$tmp/guest" "$tmp/guest.cpio"

mv "$tmp"/{host,guest,disk}.cpio "$OUT/"
echo "$key" >"$OUT/initramfs.key"
