# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# KERNEL=debug, KERNEL=64k: build a kernel from Debian's source package and
# kernel-$KERNEL.config, with kernel-$KERNEL.patch where there is one. Sourced by
# kernel.sh.
#
# What is kept is what the packages of a stock kernel hold: the image, and a
# tree to build modules with. It is built once per configuration.

BUILD_CONFIG=$TOP/scripts/kernel-$KERNEL.config
BUILD_PATCH=$TOP/scripts/kernel-$KERNEL.patch
# Counts up when what is kept, or how it is built, changes.
BUILD_FORMAT=1

build_format()
{
	local format=$BUILD_FORMAT
	# The contents only: clones in different places share the cache.
	format+=" $(sha256sum <"$BUILD_CONFIG" | cut -c1-16)"
	# What is before the first line of a patch is words.
	[[ ! -e $BUILD_PATCH ]] ||
		format+=" $(sed -n '/^--- /,$p' "$BUILD_PATCH" | sha256sum | cut -c1-16)"
	echo "$format"
}

build_make()
{
	nice -n 10 make -C "$src" ARCH=arm64 CROSS_COMPILE="$CROSS_COMPILE" \
		--no-print-directory -j"$JOBS" "$@"
}

# Every line of the fragment has to be in the configuration.
check_config()
{
	local line name missing=0
	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$src/.config" && continue ;;
		'# CONFIG_'*' is not set')
			name=${line#\# } name=${name% is not set}
			! grep -q "^$name=" "$src/.config" && continue ;;
		*)	continue ;;
		esac
		say "the configuration does not take: $line"
		missing=1
	done <"$BUILD_CONFIG"
	[[ $missing -eq 0 ]] || die "${BUILD_CONFIG##*/} does not fit this kernel source"
}

# A line of progress now and then, of the few thousand that make prints.
progress()
{
	awk -v every=400 '
		/^  [A-Z]+ +/ && ++n % every == 0 {
			printf "[kernel]   %d files, %s\n", n, $NF
			fflush()
		}'
}

# What "make M=" takes from a kernel tree: no sources, no objects.
keep_headers()
{
	local to=$1 dirs
	mkdir -p "$to"
	mapfile -t dirs < <(cd "$src" && find arch/arm64 -type d \( -name include -o -name scripts \))
	(
		cd "$src" || exit
		{
			find . arch/arm64 -maxdepth 1 -name 'Makefile*'
			find arch/arm64 -name Kbuild.platforms -o -name Platform
			find include scripts "${dirs[@]}" \( -type f -o -type l \) ! -name '*.o.cmd'
			echo .config
			echo Module.symvers
		} | sort -u | tar --create --files-from=-
	) | tar --extract --directory="$to"
}

# build_kernel DIR: make $KERNEL_DIR's contents in DIR. Sets $release.
build_kernel()
{
	local new=$1 deb guest=$GUEST_DIR/tree debs
	src=$new/linux

	say "fetching the source"
	apt_fetch linux-source-6.1
	debs=("$apt"/cache/*.deb)
	deb=${debs[0]}
	deb_name "$deb" >"$new/packages"
	mkdir "$src"
	dpkg-deb --fsys-tarfile "$deb" |
		tar --extract --to-stdout --wildcards './usr/src/linux-source-*.tar.xz' |
		tar --extract --xz --strip-components=1 --directory="$src" ||
		die "cannot unpack ${deb##*/}"

	# What the source has by itself it need not be given.
	if [[ -e $BUILD_PATCH ]] &&
		! patch -d "$src" -p1 -F0 -R -s -f --dry-run <"$BUILD_PATCH" >/dev/null; then
		run_logged "$apt/log" patch -d "$src" -p1 -F0 -f -i "$BUILD_PATCH" ||
			die "${BUILD_PATCH##*/} does not fit this kernel source"
	fi

	# What does not fit is found by check_config, in clearer words.
	(cd "$src" && ARCH=arm64 run_logged "$apt/log" \
		scripts/kconfig/merge_config.sh "$BUILD_CONFIG") || die "cannot configure"
	check_config

	say "building Linux with ${BUILD_CONFIG##*/}; once, in 10 minutes or so"
	build_make Image modules 2>"$apt/errors" | progress >&2 ||
		{ tail -n 40 "$apt/errors" >&2; die "the kernel does not build"; }
	release=$(build_make -s kernelrelease)
	build_make INSTALL_MOD_PATH="$new/tree" modules_install >"$apt/log" 2>&1 ||
		{ cat "$apt/log" >&2; die "cannot install modules"; }
	rm -f "$new/tree/lib/modules/$release"/{build,source}
	depmod -b "$new/tree" "$release" || die "depmod failed"

	mkdir -p "$new/tree/boot"
	cp "$src/arch/arm64/boot/Image" "$new/tree/boot/vmlinuz-$release"
	cp "$src/.config" "$new/tree/boot/config-$release"
	cp "$src/System.map" "$new/tree/boot/System.map-$release"
	keep_headers "$new/tree/usr/src/linux-headers-$release"
	rm -rf "$src"

	# User space is the guest kernel's.
	(cd "$guest" && tar --create bin/busybox usr/include usr/lib/aarch64-linux-gnu/lib{fdt,z}.a) |
		tar --extract --directory="$new/tree"
	cat "$GUEST_DIR/packages" >>"$new/packages"
}
