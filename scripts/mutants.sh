#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the module in small ways, one at a time, and see whether the tests
# notice:
#
#   scripts/mutants.sh [PATTERN...] those whose LIST/NAME has a PATTERN in it (globs)
#   scripts/mutants.sh --list       print their names
#   scripts/mutants.sh --uncovered  print the selftests' cases that none has to fail
#   scripts/mutants.sh --counts     print for each program how many cases it has, and
#                                   how many some break has to fail
#   scripts/mutants.sh --stale      print those that change nothing any more
#   scripts/mutants.sh --record 'PROGRAM[.CASE]...' [PATTERN...]
#                                   run all of that with each break, and print what
#                                   failed: for who writes the records
#
# The files tools/testing/mutants/*.list name the breaks. A record is
#
#   mutant: what is wrong then
#   file: of drivers/armvcpu, or, with tools/, scripts/ or include/, of the tree
#   sed: a script for that file
#   host: HOST         where it is tried; none: $HOST
#   kernel: KERNEL     the same; none: $KERNEL
#   fails: PROGRAM.CASE...
#
# Each break is made in a copy of the tree under build/, built, and tried in a
# QEMU host of its own, with "boots" for a program in those of check-boots.sh. It
# counts as found when each of the cases fails, or the host dies of it. Before that
# the cases pass in the module as it is, or nothing is tried.
#
# A line for each break on stdout, when it has been tried; 1 when one was not
# found.

ME=mutants
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RECORDS=$TOP/tools/testing/mutants
SELFTESTS=$TOP/tools/testing/selftests/armvcpu
COPY=$BUILD/mutants
# More than what the longest case allows itself.
SECONDS_PER_CASE=160
# Where a break is tried that does not say it.
HERE=$HOST
THIS=$KERNEL

