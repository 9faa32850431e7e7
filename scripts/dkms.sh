#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Give the module to DKMS, which builds it for each kernel that is installed:
#
#   scripts/dkms.sh install [-k RELEASE]   copy the sources to /usr/src, build and
#                                          install for the running kernel, or that one
#   scripts/dkms.sh uninstall              undo that, for all kernels
#
# With DESTDIR, only the files below it are touched and DKMS is not called, as
# a package's build wants it.

ME=dkms
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=$("$TOP/scripts/version.sh")
src=${DESTDIR-}/usr/src/armvcpu-$version

known_to_dkms()
{
	[[ -n $(dkms status -m armvcpu -v "$version" 2>/dev/null) ]]
}

have_dkms()
{
	command -v dkms >/dev/null || die "there is no dkms; install the package of that name"
}

uninstall()
{
	if [[ -z ${DESTDIR-} ]]; then
		have_dkms
		! known_to_dkms || dkms remove "armvcpu/$version" --all
	fi
	rm -rf "$src"
}

# Whatever an earlier one has left goes first: DKMS would build those sources.
install()
{
	uninstall
	mkdir -p "$src"
	(cd "$TOP" && find dkms.conf drivers/armvcpu include/uapi -type f \
		\( -name '*.[chS]' -o -name '*.lds*' -o -name Makefile -o -name Kconfig \
		-o -name dkms.conf \) ! -name '*.mod.c' -print0 |
		tar --create --null --owner=0 --group=0 --files-from=-) | tar -C "$src" --extract --no-same-owner
	if [[ -z ${DESTDIR-} ]]; then
		have_dkms
		dkms install "armvcpu/$version" "$@"
	fi
}

case ${1-} in
install | uninstall)
	"$@" ;;
*)	die "usage: dkms.sh install [-k RELEASE] | uninstall" ;;
esac
