#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run "make check" on every kernel and every host, and print a table:
#
#   scripts/check-all.sh
#   scripts/check-all.sh --continue     or CONTINUE=1: leave out what was green already
#
# KERNELS and HOSTS choose among them, TESTS among the tests. Two hosts at a time,
# or AT_ONCE, and as many jobs. What is done many times is done as often as it was meant
# (THOROUGH), but on the debug kernel. KERNELS='16k 64k' are those with larger pages, which
# it leaves out otherwise. What is printed is one line a program; all of it is in
# build/check-all/KERNEL-HOST-HOST.log. A kernel that is not in the cache is fetched, or
# built, before it is used.
#
# It takes hours. With --continue a check that had no failure is not run again as long as
# all that it depends on is the same: sources, tests, scripts, kernel, QEMU, and what was
# asked for. Its figures are those of its log.

ME=check-all
KERNELS=${KERNELS:-6.1 6.12 debug}
HOSTS=${HOSTS:-neoverse-n1 cortex-a72 max max-nvhe gicv2 gicv2-nvhe nogich nogich-nvhe}
export AT_ONCE=${AT_ONCE:-2}
export THOROUGH=1
CONTINUE=${CONTINUE:-0}
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

logs=$BUILD/check-all
passed=0 failed=0 checks=0 taken=0
declare -A cell=() others=()

# progress LOG: what has ended, a line a program, while it is written.
progress()
{
	local line name='' seconds=''
	tee "$1" | while IFS= read -r line; do
		case $line in
		'  # Subtest: '*)	name=${line#*: } seconds='' ;;
		'  # in '*' s')	seconds=" (${line#  # })" ;;
		'ok '* | 'not ok '*)	printf '  %s%s\n' "$line" "$seconds" ;;
		'  not ok '*)	printf '    %s: %s\n' "$name" "${line#  }" ;;
		'[check] '*)	printf '  %s\n' "$line" ;;
		esac
	done
}

# key_of KERNEL HOSTS PARTS: all that a check of these depends on; this script only says
# which, and of how a kernel came to be its directory tells. What is not Debian's on this
# machine is not in it, but for QEMU and a checkpatch.pl.
key_of()
{
	{
		echo "$1, $2, $3, ${TESTS-}, $AT_ONCE, $THOROUGH, ${SMP-}, $CROSS_COMPILE"
		# 6.1 is the guest of those that have another.
		cat "$CACHE"/linux-{"$1",6.1}/{format,packages} 2>/dev/null
		[[ -z ${CHECKPATCH-} ]] || cat "$CHECKPATCH"
		qemu-system-aarch64 --version
		dpkg-query -W
		cd "$TOP"
		hash_of Makefile README.md dkms.conf drivers include packaging tools
		find scripts -type f ! -name "${0##*/}" ! -name 'kernel*' -exec sha256sum {} + | sort -k2
	} | sha256sum
}

# green LOG: did that check end, and without a failure?
green()
{
	[[ $(tail -n 1 "$1") =~ ^[1-9][0-9]*\ passed,\ 0\ failed$ ]]
}

# check KERNEL HOSTS PARTS
check()
{
	local log=$logs/$1-${2// /-}.log p=0 f=0 host key
	checks=$((checks + 1))
	say "$checks of $total: kernel $1, host $2"
	key=$(key_of "$@")
	if [[ $CONTINUE == 1 && -e $log && $key == "$(cat "$log.key" 2>/dev/null)" ]] && green "$log"; then
		printf '  of %(%F %R)T: %s\n' "$(stat -c %Y "$log")" "$(tail -n 1 "$log")"
		taken=$((taken + 1))
	else
		rm -f "$log.key"
		# Its status is in its last line, too.
		KERNEL=$1 HOST=$2 PARTS=$3 "$TOP/scripts/check.sh" 2>&1 </dev/null | progress "$log" &
		# A command in the foreground would keep a signal from being noticed.
		wait $! || true
		# What has been changed meanwhile is not what ran.
		[[ $key != "$(key_of "$@")" ]] || echo "$key" >"$log.key"
	fi
	if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
	else
		f=1
		say "kernel $1, host $2: ended early; see $log"
	fi
	passed=$((passed + p)) failed=$((failed + f))
	# What is no host's own is the build machine's.
	for host in $2; do
		cell[$1,$host]=ended
		if [[ $(grep "^# $host: " "$log") =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
			cell[$1,$host]=${BASH_REMATCH[1]}/${BASH_REMATCH[2]}
			p=$((p - BASH_REMATCH[1])) f=$((f - BASH_REMATCH[2]))
		fi
	done
	others[$1]="$((${others[$1]%/*} + p))/$((${others[$1]#*/} + f))"
}

# hosts_of KERNEL: those that can run it.
hosts_of()
{
	local host
	for host in $HOSTS; do
		if KERNEL=$1 host_fits "$host"; then
			echo "$host"
		fi
	done
}

# checks_of HOST...: how many it takes.
checks_of()
{
	echo $((($# + AT_ONCE - 1) / AT_ONCE))
}

# not_there KERNEL: there is nothing to run its tests on.
not_there()
{
	local host hosts
	mapfile -t hosts < <(hosts_of "$1")
	for host in "${hosts[@]}"; do
		cell[$1,$host]='no kernel'
		failed=$((failed + 1))
	done
	checks=$((checks + $(checks_of "${hosts[@]}")))
}

table()
{
	local kernel host
	printf '%-8s' ''
	# shellcheck disable=SC2086 # words
	printf '  %-12s' $HOSTS 'all else'
	printf '  (passed/failed)\n'
	for kernel in $KERNELS; do
		printf '%-8s' "$kernel"
		for host in $HOSTS; do
			printf '  %-12s' "${cell[$kernel,$host]--}"
		done
		printf '  %s\n' "${others[$kernel]}"
	done
}

main()
{
	local kernel parts hosts n total=0 first=1

	case ${1-} in
	'')		;;
	--continue)	CONTINUE=1 ;;
	--help)
		sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
		exit ;;
	*)		die "usage: check-all.sh [--continue|--help]" ;;
	esac
	for kernel in $KERNELS; do
		mapfile -t hosts < <(hosts_of "$kernel")
		total=$((total + $(checks_of "${hosts[@]}")))
	done
	trap 'kill $(</proc/$$/task/$$/children) 2>/dev/null; wait; exit 143' INT TERM HUP
	mkdir -p "$logs"
	exec 9>"$logs/lock"
	flock -n 9 || die "another check-all is at work in $logs"

	for kernel in $KERNELS; do
		others[$kernel]=0/0
		if ! KERNEL=$kernel SETUP_FOR=check-all "$TOP/scripts/setup.sh" ||
			! KERNEL=$kernel "$TOP/scripts/kernel.sh"; then
			not_there "$kernel"
			continue
		fi
		# What does not depend on the host comes with the first of them.
		parts="build static refuse acpi packaging firmware raspi3b hosts combinations${first:+ unit}"
		first=''
		mapfile -t hosts < <(hosts_of "$kernel")
		for ((n = 0; n < ${#hosts[@]}; n += AT_ONCE)); do
			check "$kernel" "${hosts[*]:n:AT_ONCE}" "$parts"
			parts='build hosts combinations'
		done
	done

	table
	[[ $taken -eq 0 ]] || echo "$taken of $total checks are of an earlier time"
	echo "in $((SECONDS / 60)) min $((SECONDS % 60)) s"
	echo "$passed passed, $failed failed"
	[[ $failed -eq 0 && $passed -gt 0 ]]
}

main "$@"; exit
