#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each tracepoint tells of what it is named for. The work is done by the other
# programs beside this one.

# shellcheck disable=SC2317 # run_cases calls it
tracefs=/sys/kernel/tracing
cases="entry exit mmio sysreg fault irq_line"

cd "$(dirname "$0")" || exit 1
# shellcheck source=tools/testing/selftests/armvcpu/ktap
. ./ktap

[ -e $tracefs/events ] || mount -t tracefs tracefs $tracefs 2>/dev/null
echo >$tracefs/trace
echo 1 >$tracefs/events/armvcpu/enable
./exits mmio_write_fields >/dev/null
./sysreg guest_and_vmm_read_the_same_identification >/dev/null
./irq level_fires_as_long_as_it_is_held >/dev/null
echo 0 >$tracefs/events/armvcpu/enable

traced()
{
	grep -q " armvcpu_$1: " "$tracefs/trace"
}

run_cases traced "$@"
