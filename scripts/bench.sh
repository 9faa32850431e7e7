#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure KVM and armvcpu side by side, in instructions:
#
#   scripts/bench.sh               measure, and print the tables
#   scripts/bench.sh --profile OP  where the instructions of one round are, by function
#   scripts/bench.sh --flow OP     the same in the order of their execution
#   scripts/bench.sh --show        the tables of what was measured last
#   scripts/bench.sh --json        all that was measured as JSON: build/bench.json
#   scripts/bench.sh --rst         the tables of performance.rst
#   scripts/bench.sh --list        list the operations
#   scripts/bench.sh --help        this
#
#   OPS='name...'        only these operations
#   HOSTS='host...'      these machines: neoverse-n1 and cortex-a72 (VHE, nVHE), then,
#                        for interrupts only, those with a GICv2 and without list
#                        registers, where KVM does not run (gicv2, gicv2-nvhe,
#                        nogich, nogich-nvhe)
#   BACKENDS='name...'   kvm, armvcpu or both; of what is left out the table has what
#                        was measured last
#   HOST, BACKEND        for a profile: neoverse-n1, armvcpu
#
# One program, the same guests, the same emulated machine and kernel, once with
# KVM and once with armvcpu. QEMU's clock advances by a nanosecond with each
# instruction, so times are instructions and the same each time. Tables go to stdout;
# build/bench.json has all that was measured, then and before, and build/bench.svg is a
# chart of its ratios.

ME=bench
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ALL_HOSTS='neoverse-n1 cortex-a72 gicv2 gicv2-nvhe nogich nogich-nvhe'
HOSTS=${HOSTS:-$ALL_HOSTS}
BACKENDS=${BACKENDS:-kvm armvcpu}
OPS=${OPS-}

# One instruction is a nanosecond, waiting takes no time, and all that is by chance
# is the same each time. Functions are where the kernel was linked to.
ICOUNT=(--qemu -icount --qemu 'shift=0,sleep=off' --qemu -rtc --qemu 'clock=vm,base=2026-01-01'
	--qemu -seed --qemu 1 --append norandmaps --append nokaslr)
# Rounds of each operation that are traced.
ROUNDS=15

# Where interrupts are handled in another way, they are what is measured.
IRQ_OPS='gicd_read gicd_read_state gicd_write sgi_self ipi ipi_roundtrip irq_inject irqfd timer_latency wfi_wake'

# program HOST: the one whose guests have the GIC that they can have there.
program()
{
	case $1 in
	gicv2* | nogich*)	echo bench-gicv2 ;;
	*)			echo bench ;;
	esac
}

# ops HOST: what is measured there; nothing: all of them.
ops()
{
	local op
	if [[ $(program "$1") == bench ]]; then
		echo "$OPS"
		return
	fi
	for op in $IRQ_OPS; do
		[[ -n $OPS && " $OPS " != *" $op "* ]] || echo "$op"
	done
}

# applies HOST: is any of what is asked for measured there?
applies()
{
	[[ -z $OPS || -n $(ops "$1") ]]
}

dir=$OUT/bench
mkdir -p "$dir"

# in_host BACKEND COMMANDS: in $HOST with that hypervisor, with a trace.
in_host()
{
	local backend=$1 commands=$2 options=(--module)
	commands="mv '$(program "$HOST")' bench 2>/dev/null; $commands"
	if [[ $backend == kvm ]]; then
		options=(--with-kvm)
	else
		commands="insmod /lib/armvcpu.ko || exit; $commands"
	fi
	"$TOP/scripts/host.sh" "${options[@]}" "${ICOUNT[@]}" --add "$OUT/tools/$(program "$HOST")" \
		--guest --add "$OUT/tools/armvm:/bin/armvm" \
		--add "$OUT/tools/armvm-kvm:/bin/armvm-kvm" \
		--qemu -plugin --qemu "$OUT/tools/trace.so,out=$dir/$HOST-$backend.trace" \
		--console "$dir/console-$HOST-$backend.log" --timeout 600 --exec "$commands"
}

# keep FILE: lines that begin with an operation's name replace those of the same
# operation there.
keep()
{
	touch "$1"
	awk 'NR == FNR { row[$1] = $0; order[n++] = $1; next }
	     !($1 in row) { row[$1] = $0; order[n++] = $1 }
	     END { for (i = 0; i < n; i++) print row[order[i]] }' - "$1" >"$1.new"
	mv "$1.new" "$1"
}

