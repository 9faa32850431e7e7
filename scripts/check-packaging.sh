#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what reaches users other than by this tree's own build:
#
#   scripts/check-packaging.sh           KTAP on stdout
#   scripts/check-packaging.sh CASE...   some of them
#   scripts/check-packaging.sh --list    their names
#
#   install   "make install" puts everything below DESTDIR, "make uninstall"
#             takes it away
#   dkms      Debian's own dkms builds the module for $KERNEL from what
#             "make dkms-install" leaves; it loads and works in the QEMU host
#   in_tree   the overlay in the source of Debian's Linux 6.1 builds there as
#             CONFIG_ARMVCPU=m
#   dkms_on_arm64
#             with THOROUGH=1, for it takes many minutes in emulation: the same on a
#             Debian arm64 system (debian-root.sh) in the QEMU host, by its own dkms and
#             compiler: "make dkms-install", modprobe, a guest, rmmod, "make
#             dkms-uninstall", after which nothing of it is left
#
# Nothing is installed on this machine. What is needed of Debian is fetched.

# shellcheck disable=SC2016,SC2317 # for another shell; cases are called by their names
ME=check-packaging
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/cases.sh
. "$TOP/scripts/cases.sh"
# shellcheck source=scripts/apt-root.sh
. "$TOP/scripts/apt-root.sh"

CASES="install dkms"
[[ $KERNEL != 6.1 ]] || CASES+=" in_tree"
# With the headers of the kernels that most have.
[[ $THOROUGH != 1 || $KERNEL != 6.* ]] || CASES+=" dkms_on_arm64"
WORK=$OUT/packaging

# fetched PACKAGE: the file, downloaded now.
fetched()
{
	local dir=$WORK/apt-$1
	rm -rf "$dir"
	mkdir -p "$dir"
	(
		unset APT_CONFIG
		apt_root "$dir" ''
		apt_fetch "$1"
	) >&2
	ls "$dir"/cache/*.deb
}

# works_in_host KO: a guest of the selftests runs with it.
works_in_host()
{
	"$TOP/scripts/build.sh" selftests || return 1
	"$TOP/scripts/host.sh" --tests --add "$1:/lib/armvcpu.ko" --exec '
		insmod /lib/armvcpu.ko && /tests/exits mmio && rmmod armvcpu'
}

# vermagic KO
vermagic()
{
	modinfo -F vermagic "$1" | cut -d' ' -f1
}

install()
{
	local root=$WORK/root f lib=$KERNEL_ROOT/usr/lib/aarch64-linux-gnu
	rm -rf "$root"
	make -C "$TOP" --no-print-directory install DESTDIR="$root" STATIC=1 \
		LIBFDT_CFLAGS="-I$KERNEL_ROOT/usr/include" LIBFDT_LIBS="$lib/libfdt.a" \
		ZLIB_CFLAGS="-I$KERNEL_ROOT/usr/include" ZLIB_LIBS="$lib/libz.a" || return 1
	(cd "$root" && find . -type f -printf '%m %p\n' | sort -k 2)
	for f in bin/armvm bin/armvcpu-check share/man/man1/armvm.1 share/man/man1/armvcpu-check.1; do
		[[ -s $root/usr/local/$f || -s $root/usr/local/$f.gz ]] ||
			{ echo "no $f"; return 1; }
	done
	grep -rqs 'GROUP="kvm".*MODE="0660"' "$root"/*/udev/rules.d "$root"/*/*/udev/rules.d ||
		{ echo "no udev rule for the group"; return 1; }
	make -C "$TOP" --no-print-directory uninstall DESTDIR="$root" || return 1
	f=$(find "$root" ! -type d)
	[[ -z $f ]] || { echo "left: $f"; return 1; }
}

dkms()
{
	local root=$WORK/dkms release version deb ko
	local -a call
	release=$(kernel_release)
	version=$("$TOP/scripts/version.sh")
	rm -rf "$root"
	mkdir -p "$root/tree"
	deb=$(fetched dkms) && dpkg-deb -x "$deb" "$root/dkms" || return 1
	make -C "$TOP" --no-print-directory dkms-install DESTDIR="$root" || return 1

	# Not with a key of this machine, nor with one made for it.
	call=(env ARCH=arm64 sign_file=none "$root/dkms/usr/sbin/dkms")
	set -- -m armvcpu -v "$version" --dkmstree "$root/tree" --sourcetree "$root/usr/src"
	"${call[@]}" add "$@" || return 1
	"${call[@]}" build "$@" -k "$release" -a aarch64 \
		--kernelsourcedir "$KERNEL_ROOT/usr/src/linux-headers-$release" ||
		{ cat "$root/tree/armvcpu/$version/build/make.log"; return 1; }
	ko=$(find "$root/tree" -path "*/module/armvcpu.ko*")
	[[ $(vermagic "$ko") == "$release" ]] || { echo "built for another kernel"; return 1; }
	works_in_host "$ko" || return 1

	make -C "$TOP" --no-print-directory dkms-uninstall DESTDIR="$root" || return 1
	[[ ! -e $root/usr/src/armvcpu-$version ]] || { echo "left: the sources"; return 1; }
}

