#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the version that dkms.conf states, and fail when another place states
# another: a package must not be named after a version that its parts are not. The
# same for the kernels that the module builds for: compat.h states which, and all
# others have to agree.

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

# The first kernel and the last one, both included.
compat=drivers/armvcpu/compat.h
first=$(sed -n 's/^#if LINUX_VERSION_CODE < KERNEL_VERSION(\([0-9]*\), \([0-9]*\), 0) ||.*/\1.\2/p' $compat)
end=$(sed -n 's/^\tLINUX_VERSION_CODE >= KERNEL_VERSION(\([0-9]*\), \([0-9]*\), 0)$/\1.\2/p' $compat)
[[ $first == *.* && $end == *.* ]] || { echo "version: error: $compat states no kernels" >&2; exit 1; }
last=${end%.*}.$((${end#*.} - 1))

# kernels FILE FIRST LAST: those that it states
kernels()
{
	if [[ $2 != "$first" || $3 != "$last" ]]; then
		echo "version: error: $compat is for kernels $first to $last, $1 for $2 to $3" >&2
		status=1
	fi
}

# What differs between them is there and in compat.c.
elsewhere=$(grep -rl -e LINUX_VERSION_CODE -e KERNEL_VERSION --include='*.[chS]' drivers include |
	grep -v '/compat\.[ch]$') || true
if [[ $elsewhere ]]; then
	echo "version: error: kernel versions are told apart outside of $compat: $elsewhere" >&2
	status=1
fi

# Four digits for each: 6001 is 6.1.
make=drivers/armvcpu/Makefile
read -r from to < <(sed -n 's/.* -ge \([0-9]*\) -a .* -le \([0-9]*\) .*/\1 \2/p' $make) || true
kernels $make "$((from / 1000)).$((from % 1000))" "$((to / 1000)).$((to % 1000))"

# refuses KERNEL: does a build for it stop there, and say so?
refuses()
{
	local said
	said=$(make --no-print-directory -n -f $make VERSION="${1%.*}" PATCHLEVEL="${1#*.}" 2>&1) || true
	[[ $said == *"armvcpu is for kernels from $first to $last, this one is $1.  Stop."* ]]
}

for kernel in 5.19 "${first%.*}.$((${first#*.} - 1))" "$end" 7.0; do
	refuses "$kernel" || { echo "version: error: $make does not stop for $kernel" >&2; status=1; }
done
for kernel in "$first" "$last"; do
	! refuses "$kernel" || { echo "version: error: $make stops for $kernel" >&2; status=1; }
done

# constant NAME: of judge.c
judge=tools/armvcpu/check/judge.c
constant()
{
	sed -n "s/^#define KERNEL_$1[[:space:]]*\([0-9]*\)$/\1/p" $judge
}
kernels $judge "$(constant MIN_MAJOR).$(constant MIN_MINOR)" \
	"$(constant MAX_MAJOR).$(constant MAX_MINOR)"

# number KERNEL: $number is that as the Makefile has it.
number()
{
	number=$((${1%.*} * 1000 + ${1#*.}))
}

# DKMS has a pattern: try it.
number "$first" && lowest=$number
number "$last" && highest=$number
pattern=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"$/\1/p' dkms.conf)
for kernel in 5.{0..19} {6,7}.{0..99}; do
	want=no have=no
	number "$kernel"
	[[ $number -lt $lowest || $number -gt $highest ]] || want=yes
	[[ ! $pattern || ! $kernel.0-1-arm64 =~ $pattern ]] || have=yes
	if [[ $have != "$want" ]]; then
		echo "version: error: $compat is for kernels $first to $last, dkms.conf errs on $kernel" >&2
		status=1
		break
	fi
done

# Where it is said in words.
for text in $compat $make README.md tools/armvcpu/check/armvcpu-check.1; do
	if ! grep -qF "$first to $last" "$text"; then
		echo "version: error: $text does not say that kernels are $first to $last" >&2
		status=1
	fi
done

echo "$version"
exit $status