# stamped: stdin to stdout, and the seconds of this machine that the boot of Linux
# took added to its line.
stamped()
{
	local line now last=$EPOCHREALTIME
	while IFS= read -r line; do
		now=$EPOCHREALTIME
		if [[ $line == 'linux_boot '*[0-9] ]]; then
			line+=" $(awk -v a="$last" -v b="$now" 'BEGIN { printf "%.1f", b - a }')"
		fi
		last=$now
		printf '%s\n' "$line"
	done
}

measure()
{
	local backend=$1 log=$dir/$HOST-$1.log status=0 ops
	ops=$(ops "$HOST" | paste -s -d' ')
	if [[ $HOST == nogich* && $backend == kvm ]]; then
		say "$HOST: KVM wants list registers, and refuses it"
		return 0
	fi
	measured=1
	say "$HOST, $backend"
	in_host "$backend" "echo @@begin
		./bench --backend $backend $ops
		echo @@trace
		./bench --backend $backend --trace $ROUNDS $ops" | stamped | tee "$log" |
		sed -u -e '/^@@begin/d' -e '/^@@trace/,$d' >&2 || status=${PIPESTATUS[0]}
	case $status in
	0)	;;
	1)	say "$HOST, $backend: not all could be measured" ;;
	*)	die "$HOST, $backend: nothing could be measured" ;;
	esac
	sed -e '/^@@begin/d' -e '/^@@trace/,$d' "$log" | keep "$dir/$HOST-$backend.raw"
	sed '1,/^@@trace/d' "$log" >"$log.traced"
	"$OUT/tools/bench-paths" "$dir/$HOST-$backend.trace" |
		awk 'FILENAME != "-" { if ($2 != "-") { name[$2] = $1; divide[$2] = $3 } next }
			$1 in name {
				printf "%s", name[$1]
				for (i = 2; i <= NF; i++)
					printf " %.1f", $i / divide[$1]
				print ""
			}' "$log.traced" - | keep "$dir/$HOST-$backend.paths"
	# Some are big.
	rm -f "$dir/$HOST-$backend.trace"
}

# merged HOST: lines "op kvm armvcpu ratio", "-" where there is no figure, in the
# order of the operations. With a second argument, "op kvm|armvcpu count...".
merged()
{
	applies "$1" || return 0
	"$TOP/scripts/bench.sh" --list | awk -v ops="$(ops "$1" | paste -s -d' ')" -v kvm="$dir/$1-kvm" \
		-v own="$dir/$1-armvcpu" -v paths="${2-}" '
		BEGIN {
			while ((getline <(kvm ".raw")) > 0) {
				k[$1] = $2
				ks[$1] = $4
			}
			while ((getline <(own ".raw")) > 0) {
				a[$1] = $2
				as[$1] = $4
			}
			while ((getline <(kvm ".paths")) > 0) {
				op = $1
				sub(/^[^ ]* /, "")
				kp[op] = $0
			}
			while ((getline <(own ".paths")) > 0) {
				op = $1
				sub(/^[^ ]* /, "")
				ap[op] = $0
			}
			n = split(ops, names, " ")
			for (i = 1; i <= n; i++)
				wanted[names[i]] = 1
		}
		n && !($1 in wanted) { next }
		paths {
			if ($1 in kp)
				print $1, "kvm", kp[$1]
			if ($1 in ap)
				print $1, "armvcpu", ap[$1]
			next
		}
		{
			x = $1 in k ? k[$1] : "-"
			y = $1 in a ? a[$1] : "-"
			r = x != "-" && y != "-" && x > 0 ? sprintf("%.3f", y / x) : "-"
			print $1, x, y, r, ($1 == "linux_boot" ? ks[$1] " " as[$1] : "")
		}'
}

classes()
{
	sed -n 's/^\tX([A-Z]*, "\([a-z]*\)").*/\1/p' "$TOP/tools/armvcpu/bench/decode.h" |
		paste -s -d' '
}