# records: one line per break: list/name, file, script, host, kernel, cases, separated
# by tabs; - for what is not there.
records()
{
	awk '
		function flush() {
			if (name)
				printf "%s\t%s\t%s\t%s\t%s\t%s\n", name, file, script, host, kernel, cases
			name = ""
			file = script = host = kernel = cases = "-"
		}
		FNR == 1 { flush(); list = FILENAME; sub(/.*\//, "", list); sub(/[.]list$/, "/", list) }
		/^mutant: / { flush(); name = list substr($0, 9) }
		/^file: / { file = $2 }
		/^sed: / { script = substr($0, 6) }
		/^host: / { host = $2 }
		/^kernel: / { kernel = $2 }
		/^fails: / { cases = substr($0, 8) }
		END { flush() }' "$RECORDS"/*.list |
		awk -F'\t' -v OFS='\t' -v host="$HERE" -v kernel="$THIS" '
			$4 == "-" { $4 = host } $5 == "-" { $5 = kernel } { print }'
}

# functions: PROGRAM.CASE of each function that is a case, with * for what a
# fixture's variants or a table put there.
functions()
{
	local f program
	for f in "$SELFTESTS"/*.c; do
		program=${f##*/} program=${program%.c}
		awk -v p="$program" '
			/^FIXTURE_VARIANT_ADD\(/ { split($0, a, /[(,)] */); variants[a[2]] = 1 }
			/^TEST(_TIMEOUT)?\(/ {
				split($0, a, /[(,)] */)
				print p "." (/\\$/ ? "*" : a[2])
			}
			/^TEST_F(_TIMEOUT)?\(/ {
				split($0, a, /[(,)] */)
				print p "." a[2] (a[2] in variants ? ".*." : ".") a[3]
			}' "$f"
	done
	for f in "$SELFTESTS"/*.sh; do
		sh "$f" --list | sed "s/^/${f##*/}./"
	done
	"$TOP/scripts/check-boots.sh" --list | sed 's/^/boots./'
}

# uncovered: of those, the ones that no record has to fail.
uncovered()
{
	local f c cases=() found all
	read -ra cases -d '' < <(records | cut -f6) || true
	mapfile -t all < <(functions)
	for f in "${all[@]}"; do
		found=''
		for c in "${cases[@]}"; do
			# A table's is what is nobody else's.
			[[ $f != *.\* ]] || ! printf '%s\n' "${all[@]}" | grep -qxF "$c" || continue
			# shellcheck disable=SC2053 # it is a pattern
			[[ $c != $f ]] || found=1
		done
		[[ -n $found ]] || echo "$f"
	done
}

# counts: cases and covered ones. A fixture's or a table's count once.
counts()
{
	{
		functions | sed 's/^/all /'
		uncovered | sed 's/^/not /'
	} | awk '
		{
			split($2, part, ".")
			p = part[1] (part[2] == "sh" ? ".sh" : "")
			if ($1 == "all" && !n[p]++)
				order[++programs] = p
			missing[p] += $1 == "not"
		}
		END {
			for (i = 1; i <= programs; i++) {
				p = order[i]
				printf "%-17s %5d %5d\n", p, n[p], n[p] - missing[p]
				all += n[p]
				seen += n[p] - missing[p]
			}
			printf "%-17s %5d %5d\n", "all", all, seen
		}'
}

# stale: breaks that are none any more, because the source has changed.
stale()
{
	local name file script
	while IFS=$'\t' read -r name file script _; do
		file=$TOP/$(in_tree "$file")
		! sed "$script" "$file" | cmp -s - "$file" || echo "$name"
	done < <(records)
}

# --- The copy --------------------------------------------------------------

# prepare KERNEL...: the tree's copy builds into a directory of its own, and has
# the tests and archives of the real one.
prepare()
{
	local f
	rm -rf "$COPY/tree"
	mkdir -p "$COPY/tree"
	cp -a "$TOP/drivers" "$TOP/include" "$TOP/scripts" "$TOP/tools" "$COPY/tree/"
	for KERNEL; do
		export KERNEL
		"$TOP/scripts/build.sh" tools selftests
		mkdir -p "$COPY/build/$KERNEL"
		rm -rf "$COPY/build/$KERNEL"/{selftests,tools}
		cp -Rlf "$BUILD/$KERNEL/tools" "$BUILD/$KERNEL/selftests" "$COPY/build/$KERNEL/"
	done
	# What was built of a broken file may be newer than the copy.
	[[ ! -e $COPY/broken ]] || (cd "$COPY/tree" && sort -u "$COPY/broken" | xargs -r touch -c)
}

# in_copy SCRIPT ARGUMENT...
in_copy()
{
	local script=$COPY/tree/scripts/$1
	shift
	ARMVCPU_BUILD=$COPY/build "$script" "$@"
}

# in_tree FILE: its path in the tree.
in_tree()
{
	case $1 in
	tools/* | scripts/* | include/*)	echo "$1" ;;
	*)	echo "drivers/armvcpu/$1" ;;
	esac
}

# build FILE CASE...: what is made of the file, and is needed for the cases.
build()
{
	local out=$COPY/build/$KERNEL file=$1
	shift
	case $file in
	tools/armvcpu/*)
		# What was built from the real one is up to date, for make.
		rm -rf "$out/tools"
		in_copy build.sh tools || return
		[[ $file == */bench/* ]] || return 0
		in_copy build.sh bench || return
		cp --remove-destination "$out/tools/bench" "$out/selftests/" ;;
	scripts/*)	;;
	*)	in_copy build.sh module || return
		[[ " $*" == *" el2."* || " $*" == *" boots."* ]] || return 0
		in_copy module.sh test ARMVCPU_TEST=1 || return
		cp --remove-destination "$out/module-test/drivers/armvcpu/armvcpu.ko" \
			"$out/selftests/armvcpu-test.ko" ;;
	esac
}

# broken FILE SCRIPT CASE...: make the break, and build it. Sets $how when that
# cannot be.
broken()
{
	local name=$1 file script=$2
	file=$COPY/tree/$(in_tree "$name")
	shift 2
	in_tree "$name" >>"$COPY/broken"
	cp "$file" "$COPY/original"
	sed -i "$script" "$file"
	if cmp -s "$file" "$COPY/original"; then
		how='nothing to break there'
		return 1
	fi
	if ! build "$name" "$@" >"$COPY/log" 2>&1; then
		how='does not build'
		mend "$name"
		return 1
	fi
}

# mend FILE: undo it, with a new time stamp, so that it is built again.
mend()
{
	local out=$COPY/build/$KERNEL
	cp "$COPY/original" "$COPY/tree/$(in_tree "$1")"
	case $1 in
	tools/*)
		rm -rf "$out/tools"
		cp -Rl "$BUILD/$KERNEL/tools" "$out/"
		cp -lf "$BUILD/$KERNEL/selftests/bench" "$out/selftests/" ;;
	esac
}

# --- Running ---------------------------------------------------------------

# split PROGRAM[.CASE]: sets $program and $case.
split()
{
	program=${1%%.*}
	[[ $1 != "$program.sh" && $1 != "$program".sh.* ]] || program+=.sh
	case=${1#"$program"}
	case=${case#.}
}

# commands CASE...: what the host runs.
commands()
{
	local c program case
	echo "limit=\$(($SECONDS_PER_CASE * SLOW)); cd /tests"
	echo 'insmod /lib/armvcpu.ko && echo "@@loaded"'
	for c; do
		echo "echo next \$((limit + 20)) >\$STATUS_PORT; echo '@@case $c'"
		split "$c"
		[[ -z $case ]] || case="'$case'"
		echo "timeout -s KILL \$limit ./$program $case"
	done
	echo 'echo "@@end"'
}

# boot CASE...: run them in a host, with the module of the copy. Its output is in
# $COPY/log, too.
boot()
{
	local guest=()
	[[ $* != *linux-guest.* ]] || guest=(--guest)
	in_copy host.sh --module --tools --tests "${guest[@]}" --timeout 60 \
		--exec "$(commands "$@")" 2>&1 | tee "$COPY/log"
}

# word_for CASE: on stdin what hosts said; its result: "not ok", PASSED, how the
# host died, or nothing.
word_for()
{
	local program case
	split "$1"
	awk -v c="$1" -v name="$case" '
		$1 == "@@case" { now = $2 == c; word = now ? "" : word; next }
		$1 == "@@end" { now = 0 }
		now && /^host: the host / { word = substr($0, 11) }
		now && /^(not )?ok [0-9]+ / {
			line = $0
			sub(/^(not )?ok [0-9]+ (- )?/, "", line)
			sub(/ .*/, "", line)
			if (line == name)
				word = /^ok .* # SKIP/ ? "skipped" : /^ok/ ? "PASSED" : "not ok"
		}
		END { print substr(word, 1, 90) }'
}

# boots CASE...: run these of check-boots.sh; their words, a line each.
boots()
{
	local out c
	out=$(in_copy check-boots.sh "${@#boots.}" 2>&1 | tee "$COPY/log") || true
	for c; do
		c=$(grep -E "^(not )?ok [0-9]+ ${c#boots.}( |\$)" <<<"$out") || true
		case $c in
		*'# SKIP'*)	echo skipped ;;
		ok*)		echo PASSED ;;
		not*)		echo 'not ok' ;;
		*)		echo 'no result' ;;
		esac
	done
}

