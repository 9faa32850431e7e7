#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Looks at the machine code of the world switch for what no run in an emulator
# shows:
#
#   - no instruction behind an ERET can be speculated into: DSB and ISB follow;
#   - the C of the switch reads no SP_EL0 (the stack canary's base and "current",
#     which are the guest's for a while), calls nothing but the entry and the address
#     translation, and touches no data of the kernel's; of what goes in and out around
#     it the same, with no call but the FP registers' load and save;
#   - the vectors are 2 KiB aligned (Arm ARM D19.2.155);
#   - on the way out of a guest no indirect branch comes before what is done
#     against branch prediction that the guest trained (hyp_cpu.spectre, X8), and
#     where the vector itself answers the guest there is none at all;
#   - TLB maintenance on all CPUs is done twice, each time with a DSB;
#   - the blob for EL2 of nVHE hosts has no pointer authentication (the keys there
#     are whoever's) and no access to memory by way of a table of addresses.
#
# usage: hyp-lint.sh MODULE_BUILD_DIRECTORY
# Prints KTAP; exits 1 if a check failed.

set -euo pipefail

dir=${1:?usage: hyp-lint.sh MODULE_BUILD_DIRECTORY}
objdump=${CROSS_COMPILE-aarch64-linux-gnu-}objdump
command -v "$objdump" >/dev/null || objdump=objdump

code=$("$objdump" -dr --no-show-raw-insn "$dir/hyp/vhe.o")
entry=$("$objdump" -dr --no-show-raw-insn "$dir/hyp/vhe-entry.o")
blob=$("$objdump" -d --no-show-raw-insn "$dir/hyp/nvhe.elf")
host=$("$objdump" -d --no-show-raw-insn "$dir"/{hyp/tlb,pcpu,el2}.o)
failed=0
n=0

# body NAME: the instructions of one function of vhe.o
body()
{
	awk -v name="<$1>:" '$2 == name { on = 1; next } /^$/ { on = 0 } on' <<<"$code"
}

# verdict NAME OFFENDERS
verdict()
{
	n=$((n + 1))
	if [[ -z $2 ]]; then
		echo "ok $n $1"
	else
		# shellcheck disable=SC2001 # each line gets its mark
		sed 's/^/# /' <<<"$2"
		echo "not ok $n $1"
		failed=1
	fi
}

echo "TAP version 13"
echo "1..15"

verdict eret_is_followed_by_dsb_and_isb "$(
	printf '%s\n%s\n%s\n' "$code" "$entry" "$blob" | awk '
		want == 2 { if ($2 != "dsb") print at; want = 1; next }
		want == 1 { if ($2 != "isb") print at; want = 0; next }
		$2 == "eret" { at = $0; want = 2 }')"

verdict switch_has_code "$([[ $(body vhe_run | wc -l) -gt 100 ]] || echo "vhe_run not found")"

verdict switch_does_not_read_sp_el0 "$(body vhe_run | grep -w 'sp_el0' || true)"

verdict switch_calls_nothing_else "$(body vhe_run |
	grep -E 'R_AARCH64_(CALL|JUMP)26' |
	grep -vE 'vhe_(enter|translate)$' || true)"

verdict switch_touches_no_data "$(body vhe_run | grep -E 'R_AARCH64_' |
	grep -vE 'R_AARCH64_(CALL|JUMP)26|vhe_vectors' || true)"

# What a VHE host does less often than vhe_run().
parts='vhe_load vhe_save vhe_borrow vhe_give_back'

# in_parts PATTERN: the instructions of these that match.
in_parts()
{
	local f
	for f in $parts; do
		body "$f" | grep -E "$1" | sed "s/^/$f: /" || true
	done
}

verdict parts_have_code "$(for f in $parts; do
	[[ $(body "$f" | wc -l) -gt 10 ]] || echo "$f not found"
done)"

verdict parts_do_not_read_sp_el0 "$(in_parts '\<sp_el0\>')"

verdict parts_call_nothing_else_and_touch_no_data "$(
	in_parts 'R_AARCH64_|[[:space:]](bl|blr|br|bra[ab]z?|blra[ab]z?)[[:space:]]' |
		grep -vE '^vhe_borrow: .*[[:space:]](<vhe_fp_load>|R_AARCH64_CALL26[[:space:]]vhe_fp_load)$' |
		grep -vE '^vhe_give_back: .*[[:space:]](<vhe_fp_save>|R_AARCH64_CALL26[[:space:]]vhe_fp_save)$' ||
		true)"

