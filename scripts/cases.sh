# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For scripts that are a test program: each case is a function. Sourced after lib.sh.

# run_case CASE: run it. A script may have one of its own.
run_case()
{
	"$1"
}

# run_cases CASES [--list | CASE...]: print their names; or run these, none means all,
# with KTAP on stdout, and exit. What one of them prints goes to $WORK/CASE.log and is
# shown when it fails. It sets $skip to the reason when it is skipped.
run_cases()
{
	local all=$1 c n=0 failed=0 began skip cases
	shift
	if [[ ${1-} == --list ]]; then
		xargs -n1 <<<"$all"
		exit 0
	fi
	read -r -d '' -a cases <<<"${*:-$all}" || true
	mkdir -p "$WORK"
	echo 'TAP version 13'
	echo "1..${#cases[@]}"
	for c in "${cases[@]}"; do
		n=$((n + 1)) skip='' began=$SECONDS
		if run_case "$c" >"$WORK/$c.log" 2>&1 </dev/null; then
			echo "ok $n $c${skip:+ # SKIP $skip}"
		else
			tail -n 40 "$WORK/$c.log" | sed 's/^/# /'
			echo "not ok $n $c"
			failed=1
		fi
		echo "# $c: $((SECONDS - began)) s"
	done
	exit "$failed"
}