table()
{
	local host
	for host in $HOSTS; do
		applies "$host" || continue
		printf '\n%-24s %12s %12s %8s\n' "$host" KVM armvcpu ratio
		merged "$host" | awk '
			function whole(v) { return v == "-" ? v : sprintf("%.0f", v) }
			$2 $3 != "--" { printf "%-24s %12s %12s %8s\n", $1, whole($2), whole($3), $4 }'
	done
	for host in $HOSTS; do
		applies "$host" || continue
		merged "$host" paths | awk -v host="$host" -v classes="$(classes)" '
			BEGIN {
				n = split(classes, class, " ")
				printf "\n%-24s %-7s %8s", host " (a trace)", "", "insns"
				for (i = 1; i <= n; i++)
					printf " %6s", class[i]
				print ""
			}
			{
				printf "%-24s %-7s %8d", $1, $2, $3
				for (i = 4; i <= NF; i++)
					printf " %6s", $i == int($i) ? int($i) : $i
				print ""
			}'
	done
}

# all_hosts: of which something may have been measured.
all_hosts()
{
	# shellcheck disable=SC2086 # words
	printf '%s\n' $ALL_HOSTS $HOSTS | awk '!seen[$0]++'
}

json()
{
	local host OPS=''
	for host in $(all_hosts); do
		merged "$host" paths | sed "s/^/paths $host /"
		merged "$host" | sed "s/^/row $host /"
	done | awk -v classes="insns $(classes)" '
		function value(v) { return v == "-" ? "null" : v }
		function path(host, op, backend,   i, v, s) {
			if (!((host, op, backend) in count))
				return "null"
			split(count[host, op, backend], v, " ")
			for (i = 1; i <= n; i++)
				s = s (i > 1 ? ", " : "{") "\"" class[i] "\": " v[i]
			return s "}"
		}
		BEGIN {
			n = split(classes, class, " ")
			printf "["
		}
		$1 == "paths" {
			i = $2 SUBSEP $3 SUBSEP $4
			sub(/^[^ ]* [^ ]* [^ ]* [^ ]* /, "")
			count[i] = $0
			next
		}
		$4 $5 != "--" {
			printf "%s\n{\"op\": \"%s\", \"host\": \"%s\", \"kvm\": %s, \"armvcpu\": %s, \"ratio\": %s,\n \"kvm_path\": %s,\n \"armvcpu_path\": %s",
				(rows++ ? "," : ""), $3, $2, value($4), value($5), value($6),
				path($2, $3, "kvm"), path($2, $3, "armvcpu")
			if ($7 + 0 && $8 + 0)
				printf ",\n \"kvm_seconds\": %s, \"armvcpu_seconds\": %s", $7, $8
			printf "}"
		}
		END { print "\n]" }'
}

# versions: of what the figures are of.
versions()
{
	printf 'Linux %s, QEMU %s' \
		"$(sed -n 's/^Package: linux-image-.* Version: \([^ ]*\) .*/\1/p' "$KERNEL_DIR/packages")" \
		"$(qemu-system-aarch64 --version | sed -n '1s/.*version \([^ ]*\).*/\1/p')"
}

