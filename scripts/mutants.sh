#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the module in small ways, one at a time, and see whether the tests
# notice:
#
#   scripts/mutants.sh [PATTERN...] those whose name has a PATTERN in it (globs)
#   scripts/mutants.sh --list       print their names
#
# tools/testing/mutants/list names the breaks: a sed script for one file of
# drivers/armvcpu, and the cases that have to fail. Each break is made in a copy
# of the tree under build/, built, and tried in a QEMU host of its own. It counts
# as found when each of the cases fails, or the host dies. Before that the cases
# pass in the module as it is, or nothing is tried.
#
# A line for each break on stdout, when it has been tried; 1 when one was not
# found. $HOST and $KERNEL choose the host, as ever.

ME=mutants
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LIST=$TOP/tools/testing/mutants/list
COPY=$BUILD/mutants
SECONDS_PER_CASE=70

# records: one line per break: name, file, script, cases, separated by tabs.
records()
{
	awk '
		function flush() { if (name) printf "%s\t%s\t%s\t%s\n", name, file, script, cases }
		/^mutant: / { flush(); name = substr($0, 9) }
		/^file: / { file = $2 }
		/^sed: / { script = substr($0, 6) }
		/^fails: / { cases = substr($0, 8) }
		END { flush() }' "$LIST"
}

# The tree's copy builds into a directory of its own, and has the tests and
# archives of the real one.
prepare()
{
	local f real=$OUT
	"$TOP/scripts/build.sh" module tools selftests
	"$TOP/scripts/initramfs.sh"
	mkdir -p "$COPY/tree" "$COPY/build/$KERNEL"
	rm -rf "$COPY/tree"
	mkdir "$COPY/tree"
	cp -a "$TOP/drivers" "$TOP/include" "$TOP/scripts" "$COPY/tree/"
	rm -rf "$COPY/build/$KERNEL/selftests"
	for f in tools selftests host.cpio guest.cpio initramfs.key; do
		cp -Rlf "$real/$f" "$COPY/build/$KERNEL/"
	done
}

# in_copy SCRIPT ARGUMENT...
in_copy()
{
	local script=$COPY/tree/scripts/$1
	shift
	ARMVCPU_BUILD=$COPY/build "$script" "$@"
}

# commands CASE...: what the host runs.
commands()
{
	local c
	echo 'insmod /lib/armvcpu.ko && echo @@loaded'
	for c; do
		echo "timeout -s KILL $SECONDS_PER_CASE /tests/${c%%.*} '${c#*.}'"
	done
}

# verdict OUTPUT CASE...: each case failed, or the host died of it. Sets $how.
verdict()
{
	local out=$1 c died word bad=0
	shift
	how=''
	if ! grep -qx '@@loaded' <<<"$out"; then
		how='the module does not load'
		return 1
	fi
	died=$(sed -n 's/^host: the host \(.*\)/\1/p' <<<"$out" | cut -c1-90)
	for c; do
		c=${c#*.}
		word=$died
		if grep -qE "^not ok [0-9]+ (- )?${c//./\\.}( |$)" <<<"$out"; then
			word='not ok'
		elif grep -qE "^ok [0-9]+ (- )?${c//./\\.}( |$)" <<<"$out"; then
			word=PASSED bad=1
		elif [[ -z $died ]]; then
			word='no result' bad=1
		fi
		how+="${how:+, }$word"
	done
	return $bad
}

# try FILE SCRIPT CASE...: 0 found, 1 not found; $how says more.
try()
{
	local file=$COPY/tree/drivers/armvcpu/$1 script=$2 out guest=()
	shift 2
	cp "$file" "$COPY/original"
	sed -i "$script" "$file"
	if cmp -s "$file" "$COPY/original"; then
		how='nothing to break there'
		return 1
	fi
	if ! in_copy build.sh module >"$COPY/log" 2>&1; then
		how='does not build'
		cp "$COPY/original" "$file"
		return 1
	fi
	[[ $* != *linux-guest.* ]] || guest=(--guest)
	out=$(in_copy host.sh --module --tools --tests "${guest[@]}" \
		--timeout $((60 + SECONDS_PER_CASE * $#)) --exec "$(commands "$@")" 2>&1) || true
	# A new time stamp, so that it is built again.
	cp "$COPY/original" "$file"
	printf '%s\n' "$out" >"$COPY/log"
	verdict "$out" "$@"
}

# sound CASE...: they pass when nothing is broken. Sets $how: those that do not.
sound()
{
	local out c guest=()
	[[ $* != *linux-guest.* ]] || guest=(--guest)
	out=$(in_copy build.sh module && in_copy host.sh --module --tools --tests "${guest[@]}" \
		--timeout $((60 + SECONDS_PER_CASE * $#)) --exec "$(commands "$@")" 2>&1) || true
	printf '%s\n' "$out" >"$COPY/log"
	how=''
	for c; do
		grep -qE "^ok [0-9]+ (- )?$(sed 's/[^.]*\.//; s/\./\\./g' <<<"$c")( |$)" <<<"$out" || how+=" $c"
	done
	[[ -z $how ]]
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
	local name file script cases how began found=0 tried=0 missed=() word all
	if [[ ${1-} == --list ]]; then
		records | cut -f1
		return
	fi
	[[ $# -gt 0 ]] || set -- ''
	prepare
	mapfile -t all < <(while IFS=$'\t' read -r name _ _ cases; do
		! chosen "$name" "$@" || xargs -n1 <<<"$cases"
	done < <(records) | sort -u)
	[[ ${#all[@]} -gt 0 ]] || die "no break matches '$*'"
	say "${#all[@]} cases on the module as it is"
	sound "${all[@]}" || die "these do not pass:$how"
	while IFS=$'\t' read -r -u 6 name file script cases; do
		chosen "$name" "$@" || continue
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
