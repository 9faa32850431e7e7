#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch the stock Debian arm64 kernel of $KERNEL into the cache: image,
# modules, headers to build modules with, and arm64's static busybox, libfdt
# and zlib. When it is there already, nothing is done and no network touched.
#
#   scripts/kernel.sh            fetch when missing
#   scripts/kernel.sh --update   fetch again what the archive has today
#   scripts/kernel.sh --print    print release and directory
#
# Nothing is installed: installing arm64 headers on an amd64 machine would
# replace its compilers. A private apt root, whose sources are the machine's
# own Debian sources, downloads packages that are then only unpacked. They
# are unpacked beside their final place and renamed into it, so that a
# directory under its final name is always complete.

ME=kernel
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Counts up when what is unpacked, or how, changes: an older directory in the
# cache is then fetched anew.
FORMAT=3

# KERNEL -> suite suffix ('' or '-backports'), and the name of the native
# package with the build programs.
case $KERNEL in
6.1)	suite_suffix='' kbuild=linux-kbuild-6.1 ;;
*)	die "no such kernel: KERNEL=$KERNEL (known: 6.1)" ;;
esac

complete()
{
	[[ -r $KERNEL_DIR/format && -r $KERNEL_DIR/release &&
		$(<"$KERNEL_DIR/format") == "$FORMAT $NATIVE_ARCH" ]]
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

mkdir -p "$CACHE"
# Two runs at once fetch once: the second waits, and finds it there.
exec 9>"$CACHE/lock"
if ! flock -n 9; then
	say "waiting for another fetch into $CACHE"
	flock 9
	[[ ${1-} == --update ]] || ! complete || exit 0
fi

new=$CACHE/.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP
# What a killed run left; nobody else is here, because of the lock.
rm -rf "$CACHE"/.new.*
mkdir -p "$new/tree"

# --- The private apt root ------------------------------------------------

apt=$new/apt
mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,sources}
: >"$apt/status"

# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
"$TOP/scripts/debian-sources.sh" "$codename" "$suite_suffix" >"$apt/sources/debian.sources"
[[ -s $apt/sources/debian.sources ]] ||
	die "no Debian '$codename' sources among this machine's apt sources"

# How to reach mirrors (proxies, checks) is the machine's business and kept;
# hooks and preferences are not.
{
	cat <<-EOT
	Dir::State "$apt/state";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt/cache";
	Dir::Etc::main "/dev/null";
	Dir::Etc::parts "/dev/null";
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$apt/sources";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Architecture "$NATIVE_ARCH";
	APT::Architectures { "arm64"; "$NATIVE_ARCH"; };
	APT::Sandbox::User "$(id -un)";
	EOT
	apt-config dump | grep '^Acquire::' | grep -v '^Acquire::\(IndexTargets\|Languages\|Changelogs\)'
	echo 'Acquire::Languages "none";'
} >"$apt/apt.conf"
export APT_CONFIG=$apt/apt.conf

say "reading the package lists"
run_logged "$new/log" apt-get update || die "apt-get update failed"

# depends PACKAGE:ARCH REGEX: the dependency whose name matches.
depends()
{
	apt-cache show --no-all-versions "$1" | awk -v name="^$2\$" '
		sub(/^Depends: /, "") {
			n = split($0, dep, /[ ,|]+/)
			for (i = 1; i <= n && !found; i++)
				if (dep[i] ~ name)
					print found = dep[i]
		}
		END { exit !found }' ||
		die "$1 has no dependency like $2; is 'main' among the sources?"
}

# The metapackages name the release; everything else follows from it.
[[ -z $suite_suffix ]] || echo "APT::Default-Release \"$codename$suite_suffix\";" >>"$APT_CONFIG"
image=$(depends linux-image-arm64:arm64 'linux-image-.*-arm64')
release=${image#linux-image-}
common=$(depends "linux-headers-$release:arm64" 'linux-headers-.*-common')

say "fetching $image"
packages=("$image:arm64" "linux-headers-$release:arm64" "$common" "$kbuild:$NATIVE_ARCH"
	busybox-static:arm64 libfdt-dev:arm64 zlib1g-dev:arm64)
for p in "${packages[@]}"; do
	say "  $p"
	(cd "$apt/cache" && run_logged "$new/log" apt-get -q download "$p") ||
		die "cannot download $p"
done

# --- Unpack --------------------------------------------------------------

say "unpacking"
for deb in "$apt"/cache/*.deb; do
	dpkg-deb -f "$deb" Package Version Architecture | paste -s -d' ' >>"$new/packages"
	dpkg-deb -x "$deb" "$new/tree" || die "cannot unpack ${deb##*/}"
done
depmod -b "$new/tree" "$release" || die "depmod failed"

# The headers take their other half from /usr/src and /usr/lib. Inside the
# unpacked tree that half is a neighbour.
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

for f in "boot/vmlinuz-$release" bin/busybox usr/lib/aarch64-linux-gnu/{libfdt,libz}.a; do
	[[ -s $new/tree/$f ]] || die "the packages do not contain $f"
done

# --- Done: under the final name in one step ------------------------------

echo "$release" >"$new/release"
echo "$FORMAT $NATIVE_ARCH" >"$new/format"
rm -rf "$apt" "$new/log"
if [[ -e $KERNEL_DIR ]]; then
	mv -T "$KERNEL_DIR" "$CACHE/.new.old.$$"
fi
mv -T "$new" "$KERNEL_DIR"
rm -rf "$CACHE/.new.old.$$"
say "$release is in $KERNEL_DIR"
