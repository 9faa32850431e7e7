#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What takes long, KTAP on stdout: on each host that SOAK_HOSTS names,
#
#   cycles    insmod, a guest, rmmod, 300 times (CYCLES), under load; what the kernel's
#             allocators have in use is compared before and after
#   hotplug   one host CPU goes off and comes back, each in turn, 50 times (TURNS), while
#             two Linux guests work and check their data
#
#   scripts/soak.sh [CASE...]
#
# Module, tools and selftests are built already.

# shellcheck disable=SC2016,SC2317 # for the host's shell; cases are called by their names
ME=soak
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SOAK_HOSTS=${SOAK_HOSTS:-neoverse-n1 cortex-a72}
CYCLES=${CYCLES:-300}
TURNS=${TURNS:-50}

# host COMMANDS: any call of progress gives it ten more minutes.
host()
{
	"$TOP/scripts/host.sh" --module --tests --tools --guest --timeout 600 \
		--console "$OUT/soak-console.log" --exec "$1"
}

cycles()
{
	host "insmod /lib/armvcpu.ko
		( while sleep 60; do echo next 600 >\$STATUS_PORT; done ) &
		ARMVCPU_CYCLES=$CYCLES /tests/module --scale 10 a_hundred_cycles_under_load"
}

# A guest's work is 20 rounds: it is started again until the turns are over.
hotplug()
{
	host "TURNS=$TURNS"'
		insmod /lib/armvcpu.ko
		gunzip -c /guest/disk.img.gz >/tmp/disk.1
		cp /tmp/disk.1 /tmp/disk.2
		guest()
		{
			n=0
			while [ ! -e /tmp/over ]; do
				armvm -k /guest/vmlinuz -i /guest/initrd -c 2 -m 160 -d /tmp/disk.$1 \
					-a "console=ttyAMA0 panic=-1 bed.do=work" >/tmp/out.$1 2>&1 </dev/null
				status=$?
				tr -d "\r" </tmp/out.$1 >>/tmp/all.$1
				if [ $status -ne 0 ] || ! grep -q "^work: round 20" /tmp/all.$1 ||
					grep -q -e FAILED -e BUG: -e WARNING: -e "rcu.*stall" /tmp/all.$1; then
					echo "guest $1: armvm said $status"
					tail -n 40 /tmp/out.$1
					touch /tmp/bad
					return
				fi
				n=$((n + 1))
			done
			echo "# guest $1 worked its rounds $n times"
		}
		guest 1 &
		guest 2 &
		sleep 5
		i=0
		while [ $i -lt "$TURNS" ] && [ ! -e /tmp/bad ]; do
			for cpu in 1 0; do
				online=/sys/devices/system/cpu/cpu$cpu/online
				echo 0 >$online || touch /tmp/bad
				sleep 0.5
				echo 1 >$online || touch /tmp/bad
				sleep 0.5
			done
			i=$((i + 1))
			echo next 600 >$STATUS_PORT
		done
		touch /tmp/over
		wait
		echo "# $i turns"
		rmmod armvcpu || touch /tmp/bad
		[ ! -e /tmp/bad ]'
}

cases=("${@:-cycles}")
[[ $# -gt 0 ]] || cases=(cycles hotplug)
read -r -a hosts <<<"$SOAK_HOSTS"
echo 'TAP version 13'
echo "1..$((${#cases[@]} * ${#hosts[@]}))"
n=0 failed=0
for HOST in "${hosts[@]}"; do
	export HOST
	for c in "${cases[@]}"; do
		n=$((n + 1)) began=$SECONDS
		if "$c" >"$OUT/soak.log" 2>&1; then
			verdict=ok
		else
			verdict='not ok' failed=1
		fi
		sed -e '/^TAP/d' -e '/^1\.\./d' -e 's/^\(# \)\{0,1\}/# /' "$OUT/soak.log"
		echo "$verdict $n $c.$HOST # $((SECONDS - began)) s"
	done
done
exit $failed