# What a user does there, as install.rst says. DKMS signs with a key of its own.
ON_ARM64='
	set -eux
	cd /root/armvcpu
	make dkms-install || { cat /var/lib/dkms/armvcpu/*/build/make.log; exit 1; }
	[[ $(dkms status) == "armvcpu/$VERSION, $(uname -r), aarch64: installed" ]]
	modinfo armvcpu
	[[ $(modinfo -F filename armvcpu) == "/lib/modules/$(uname -r)/updates/dkms/armvcpu.ko"* ]]
	[[ $(modinfo -F signer armvcpu) && -s /var/lib/dkms/mok.pub ]]
	modprobe armvcpu
	/root/exits mmio
	rmmod armvcpu
	make dkms-uninstall
	[[ -z $(dkms status) ]]
	if modprobe armvcpu; then exit 1; fi
	left=$(find /lib/modules /usr/src /var/lib/dkms /dev -name "armvcpu*")
	[[ -z $left ]] || { echo "left: $left"; exit 1; }'

dkms_on_arm64()
{
	local disk version
	version=$("$TOP/scripts/version.sh") || return 1
	disk=$("$TOP/scripts/debian-root.sh") && "$TOP/scripts/build.sh" selftests || return 1
	tar --create --file="$WORK/armvcpu.tar" --directory="$TOP" --exclude=tools/armvcpu/build \
		Makefile README.md dkms.conf drivers include scripts tools || return 1
	echo "$ON_ARM64" >"$WORK/on_arm64"
	# The compiler is emulated: dozens of files, at a few seconds each on a quiet machine.
	"$TOP/scripts/host.sh" --disk "$disk" --add "$OUT/selftests/exits" \
		--add "$WORK/armvcpu.tar" --add "$WORK/on_arm64" --exec '
		mkdir -p /mnt && mount -t ext4 /dev/vda /mnt &&
			mount -t proc proc /mnt/proc &&
			mount -t sysfs sysfs /mnt/sys &&
			mount --bind /dev /mnt/dev &&
			mount -t tmpfs tmpfs /mnt/tmp &&
			mkdir -p /mnt/root/armvcpu &&
			tar -x -f armvcpu.tar -C /mnt/root/armvcpu &&
			cp exits on_arm64 /mnt/root/ || exit
		echo next 2400 >"$STATUS_PORT"
		exec chroot /mnt /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			VERSION='"$version"' /bin/bash /root/on_arm64'
}

# With the configuration of the fetched kernel, so that its exported symbols have
# to be enough; modpost cannot say so without a kernel that is built.
in_tree()
{
	local tree=$BUILD/linux-source headers deb ko asked missing
	headers=$KERNEL_ROOT/usr/src/linux-headers-$(kernel_release)
	if [[ ! -e $tree/unpacked ]]; then
		rm -rf "$tree"
		mkdir -p "$tree"
		deb=$(fetched linux-source-6.1) || return 1
		dpkg-deb --fsys-tarfile "$deb" |
			tar --extract --to-stdout --wildcards './usr/src/linux-source-*.tar.xz' |
			tar --extract --xz --strip-components=1 --directory="$tree" || return 1
		touch "$tree/unpacked"
	fi
	"$TOP/scripts/in-tree.sh" overlay "$tree" || return 1
	# Without what takes more libraries here, and is not about modules' code.
	cp "$headers/.config" "$tree/.config" &&
		"$tree/scripts/config" --file "$tree/.config" --set-str SYSTEM_TRUSTED_KEYS '' \
			--set-str MODULE_SIG_KEY '' --disable DEBUG_INFO_BTF --disable MODULE_SIG \
			--disable SECURITY_LOCKDOWN_LSM || return 1
	"$TOP/scripts/in-tree.sh" build "$tree" || return 1
	ko=$tree/drivers/armvcpu/armvcpu.ko
	modinfo "$ko"
	asked=$("${CROSS_COMPILE}nm" -u "$ko" | awk '{ print $2 }' | sort) || return 1
	[[ -n $asked && -s $headers/Module.symvers ]] || return 1
	missing=$(comm -23 <(echo "$asked") <(awk '{ print $2 }' "$headers/Module.symvers" | sort))
	[[ -z $missing ]] || { echo "not exported: $missing"; return 1; }
}

run_cases "$CASES" "$@"
