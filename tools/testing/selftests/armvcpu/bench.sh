#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark does each of its operations on armvcpu, if only a few times. What
# they cost is not looked at.

# shellcheck disable=SC2317 # run_cases calls them
cd "$(dirname "$0")" || exit 1

# Of the two programs the one whose guests have a GIC that there is on this host.
bench=./bench
if [ -d /proc/device-tree ] && ! grep -qs arm,gic-v3 /proc/device-tree/*/compatible; then
	bench=./bench-gicv2
fi

# linux-guest boots Linux often enough.
cases="$($bench --list | awk '$1 != "linux_boot" { print $1 }') json chosen unknown_operation no_kvm"

# shellcheck source=tools/testing/selftests/armvcpu/ktap
. ./ktap

# runs OP: one row, with its name and a number.
runs()
{
	"$bench" --backend armvcpu --batches 1 "$1" >/tmp/bench-row || return 1
	awk -v op="$1" '$1 != op || $2 !~ /^-?[0-9]+\.[0-9]$/ { bad = 1 }
		END { exit bad || NR != 1 }' /tmp/bench-row
}

# A list of two. With so few batches a figure can be anything.
json()
{
	"$bench" --backend armvcpu --batches 1 --json hvc_unknown psci_version |
		sed 's/-\{0,1\}[0-9][0-9]*\.[0-9][0-9]*/N/g' >/tmp/bench-row
	cat >/tmp/bench-want <<-END
		[
		{"op": "hvc_unknown", "value": N, "spread": N},
		{"op": "psci_version", "value": N, "spread": N}
		]
	END
	cmp /tmp/bench-row /tmp/bench-want
}

# Rows come in the order that was asked for.
chosen()
{
	"$bench" --backend armvcpu --batches 1 psci_version hvc_unknown |
		awk '{ print $1 }' >/tmp/bench-row
	[ "$(tr '\n' ' ' </tmp/bench-row)" = "psci_version hvc_unknown " ]
}

# status WANTED COMMAND...
status()
{
	want=$1
	shift
	"$@" >/tmp/bench-row 2>&1
	[ $? -eq "$want" ]
}

operation()
{
	case $1 in
	json)	json ;;
	chosen)	chosen ;;
	unknown_operation)	status 2 "$bench" --backend armvcpu nonsense ;;
	no_kvm)	status 2 "$bench" --backend kvm hvc_unknown ;;
	*)	runs "$1" ;;
	esac
}

one()
{
	operation "$1" && return
	sed 's/^/# /' /tmp/bench-row
	return 1
}

# Some operations run as SCHED_FIFO, and on a slow host for longer than is thought
# good for real-time threads, which the kernel would log.
runtime=/proc/sys/kernel/sched_rt_runtime_us
[ ! -w $runtime ] || {
	read -r old <$runtime
	echo -1 >$runtime
	trap 'echo "$old" >$runtime' EXIT
}

run_cases one "$@"
