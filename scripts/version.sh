#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the version that dkms.conf states, and fail when another place states
# another: a package must not be named after a version that its parts are not.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
[[ $version ]] || { echo "version: error: dkms.conf states none" >&2; exit 1; }
status=0

# same FILE SED-EXPRESSION: what it prints of the file is the version.
same()
{
	local other
	other=$(sed -n "$2" "$1" | head -n 1)
	if [[ $other && $other != "$version" ]]; then
		echo "version: error: dkms.conf says $version, $1 says $other" >&2
		status=1
	fi
}

same drivers/armvcpu/main.c 's/^MODULE_VERSION("\(.*\)");$/\1/p'
same tools/armvcpu/Makefile 's/^VERSION[[:space:]]*:= //p'
for page in tools/armvcpu/*/*.1; do
	same "$page" 's/^\.TH .*"armvcpu \([^"]*\)".*/\1/p'
done
echo "$version"
exit $status
