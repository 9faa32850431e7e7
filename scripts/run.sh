#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# From the tree to a Linux guest: build, start the QEMU host, insmod, and start
# armvm on the stock kernel. On a terminal it ends in the guest's shell;
# elsewhere the guest says what it is and powers off.

ME=run
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The reason of a failure is the last line, whichever stream is looked at.
exec 2>&1

CPUS=${CPUS:-2}
MEM=${MEM:-256}

"$TOP/scripts/build.sh" module tools || die "the build failed"

# What runs in the host. Statuses above 100 say that armvm did not get its
# turn.
# shellcheck disable=SC2016 # for the host's shell
commands='
insmod /lib/armvcpu.ko || { dmesg | grep "armvcpu: " | tail -n 1; exit 101; }
dmesg | sed "s/^\[[^]]*\] /host: /" | grep "^host: armvcpu: " | grep -v taint
args="console=ttyAMA0 quiet panic=-1 TERM=$TERM bed.do=@WHAT@"
if [ -t 0 ]; then
	size=$(stty size)
	args="$args bed.rows=${size% *} bed.columns=${size#* }"
fi
armvm @OPTIONS@ -k /guest/vmlinuz -i /guest/initrd -c @CPUS@ -m @MEM@ -a "$args"
'
commands=${commands//@CPUS@/$CPUS}
commands=${commands//@MEM@/$MEM}
# A guest that panics over and over is for somebody at a terminal to look at.
[[ -t 0 && -t 1 ]] && options='' || options=--no-reboot
commands=${commands//@OPTIONS@/$options}

say "starting the host ($HOST, Linux $(kernel_release)); then a guest with $CPUS CPUs, $MEM MiB"
status=0
if [[ -t 0 && -t 1 ]]; then
	say "Ctrl-A X leaves the guest"
	"$TOP/scripts/host.sh" --module --tools --guest --tty "${commands//@WHAT@/shell}" || status=$?
	said=1
else
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	"$TOP/scripts/host.sh" --module --tools --guest --timeout 300 \
		--exec "${commands//@WHAT@/report}" </dev/null | tee "$out" || status=$?
	said=$(tr -d '\r' <"$out" | grep -x "cpus: $CPUS") || true
fi

# 5: Ctrl-A X, which only whoever sits at the terminal can type.
if [[ $status -eq 5 && -t 0 && -t 1 ]]; then
	status=0
fi

case $status in
0)	[[ $said ]] || die "the guest did not report $CPUS CPUs" ;;
101)
	why=$(tr -d '\r' <"$OUT/console.log" | sed -n 's/^.*armvcpu: //p' | tail -n 1)
	die "armvcpu.ko did not load: $why" ;;
4)	die "the guest reset its machine, see above; is $MEM MiB enough for it?" ;;
125)	exit 1 ;;			# host.sh has said why
*)	die "armvm ended with status $status (see 'armvm --help')" ;;
esac
