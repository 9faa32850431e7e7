#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each tracepoint tells of what it is named for. The work is done by the other
# programs beside this one.

tracefs=/sys/kernel/tracing
cases="entry exit mmio sysreg fault irq_line"

case ${1-} in
-l|--list)
	for c in $cases; do echo "$c"; done
	exit 0 ;;
esac
only=
while [ $# -gt 1 ] && [ "$1" = -t ]; do
	only="$only $2"
	shift 2
done
[ -n "$only" ] || only=$cases

cd "$(dirname "$0")" || exit 1
[ -e $tracefs/events ] || mount -t tracefs tracefs $tracefs 2>/dev/null
echo "TAP version 13"
# shellcheck disable=SC2086 # words are what is wanted
echo "1..$(echo $only | wc -w)"
echo >$tracefs/trace
echo 1 >$tracefs/events/armvcpu/enable
./exits -t mmio_write_fields >/dev/null
./sysreg -t guest_and_vmm_read_the_same_identification >/dev/null
./irq -t level_fires_as_long_as_it_is_held >/dev/null
echo 0 >$tracefs/events/armvcpu/enable

n=0
failed=0
for c in $only; do
	n=$((n + 1))
	if grep -q " armvcpu_$c: " $tracefs/trace; then
		echo "ok $n $c"
	else
		echo "not ok $n $c"
		failed=1
	fi
done
exit $failed
