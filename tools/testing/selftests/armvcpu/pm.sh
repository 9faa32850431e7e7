#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# CPUs enter and leave low-power states all the time (the kernel's CPU_PM notifiers
# are called, by el2regs.ko), while guests run: programs beside this one, which look
# at what their guests do. "lost": each time EL2 loses what matters to guests.

# shellcheck disable=SC2317 # run_cases calls them
dir=/sys/kernel/debug/armvcpu-el2regs
cases="kept_running kept_asleep kept_interrupts
	lost_running lost_asleep lost_interrupts lost_two_vms"

cd "$(dirname "$0")" || exit 1
# shellcheck source=tools/testing/selftests/armvcpu/ktap
. ./ktap

# After armvcpu.ko, so that it is told after it.
[ ! -e $dir ] || rmmod el2regs
insmod ./el2regs.ko || exit 1

# across PROGRAM CASE: run it; 50 states on each CPU at least.
across()
{
	touch /tmp/pm.go
	(
		n=0
		while [ -e /tmp/pm.go ] || [ "$n" -lt 50 ]; do
			echo 0 >"$dir/pm" || echo failed >>/tmp/pm.failed
			echo 1 >"$dir/pm" || echo failed >>/tmp/pm.failed
			n=$((n + 1))
		done
		echo "# $n low-power states of each CPU"
	) &
	"./$1" "$2" >/tmp/pm.out
	result=$?
	rm -f /tmp/pm.go
	wait
	[ "$result" -eq 0 ] || sed 's/^/# /' /tmp/pm.out
	[ ! -e /tmp/pm.failed ] && [ "$result" -eq 0 ]
}

run()
{
	rm -f /tmp/pm.failed
	case $1 in
	kept_*)	echo 0 >"$dir/lost" ;;
	*)	echo 1 >"$dir/lost" ;;
	esac
	case $1 in
	*_running)	across hotplug running_vcpus_moved ;;
	*_asleep)	across hotplug sleeping_vcpus_moved ;;
	*_interrupts)	across hotplug interrupted_vcpus_moved ;;
	*_two_vms)	across two_vms timers_stay_in_their_vm ;;
	esac
}

run_cases run "$@"
failed=$?
echo 0 >"$dir/lost"
rmmod el2regs
exit "$failed"