# figures HOST...: three for each host in a row, where KVM is; else one.
figures()
{
	local host rule='======================' columns='KVM armvcpu ratio' names=''
	[[ $1 != nogich* ]] || columns=armvcpu
	for host; do
		rule+=' =========='
		[[ $columns == armvcpu ]] || rule+=' ========== ======'
		names+=$(case $columns/$host in
			armvcpu/*-nvhe)	printf ' %10s' nVHE ;;
			armvcpu/*)	printf ' %10s' VHE ;;
			*)		printf ' %10s %10s %6s' KVM armvcpu ratio ;;
			esac)
	done
	printf '%s\n%-22s%s\n%s\n' "$rule" operation "$names" "$rule"
	for host; do
		merged "$host" | sed "s/^/$host /"
	done | awk -v hosts="$*" -v columns="$columns" '
		function whole(v) { return v == "-" ? "\\-" : sprintf("%.0f", v) }
		function cells(k, a, r) {
			if (columns == "armvcpu")
				return sprintf(" %10s", whole(a))
			return sprintf(" %10s %10s %6s", whole(k), whole(a), r == "-" ? "\\-" : sprintf("%.2f", a / k))
		}
		!($2 in seen) { seen[$2] = 1; op[n++] = $2 }
		{ row[$2, $1] = cells($3, $4, $5) }
		$3 $4 != "--" { some[$2] = 1 }
		END {
			h = split(hosts, host, " ")
			for (i = 0; i < n; i++) {
				if (!(op[i] in some))
					continue
				printf "%-22s", op[i]
				for (j = 1; j <= h; j++)
					printf "%s", row[op[i], host[j]]
				print ""
			}
		}'
	printf '%s\n\n' "$rule"
}

# rst: the tables of performance.rst: hosts that measure everything, those with a GICv2
# and what silicon charges for on each of them, those where KVM does not run.
rst()
{
	local all='' gicv2='' soft='' host
	for host in $HOSTS; do
		case $host in
		gicv2*)		gicv2+=" $host" ;;
		nogich*)	soft+=" $host" ;;
		*)		all+=" $host" ;;
		esac
	done
	printf '%s\n\n' "$(versions)"
	# shellcheck disable=SC2086 # words
	{
		[[ -z $all ]] || { figures $all; paths $all; }
		[[ -z $gicv2 ]] || { figures $gicv2; paths $gicv2; }
		[[ -z $soft ]] || figures $soft
	}
}

# paths HOST...: what silicon charges for.
paths()
{
	local host rule
	rule='====================== =========== ======= ======= ======= ======= ======='
	for host; do
		printf '%s\n%-22s %11s %7s %7s %7s %7s %7s\n%s\n' "$rule" "$host" \
			msr+mrs isb dsb tlbi eret exc "$rule"
		merged "$host" paths
		printf '%s\n\n' "$rule"
	done | awk -v classes="insns $(classes)" '
		function pair(name,   k, a) {
			k = count["kvm", name]
			a = count["armvcpu", name]
			return (k == "" ? "-" : sprintf("%.0f", k)) "/" (a == "" ? "-" : sprintf("%.0f", a))
		}
		function row(   i, n, name) {
			if (op == "")
				return
			n = split("msr+mrs isb dsb tlbi eret exc", name, " ")
			printf "%-22s", op
			for (i = 1; i <= n; i++)
				printf i == 1 ? " %11s" : " %7s", pair(name[i])
			print ""
			op = ""
		}
		BEGIN { c = split(classes, class, " ") }
		$2 != "kvm" && $2 != "armvcpu" {
			row()
			print
			next
		}
		$1 != op {
			row()
			op = $1
			split("", count)
		}
		{
			for (i = 1; i <= c; i++)
				count[$2, class[i]] = $(2 + i)
			count[$2, "msr+mrs"] = count[$2, "msr"] + count[$2, "mrs"]
		}'
}

# chart: ratios as bars, from lines "op ratio...", a ratio for each host that has one.
chart()
{
	local host data=$dir/chart.data hosts=() OPS=''
	for host in $(all_hosts); do
		merged "$host" | awk '$4 != "-" { found = 1 } END { exit !found }' && hosts+=("$host")
	done
	for host in "${hosts[@]}"; do
		merged "$host" | awk -v host="$host" '{ print host, $1, $4 }'
	done | awk -v hosts="${hosts[*]}" '
		BEGIN { h = split(hosts, host, " ") }
		$3 == "-" { next }
		!($2 in seen) { seen[$2] = 1; op[n++] = $2 }
		{ ratio[$2, $1] = $3 }
		END {
			for (i = 0; i < n; i++) {
				printf "%s", op[i]
				for (j = 1; j <= h; j++)
					printf " %s", (op[i], host[j]) in ratio ? ratio[op[i], host[j]] : "?"
				print ""
			}
		}' >"$data"
	# Without both sides there is no ratio to draw.
	rm -f "$BUILD/bench.svg"
	[[ -s $data ]] || return 0
	{
		cat <<-END
			set terminal svg size 1000,500 font "sans-serif,12" background "white"
			set output "$BUILD/bench.svg"
			set datafile missing "?"
			set title "Instructions of armvcpu, as a part of those of KVM" noenhanced
			set style data histogram
			set style fill solid noborder
			set boxwidth 0.9
			set yrange [0:1.5]
			set grid ytics
			set xtics rotate by 40 right noenhanced
			set key outside top center horizontal noenhanced
			set arrow from graph 0, first 1 to graph 1, first 1 nohead lw 1.5 front
		END
		printf 'plot '
		local column=2
		for host in "${hosts[@]}"; do
			[[ $column == 2 ]] || printf ', '
			printf '"%s" using %d:xtic(1) title "%s"' "$data" "$column" "$host"
			column=$((column + 1))
		done
		echo
	} >"$dir/chart.gnuplot"
	gnuplot "$dir/chart.gnuplot" || die "gnuplot failed"
}

list()
{
	sed -n 's/^\t{ \.name = "\([^"]*\)", \.text = "\([^"]*\)".*/\1 \2/p' \
		"$TOP/tools/armvcpu/bench/ops.c"
}

known()
{
	[[ $1 ]] || die "which operation? (scripts/bench.sh --list shows them; make profile OP=name)"
	list | grep -q "^$1 " || die "no such operation: '$1' (scripts/bench.sh --list shows them)"
}

# profile OP [OPTION]: of bench-paths.
profile()
{
	local op=$1 backend=${BACKEND:-armvcpu} log hyp=$OUT/module/drivers/armvcpu/hyp
	local nm=${CROSS_COMPILE}nm number options=()
	shift
	log=$dir/profile-$HOST-$backend
	say "$op: $HOST, $backend"
	in_host "$backend" "./bench --backend $backend --trace $ROUNDS $op
		echo @@kallsyms
		cat /proc/kallsyms
		echo @@iomem
		cat /proc/iomem" >"$log" || { head -n 20 "$log" >&2; die "$op could not be traced"; }
	read -r _ number _ <"$log"
	[[ $number =~ ^[0-9]+$ ]] || die "$(head -n 1 "$log")"
	sed -n '/^@@kallsyms/,/^@@iomem/p' "$log" >"$log.symbols"
	"$nm" "$OUT/tools/$(program "$HOST")" >"$log.user"
	if [[ $backend == kvm ]]; then
		options=(--kernel-at "$(sed -n 's/^ *\([0-9a-f]*\)-.*Kernel code.*/\1/p' "$log")")
	else
		"$nm" "$hyp/nvhe.elf" >"$log.blob"
		options=(--blob "$hyp/nvhe.bin" --blob-symbols "$log.blob")
	fi
	printf '%s, %s, %s:' "$op" "$HOST" "$backend"
	[[ ${1-} != --flow ]] || echo
	[[ ${1-} == --flow ]] || printf ' '
	"$OUT/tools/bench-paths" --op "$number" --symbols "$log.symbols" --user "$log.user" \
		"${options[@]}" "$@" "$dir/$HOST-$backend.trace"
}

main()
{
	local backend op measured=''

	SETUP_FOR=bench "$TOP/scripts/setup.sh"
	"$TOP/scripts/build.sh" module bench
	case ${1-} in
	--profile)
		profile "$2" ;;
	--flow)
		profile "$2" --flow ;;
	*)
		for HOST in $HOSTS; do
			export HOST
			if ! applies "$HOST"; then
				say "$HOST: only what has to do with interrupts is measured there"
				continue
			fi
			for backend in $BACKENDS; do
				measure "$backend"
			done
		done
		[[ $measured ]] || die "nothing of OPS='$OPS' is measured with BACKENDS='$BACKENDS' on HOSTS='$HOSTS'"
		json >"$BUILD/bench.json"
		chart
		table
		say "all of it is in $BUILD/bench.json"
		[[ ! -s $BUILD/bench.svg ]] || say "a chart of it is $BUILD/bench.svg" ;;
	esac
}