offset=$("$objdump" -t "$dir/hyp/vhe-entry.o" | awk '$NF == "vhe_vectors" { print $1 }')
align=$("$objdump" -h "$dir/hyp/vhe-entry.o" | awk '$2 == ".kprobes.text" { sub(/2\*\*/, "", $NF); print $NF }')
verdict vectors_are_aligned "$(
	[[ -n $offset && $((0x$offset % 2048)) -eq 0 && ${align:-0} -ge 11 ]] ||
		echo "offset ${offset:-none}, section alignment 2**${align:-0}")"

nvhe_offsets=$("$objdump" -t "$dir/hyp/nvhe.elf" |
	awk '$NF ~ /^nvhe_(host_)?vectors$/ { print $1 }')
verdict blob_vectors_are_aligned "$(
	[[ $(wc -l <<<"$nvhe_offsets") -eq 2 ]] || echo "not both found"
	for o in $nvhe_offsets; do
		[[ $((0x$o % 2048)) -eq 0 ]] || echo "$o"
	done)"

verdict blob_does_not_sign "$(grep -E '[[:space:]](pac|aut|ret[ab]|bra|blra)' <<<"$blob" || true)"

verdict blob_branches_within_itself "$(grep -E '[[:space:]]blr[[:space:]]' <<<"$blob" || true)"

# From the choice (CBZ X8) on no branch leads elsewhere than to what comes up to one
# TBZ, and each of its two ways begins with DSB and ISB.
verdict exits_clear_branch_history_first "$(
	printf '%s\n%s\n' "$entry" "$blob" | awk '
		# addresses as words that compare as numbers do
		function address(text) { sub(/:$/, "", text); return substr("000000000000000" text, length(text)) }
		/^[0-9a-f]+ <n?vhe_leave>:$/ { on = 1; found++; next }
		/<n?vhe_el2_sync>:$/ { on = 0 }
		!on || !/^ *[0-9a-f]+:/ { next }
		{ at = address($1) }
		$2 == "smc" { calls++ }
		$2 == "clearbhb" || $2 $3 == "hint#0x16" { clears++ }
		$2 == "cbz" && $3 == "x8," { choosing = 1; from = at; n = 0 }
		choosing && ($2 == "b" || $2 ~ /^b[.]/) { target[n++] = address($3) }
		choosing && ($2 == "cbz" || $2 == "cbnz") { target[n++] = address($4) }
		choosing && $2 == "tbnz" { target[n++] = address($5) }
		choosing && $2 == "tbz" {
			while (n)
				if (target[--n] <= from || target[n] > at)
					print "a way round: " target[n]
			choosing = 0
			chosen = 1
			other = address($5)
			next
		}
		at == other { next_is = 0 }
		chosen && next_is < 2 {
			if ($2 == (next_is ? "isb" : "dsb"))
				barriers++
			next_is++
		}
		$2 ~ /^(ret|br|blr)$/ {
			if (barriers != 4)
				print
			chosen = barriers = next_is = 0
		}
		END { if (found != 2 || calls != 2 || clears != 2)
			print found + 0 " ways out, " calls + 0 " calls, " clears + 0 " CLRBHB" }' ||
		echo "awk failed")"

# One ERET is for calls, one for registers.
verdict vector_answers_without_indirect_branches "$(
	printf '%s\n%s\n' "$entry" "$blob" | awk '
		/^[0-9a-f]+ <n?vhe_guest_sync>:$/ { on = 1; found++; next }
		/^[0-9a-f]+ <n?vhe_leave>:$/ { on = 0 }
		!on { next }
		$2 ~ /^(bl|(ret|br|blr)(a[ab]z?)?)$/ || /R_AARCH64_/ { print }
		$2 == "eret" { there++ }
		END { if (found != 2 || there != 4)
			print found + 0 " vectors, " there + 0 " ERETs" }')"

# How many there are is asked too: a pattern that finds none is no proof.
verdict broadcast_tlb_maintenance_is_done_twice "$(
	printf '%s\n' "$host" "$code" "$entry" "$blob" | awk '
		!/^ *[0-9a-f]+:/ { next }
		{ what = $2 " " $3 " " $4 }
		want && (want % 2 ? $2 " " $3 != "dsb ish" : what != first) {
			print at
			want = 0
		}
		want { want = want == 3 ? 0 : want + 1; next }
		$2 == "tlbi" && $3 ~ /is,?$/ { at = $0; first = what; want = 1; pairs++ }
		END { if (want || pairs != 9) print pairs + 0 " of them" }')"

exit "$failed"
