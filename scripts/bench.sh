#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure KVM and armvcpu side by side, in instructions:
#
#   OPS='name...'         only these operations (--list prints the names)
#   HOSTS='host...'       these machines (neoverse-n1 and cortex-a72: VHE, nVHE)
#   BACKENDS='name...'    kvm, armvcpu or both; what is left out stays as it was
#                         measured last
#
# One program, the same guests, the same emulated machine and kernel, once with
# KVM and once with armvcpu. QEMU's clock advances by a nanosecond with each
# instruction, so times are instructions and the same each time. A table goes to
# stdout; build/bench.json has all of it.

ME=bench
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HOSTS=${HOSTS:-neoverse-n1 cortex-a72}
BACKENDS=${BACKENDS:-kvm armvcpu}
OPS=${OPS-}

# One instruction is a nanosecond, waiting takes no time, and all that is by chance
# is the same each time. Functions are where the kernel was linked to.
ICOUNT=(--qemu -icount --qemu 'shift=0,sleep=off' --qemu -rtc --qemu 'clock=vm,base=2026-01-01'
	--qemu -seed --qemu 1 --append nokaslr)

dir=$OUT/bench
mkdir -p "$dir"

# in_host BACKEND COMMANDS [OPTION...]: in a host with that hypervisor.
in_host()
{
	local backend=$1 commands=$2 options=(--module)
	shift 2
	if [[ $backend == kvm ]]; then
		options=(--with-kvm)
	else
		commands="insmod /lib/armvcpu.ko || exit; $commands"
	fi
	"$TOP/scripts/host.sh" "${options[@]}" "${ICOUNT[@]}" --add "$OUT/tools/bench" \
		--console "$dir/console-$HOST-$backend.log" --timeout 600 "$@" --exec "$commands"
}

# keep FILE: lines "op value spread" on stdin replace those of the same op there.
keep()
{
	touch "$1"
	awk 'NR == FNR { row[$1] = $0; order[n++] = $1; next }
	     !($1 in row) { row[$1] = $0; order[n++] = $1 }
	     END { for (i = 0; i < n; i++) print row[order[i]] }' - "$1" >"$1.new"
	mv "$1.new" "$1"
}

measure()
{
	local backend=$1 raw=$dir/$HOST-$1.new
	say "$HOST, $backend"
	in_host "$backend" "./bench --backend $backend $OPS" | tee "$raw" >&2 ||
		say "$HOST, $backend: not all could be measured"
	keep "$dir/$HOST-$backend.raw" <"$raw"
	rm "$raw"
}

# merged HOST: lines "op kvm armvcpu ratio", "-" where there is no figure, in the
# order of the operations.
merged()
{
	"$TOP/scripts/bench.sh" --list | awk -v ops="$OPS" -v kvm="$dir/$1-kvm.raw" -v own="$dir/$1-armvcpu.raw" '
		BEGIN {
			while ((getline <kvm) > 0)
				k[$1] = $2
			while ((getline <own) > 0)
				a[$1] = $2
			n = split(ops, names, " ")
			for (i = 1; i <= n; i++)
				wanted[names[i]] = 1
		}
		n && !($1 in wanted) { next }
		{
			x = $1 in k ? k[$1] : "-"
			y = $1 in a ? a[$1] : "-"
			r = x != "-" && y != "-" && x > 0 ? sprintf("%.3f", y / x) : "-"
			print $1, x, y, r
		}'
}

table()
{
	local host
	for host in $HOSTS; do
		printf '\n%-24s %12s %12s %8s\n' "$host" KVM armvcpu ratio
		merged "$host" | while read -r op kvm own ratio; do
			printf '%-24s %12s %12s %8s\n' "$op" "${kvm%.*}" "${own%.*}" "$ratio"
		done
	done
}

json()
{
	local host
	for host in $HOSTS; do
		merged "$host" | sed "s/^/$host /"
	done | awk 'function value(v) { return v == "-" ? "null" : v }
		BEGIN { printf "[" }
		{
			printf "%s\n{\"op\": \"%s\", \"host\": \"%s\", \"kvm\": %s, \"armvcpu\": %s, \"ratio\": %s}",
				(NR > 1 ? "," : ""), $2, $1, value($3), value($4), value($5)
		}
		END { print "\n]" }'
}

case ${1-} in
'')	;;
--list)
	sed -n 's/^\t{ \.name = "\([^"]*\)", \.text = "\([^"]*\)".*/\1 \2/p' \
		"$TOP/tools/armvcpu/bench/ops.c"
	exit 0 ;;
*)	die "usage: [OPS=...] [HOSTS=...] [BACKENDS=...] bench.sh [--list]" ;;
esac

for op in $OPS; do
	"$TOP/scripts/bench.sh" --list | grep -q "^$op " ||
		die "no such operation: $op (scripts/bench.sh --list shows them)"
done

"$TOP/scripts/build.sh" module bench
for HOST in $HOSTS; do
	export HOST
	for backend in $BACKENDS; do
		measure "$backend"
	done
done

json >"$BUILD/bench.json"
table