# Hosts and backends are known before anything is built.
known_hosts()
{
	local host backend names
	names=$("$TOP/scripts/host.sh" --hosts | awk '{ print $1 }')
	for host in $HOSTS; do
		grep -qxF -- "$host" <<<"$names" ||
			die "no such host: '$host' (those of a benchmark: $ALL_HOSTS)"
	done
	for backend in $BACKENDS ${BACKEND-}; do
		[[ $backend == kvm || $backend == armvcpu ]] ||
			die "no such backend: '$backend' (kvm, armvcpu)"
	done
}

case ${1-} in
'')	;;
--list)
	list | while read -r op text; do printf '%-24s %s\n' "$op" "$text"; done
	exit 0 ;;
--profile | --flow)
	known "${2-}"
	[[ $2 != linux_boot ]] || die "linux_boot has no rounds of which one could be shown"
	HOSTS=$HOST known_hosts
	export HOST ;;
--show)
	known_hosts
	compgen -G "$dir/*.raw" >/dev/null || die "nothing was measured yet: make bench"
	table
	exit 0 ;;
--json)
	json
	exit 0 ;;
--rst)
	rst
	exit 0 ;;
--help)
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
	exit 0 ;;
*)	die "usage: bench.sh [--profile OP | --flow OP | --show | --json | --rst | --list | --help]" ;;
esac

for op in $OPS; do
	known "$op"
done
[[ ${1-} ]] || known_hosts
main "$@"; exit
