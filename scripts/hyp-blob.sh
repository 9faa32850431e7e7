#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The build fails when the blob for EL2 of nVHE hosts has what it must not have: link it
# once more, by the very command that the build used, with one bad piece at a time.
#
# usage: hyp-blob.sh MODULE_BUILD_DIRECTORY
# Prints KTAP; exits 1 if a piece was taken.

set -euo pipefail

dir=${1:?usage: hyp-blob.sh MODULE_BUILD_DIRECTORY}
as=${CROSS_COMPILE-aarch64-linux-gnu-}as
command -v "$as" >/dev/null || as=as
tmp=$(mktemp -d --suffix=.armvcpu)
trap 'rm -rf "$tmp"' EXIT

# As Kbuild has noted it: "cmd_FILE := COMMAND", with FILE as the last word.
command=$(sed -n '1s/^[^:]*:= \(.*\) -o [^ ]*$/\1/p' "$dir/hyp/.nvhe.elf.cmd")
[[ $command == *nvhe.lds* ]] || { echo "hyp-blob: error: how the blob was linked is not in $dir" >&2; exit 1; }

# What is to be refused: a name, what the linker says of it, and the piece, its lines
# separated by semicolons.
PIECES='
data | data | .data; .quad 1
zeroes | data | .bss; .skip 8
constants | read-only data | .section .rodata; .quad 1
strings | read-only data | .section .rodata.str1.1,"aMS",%progbits,1; .asciz "x"
per_cpu_data | per-CPU data | .section .data..percpu,"aw"; .quad 1
relocation | relocations | .text; .balign 8; .quad nvhe_call
address_from_a_table | relocations | .text; adrp x0, :got:nvhe_call; ldr x0, [x0, :got_lo12:nvhe_call]
alternative | alternatives | .section .altinstructions,"a"; .word 1
jump_label | alternatives | .section __jump_table,"aw"; .quad 1
warning | alternatives | .section __bug_table,"aw"; .quad 1
fixup | alternatives | .section __ex_table,"a"; .quad 1
call_out | undefined reference to .printk. | .text; bl printk
sanitizer | undefined reference to .__asan_load8_noabort. | .text; bl __asan_load8_noabort
coverage | undefined reference to .__sanitizer_cov_trace_pc. | .text; bl __sanitizer_cov_trace_pc
stack_canary | undefined reference to .__stack_chk_fail. | .text; bl __stack_chk_fail
function_tracer | unplaced orphan section | .section __patchable_function_entries,"aw"; .quad 1
section_that_nobody_knows | unplaced orphan section | .section .surprise,"a"; .quad 1
growth | larger than 16 KiB | .text; .skip 16384
'

# link [OBJECT]
link()
{
	$command "$@" -o "$tmp/out" >"$tmp/log" 2>&1
}

n=0 failed=0
verdict()
{
	n=$((n + 1))
	if [[ $1 == ok ]]; then
		echo "ok $n $2"
	else
		sed 's/^/# /' "$tmp/log"
		echo "not ok $n $2"
		failed=1
	fi
}

echo "TAP version 13"
echo "1..$(($(grep -c '|' <<<"$PIECES") + 1))"

# Else all of them would fail for nothing.
link && result=ok || result=''
verdict "$result" blob_as_it_is

while IFS='|' read -r name says piece; do
	[[ -n $piece ]] || continue
	name=${name// /} says=${says# } says=${says% }
	tr ';' '\n' <<<"$piece" | "$as" -o "$tmp/piece.o" - >"$tmp/log" 2>&1 || { verdict '' "$name"; continue; }
	result=''
	if link "$tmp/piece.o"; then
		echo "the linker takes it" >"$tmp/log"
	elif grep -q "$says" "$tmp/log"; then
		result=ok
	fi
	verdict "$result" "$name"
done <<<"$PIECES"

exit "$failed"