# results CASE...: run them; their words, a line each.
results()
{
	local c in_host=() of_boots=() words
	local -A word_for=()
	for c; do
		if [[ $c == boots.* ]]; then
			of_boots+=("$c")
		else
			in_host+=("$c")
		fi
	done
	mapfile -t words < <(
		[[ ${#in_host[@]} -eq 0 ]] || results_in_host "${in_host[@]}"
		[[ ${#of_boots[@]} -eq 0 ]] || boots "${of_boots[@]}")
	# When a host is of no use there is one word for all.
	if [[ ${#words[@]} -ne $# ]]; then
		printf '%s\n' "${words[@]}"
		return
	fi
	set -- "${in_host[@]}" "${of_boots[@]}" -- "$@"
	for c in "${words[@]}"; do
		word_for[$1]=$c
		shift
	done
	shift
	for c; do
		echo "${word_for[$c]}"
	done
}

# results_in_host CASE...: in another host what a host that died left.
results_in_host()
{
	local out word died
	while [[ $# -gt 0 ]]; do
		out=$(boot "$@") || true
		if ! grep -qx '@@loaded' <<<"$out"; then
			echo 'the module does not load'
			return
		fi
		died=''
		while [[ $# -gt 0 && -z $died ]]; do
			grep -qx "@@case $1" <<<"$out" || break
			word=$(word_for "$1" <<<"$out")
			[[ $word == "not ok" || $word == PASSED || $word == skipped || -z $word ]] ||
				died=1
			echo "${word:-no result}"
			shift
		done
		if [[ -z $died && $# -gt 0 ]]; then
			echo 'the host ended early'
			return
		fi
	done
}

# try FILE SCRIPT CASE...: 0 found, 1 not found; $how says more.
try()
{
	local name=$1 words word bad=0 cases=("${@:3}")
	broken "$@" || return 1
	mapfile -t words < <(results "${cases[@]}")
	mend "$name"
	how=''
	for word in "${words[@]}"; do
		case $word in
		PASSED | skipped | 'no result' | 'the '*)	bad=1 ;;
		esac
		how+="${how:+, }$word"
	done
	[[ ${#words[@]} -eq ${#cases[@]} ]] || bad=1
	return $bad
}

# sound CASE...: they pass when nothing is broken. Sets $how: those that do not.
sound()
{
	local words n
	how=''
	in_copy build.sh module
	: >"$COPY/broken"
	mapfile -t words < <(results "$@")
	for n in $(seq 0 $(($# - 1))); do
		[[ ${words[n]-} == PASSED ]] || how+=" ${*:n + 1:1} (${words[n]-not run})"
	done
	[[ -z $how ]]
}

# failed: on stdin what a host said; the cases that failed.
failed()
{
	awk '
		$1 == "@@case" {
			split($2, part, ".")
			prog = part[1] (part[2] == "sh" ? ".sh" : "")
		}
		/^not ok [0-9]+ / {
			sub(/^not ok [0-9]+ (- )?/, "")
			printf " %s.%s", prog, $1
		}
		/^host: the host / { printf " [%s in %s]", substr($0, 11), prog }
		$1 == "@@end" { end = 1 }
		END { print end ? "" : " [no end]" }'
}

# record WORDS PATTERN...: all is built before the first host is up.
record()
{
	local words name file script HOST KERNEL n=0 how modules=$COPY/record list=()
	read -ra words <<<"$1"
	shift
	rm -rf "$modules"
	mkdir -p "$modules"
	while IFS=$'\t' read -r -u 6 name file script HOST KERNEL _; do
		chosen "$name" "$@" || continue
		export HOST KERNEL
		if ! broken "$file" "$script" "${words[@]}"; then
			echo "$name | $how"
			continue
		fi
		case $file in
		tools/* | scripts/*)
			die "--record is for the module: $name" ;;
		esac
		n=$((n + 1))
		cp "$COPY/build/$KERNEL/module/drivers/armvcpu/armvcpu.ko" "$modules/$n.ko"
		list+=("$n"$'\t'"$HOST"$'\t'"$KERNEL"$'\t'"$name")
		mend "$file"
	done 6< <(records)
	while IFS=$'\t' read -r -u 6 n HOST KERNEL name; do
		export HOST KERNEL
		cp "$modules/$n.ko" "$COPY/build/$KERNEL/module/drivers/armvcpu/armvcpu.ko"
		echo "$name |$({ boot "${words[@]}" || true; } | tee "$modules/$n.log" | failed)"
	done 6< <(printf '%s\n' "${list[@]}")
}

# chosen NAME PATTERN...
chosen()
{
	local name=$1 p
	shift
	for p; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $name != *$p* ]] || return 0
	done
	return 1
}

# A function, so that the whole script is read before it runs.
main()
{
	local name file script cases how began found=0 tried=0 missed=() word all where kernels
	local record=''
	case ${1-} in
	--list)
		records | cut -f1
		return ;;
	--uncovered)
		uncovered
		return ;;
	--counts)
		counts
		return ;;
	--stale)
		stale
		return ;;
	--record)
		record=${2-}
		shift 2 ;;
	esac
	[[ $# -gt 0 ]] || set -- ''
	mapfile -t where < <(while IFS=$'\t' read -r name _ _ host kernel _; do
		! chosen "$name" "$@" || printf '%s %s\n' "$kernel" "$host"
	done < <(records) | sort -u)
	[[ ${#where[@]} -gt 0 ]] || die "no break matches '$*'"
	mapfile -t kernels < <(printf '%s\n' "${where[@]}" | cut -d' ' -f1 | sort -u)
	prepare "${kernels[@]}"
	if [[ -n $record ]]; then
		record "$record" "$@"
		return
	fi

	for word in "${where[@]}"; do
		read -r KERNEL HOST <<<"$word"
		export KERNEL HOST
		mapfile -t all < <(while IFS=$'\t' read -r name _ _ host kernel cases; do
			[[ $kernel == "$KERNEL" && $host == "$HOST" ]] || continue
			[[ $cases != - ]] || die "no cases have to fail: $name"
			! chosen "$name" "$@" || xargs -n1 <<<"$cases"
		done < <(records) | sort -u)
		say "${#all[@]} cases on the module as it is, HOST=$HOST KERNEL=$KERNEL"
		sound "${all[@]}" || die "these do not pass:$how"
	done
	while IFS=$'\t' read -r -u 6 name file script HOST KERNEL cases; do
		chosen "$name" "$@" || continue
		export HOST KERNEL
		tried=$((tried + 1)) began=$SECONDS
		# shellcheck disable=SC2086 # words
		if try "$file" "$script" $cases; then
			found=$((found + 1)) word=found
		else
			missed+=("$name") word=MISSED
		fi
		printf '%-7s %s: %s | %s | %s (%d s)\n' "$word" "$file" "$name" "$cases" "$how" \
			$((SECONDS - began))
	done 6< <(records)
	for name in "${missed[@]}"; do
		echo "# missed: $name"
	done
	echo "$found of $tried found"
	[[ ${#missed[@]} -eq 0 ]]
}

main "$@"; exit
