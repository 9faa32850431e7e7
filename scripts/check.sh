#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run every test, KTAP on stdout, "N passed, N failed" as the last line:
#
#   scripts/check.sh          run (set-up and fetching are done already)
#   scripts/check.sh --list   print the names
#   scripts/check.sh --programs FILE...   run these, which print TAP, and no other
#
# TESTS=pattern, a glob or a part of "program.case", chooses. These are the
# programs:
#
#   build          the module, the tools and the selftests build
#   static         the module without a warning of gcc (W=1), sparse and
#                  kernel-doc; the scripts without one of shellcheck; checkpatch
#                  when CHECKPATCH names it
#   *_test         unit tests of the module, on this machine; vgic_model_full with
#                  THOROUGH=1
#   test_*         unit tests of armvm, on this machine
#   refuse         hosts that cannot be used are refused
#   acpi           the module and some selftests in a host with ACPI tables
#   reboot         reboot, poweroff and panic of the host while guests run
#   load, unload   insmod and rmmod in the QEMU host
#   linux-guest    Linux in a virtual machine in the QEMU host
#   boots          what ends the host it runs in (check-boots.sh)
#   packaging      install, DKMS here and on arm64, in-tree build (check-packaging.sh)
#   firmware       what firmware says of a GICv2, right and wrong (check-firmware.sh)
#   all others     selftests in the QEMU host
#   NAME@GIC       the same with another interrupt controller for the guests than the
#                  one that the host does best (ARMVCPU_TEST_GIC), and NAME@GIC:CASES:
#                  some of its cases
#
# All the rest that goes on in a QEMU host goes on in one boot. Only when it dies
# it is started again, for the programs that are left. Without HOST there are two
# of them, one for each way to take EL2, and for what has to do with interrupts
# one of each that has a GICv2, and one without the virtualization parts of that.
#
# All this is jobs, and two of them (AT_ONCE) go on at a time: first "build", then
# the others, the longest first. What a job has to say is printed when it and all
# before it have ended, in the order above; stderr has a line when one ends.
#
# Tests that do the same many times do it less often than in check-all, and the hosts of
# the selftests are without KASLR: with THOROUGH=1 it is as there. KERNEL=debug, which is
# slow by itself, is always as in "make check".
#
# PARTS, for check-all.sh, chooses among build, static, unit, refuse, acpi, hosts,
# gics (those with a GICv2, one whose virtualization parts nobody knows of, and a choice
# of cases with other interrupt controllers on the others), combinations (all of these
# cases), packaging, firmware and raspi3b (a machine without a GIC); "make check" leaves
# the last four out. What comes after build needs it.

# shellcheck disable=SC2317 # steps are called by their names
# shellcheck disable=SC2030,SC2031 # a job counts apart
ME=check
HOSTS=${HOST-}
# With what else than a GICv2 they are alike.
declare -A GICV2_OF=()
[[ ${HOST-} ]] || GICV2_OF=([neoverse-n1]=gicv2 [cortex-a72]=gicv2-nvhe)
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
HOSTS=${HOSTS:-neoverse-n1 $NVHE_HOST}

PATTERN=${TESTS-}
AT_ONCE=${AT_ONCE:-2}
[[ $AT_ONCE =~ ^[1-9][0-9]*$ ]] || die "AT_ONCE=$AT_ONCE is no number of jobs"
PARTS=${PARTS:-build static unit refuse acpi hosts gics}

# What has to do with interrupts, for a guest's GIC other than the first choice; and
# what of it fits into "make check". Programs that load the module themselves do so without
# parameters.
GIC_LOADED='irq irqfd gic_state errnos@GIC:_gic timer wfi psci hotplug two_vms resident
	stats lifecycle pc_after_exit sysreg sysreg_sweep regs linux-guest'
GIC_PROGRAMS="$GIC_LOADED el2 pm.sh module"
GIC_QUICK='irq gic_state@GIC:everything timer wfi@GIC:wakes hotplug@GIC:interrupt'

matches()
{
	# shellcheck disable=SC2053 # it is a pattern
	[[ $1 == *$PATTERN* ]]
}

# Tests that may be skipped, and where: globs of KERNEL, HOST and program.case.
# A test that is skipped anywhere else was not run, and so has failed.
EXPECTED_SKIPS='
*	*	static.shellcheck	no package that the set-up installs
*	neoverse-n1	el2.a_call_that_nobody_knows		a kernel at EL2 has nobody to call
*	max	el2.a_call_that_nobody_knows
*	neoverse-n1	el2.el2_taken_away_by_the_kernels_own_call
*	max	el2.el2_taken_away_by_the_kernels_own_call
*	neoverse-n1	boots.trap_to_el2
*	neoverse-n1	boots.user_traps_to_el2
*	neoverse-n1	boots.user_traps_to_el2_with_kpti
*	max	boots.trap_to_el2
*	max	boots.user_traps_to_el2
*	max	boots.user_traps_to_el2_with_kpti
*	neoverse-n1	boots.bad_call_to_el2
*	max	boots.bad_call_to_el2
*	neoverse-n1	boots.el2_left_behind
*	neoverse-n1	boots.undefined_at_el2_again_and_again
*	max	boots.el2_left_behind
*	max	boots.undefined_at_el2_again_and_again
*	neoverse-n1	resident.*_end*_btype			no BTI
*	cortex-a72	resident.*_end*_btype
*	gicv2*	resident.*_end*_btype
*	nogich*	resident.*_end*_btype
*	raspi3b	resident.*_end*_btype
6.*	*	blocks.pinned_memory_has_no_blocks	it is not pinned there
debug	*	blocks.*				there it is
debug	*	memory.memory_dropped_while_its_slot_is_deleted
*	*	blocks.hugetlb_pages_of_1_gib		the host has no more
16k	*	blocks.pinned_memory_has_no_blocks
16k	*	blocks.hugetlb_pages_of_contiguous_blocks	these are of 1 GiB
64k	*	blocks.*				512 MiB and more
6.12	max*	boots.kexec_under_guests		the kernel oopses by itself
6.12	max*	boots.el2_left_behind
6.*	*	faults.*				stock kernels have no fault injection
16k	*	faults.*
64k	*	faults.*
16k	*	refuse.no_virtual_timer			a cortex-a72 has no such pages
64k	*	refuse.locked_down			it is built without lockdown, signatures, ACPI
64k	*	refuse.unsigned
64k	*	acpi.*
64k	*	firmware.acpi*
debug	*	refuse.kvm_alive*			it is built without KVM, lockdown, signatures
debug	*	refuse.locked_down
debug	*	refuse.unsigned
debug	*	acpi.*					and without ACPI
debug	*	firmware.acpi*
*	gicv2	el2.a_call_that_nobody_knows		a kernel at EL2 has nobody to call
*	nogich	el2.a_call_that_nobody_knows
*	gicv2	el2.el2_taken_away_by_the_kernels_own_call
*	nogich	el2.el2_taken_away_by_the_kernels_own_call
*	gicv2	boots.trap_to_el2
*	gicv2	boots.user_traps_to_el2
*	gicv2	boots.user_traps_to_el2_with_kpti
*	nogich	boots.trap_to_el2
*	nogich	boots.user_traps_to_el2
*	nogich	boots.user_traps_to_el2_with_kpti
*	gicv2	boots.bad_call_to_el2
*	nogich	boots.bad_call_to_el2
*	gicv2	boots.el2_left_behind
*	gicv2*	boots.undefined_at_el2_again_and_again	its GIC is memory
*	nogich	boots.el2_left_behind
*	nogich*	boots.undefined_at_el2_again_and_again	its GIC is memory
*	raspi3b	resident.cpu_goes_offline_with_the_registers	these CPUs cannot
*	gicv2*	errnos.fields_of_create_gic		these CPUs have no ICC registers
*	nogich*	errnos.fields_of_create_gic
*	gicv2*	errnos.gic_and_memory_at_one_place
*	nogich*	errnos.gic_and_memory_at_one_place
*	raspi3b	errnos.fields_of_create_gic
*	raspi3b	errnos.gic_and_memory_at_one_place
'

# Cases for one kind of interrupt controller only, and where the guests have another:
# the host, and the GIC that is in the program's name.
gic_skips()
{
	local gic=auto v2='' soft=''

	[[ $1 != *@*.* ]] || gic=${1#*@} gic=${gic%%[:.]*}
	case $HOST in
	gicv2* | nogich* | raspi3b) v2=1 ;;
	esac
	case $gic in
	2*)	v2=1 ;;
	3*)	v2='' ;;
	esac
	case $HOST/$gic in
	nogich*/* | raspi3b/* | */*-soft) soft=1 ;;
	gicv2*/*)		;;
	*/2)			soft=1 ;;
	esac
	case ${1%%[@.]*}.${1#*.} in
	irq.v2_*)
		[[ -z $v2 ]] ;;
	irq.group_0_is_an_fiq | irq.sgi_to_vcpus_that_are_not_there | irq.distributor_registers | \
	irq.redistributor_registers | irq.cpu_interface_registers)
		[[ $v2 ]] ;;
	irq.list_registers_are_refilled_at_once | irq.state_read_while_another_vcpu_does_not_exit | \
	el2.a_cpu_with_less_of_a_gic*)
		[[ $soft ]] ;;
	*)	return 1 ;;
	esac
}

may_skip()
{
	local kernel host test rest

	! gic_skips "$1" || return 0
	rest=${1#*@}
	[[ $1 != *@*.* ]] || set -- "${1%%@*}.${rest#*.}"
	while read -r kernel host test _; do
		# shellcheck disable=SC2053 # they are patterns
		[[ -z $test || $KERNEL != $kernel || $HOST != $host || $1 != $test ]] || return 0
	done <<<"$EXPECTED_SKIPS"
	return 1
}

# --- Counting ------------------------------------------------------------

passed=0 failed=0 skipped=0
programs=0
failures=()

# The program whose results are coming in, and "@HOST" where that counts.
prog='' at='' planned=0 plans=0 results=0 printed=0 prog_failed=0 prog_skipped=0
has_header='' began=0
expected=()
declare -A seen=()

begin()
{
	prog=$1 planned=0 plans=0 results=0 printed=0 prog_failed=0 prog_skipped=0
	has_header='' began=$SECONDS
	expected=() seen=()
}

# Printed before the first result: a program of which TESTS chooses nothing is
# not printed at all.
header()
{
	[[ -z $has_header ]] || return 0
	has_header=1
	printf '  KTAP version 1\n  # Subtest: %s\n' "$prog$at"
}

# result pass|fail|skip NAME [NOTE]
result()
{
	header
	printed=$((printed + 1))
	if [[ $1 == skip ]] && ! may_skip "$prog.$2"; then
		set -- fail "$2" "skipped: ${3-}"
	fi
	case $1 in
	pass)
		passed=$((passed + 1))
		printf '  ok %d %s\n' "$printed" "$2" ;;
	skip)
		skipped=$((skipped + 1))
		prog_skipped=$((prog_skipped + 1))
		printf '  ok %d %s # SKIP %s\n' "$printed" "$2" "${3-}" ;;
	fail)
		failed=$((failed + 1))
		prog_failed=$((prog_failed + 1))
		failures+=("$prog$at.$2${3:+: $3}")
		printf '  not ok %d %s%s\n' "$printed" "$2" "${3:+ # $3}" ;;
	esac
}

note()
{
	printf '  # %s\n' "$1"
}

# take LINE: one line of what a program prints, be it kselftest's or cmocka's
# ("not ok 3 # SKIP name" is that one's way to skip).
take()
{
	local line=${1%$'\r'} not rest name skip=''
	if [[ $line =~ ^1\.\.([0-9]+)( *# *SKIP *(.*))?$ ]]; then
		plans=$((plans + 1))
		planned=$((planned + BASH_REMATCH[1]))
		if [[ ${BASH_REMATCH[2]} ]]; then
			result skip all "${BASH_REMATCH[3]}"
		fi
	elif [[ $line =~ ^(not\ )?ok\ +[0-9]+\ *(-\ +)?(.*)$ ]]; then
		not=${BASH_REMATCH[1]} rest=${BASH_REMATCH[3]}
		name=$rest
		if [[ $rest =~ ^(.*[^ ])?\ *#\ *SKIP\ *(.*)$ ]]; then
			skip=1
			name=${BASH_REMATCH[1]:-${BASH_REMATCH[2]}} rest=${BASH_REMATCH[2]}
		elif [[ $rest =~ ^(.*[^ ])\ +#\ (.*)$ ]]; then
			name=${BASH_REMATCH[1]} rest=${BASH_REMATCH[2]}
		else
			rest=''
		fi
		name=${name// /_}
		results=$((results + 1))
		if [[ $name ]]; then
			seen[$name]=1
		fi
		if ! matches "$prog.$name"; then
			return 0
		elif [[ $skip ]]; then
			result skip "$name" "$rest"
		elif [[ $not ]]; then
			result fail "$name" "$rest"
		else
			result pass "$name"
		fi
	elif [[ $line =~ ^K?TAP\ version ]]; then
		:
	elif [[ $line ]]; then
		[[ $line =~ ^\#\ (not\ )?ok\ - ]] || {
			[[ -n $has_header ]] || matches "$prog" || return 0
			header
			note "${line#\# }"
		}
	fi
}

# finish STATUS [WHY]: the program has ended, or WHY says how it was ended.
finish()
{
	local status=$1 why=${2-} c missing=$((planned - results))
	if [[ $missing -gt 0 || -n $why ]]; then
		# By name where the names are known.
		for c in "${expected[@]}"; do
			if [[ -z ${seen[$c]-} ]]; then
				result fail "$c" "not run"
				missing=$((missing - 1))
			fi
		done
		while [[ $missing -gt 0 ]]; do
			result fail "case_$((results + 1))" "not run"
			results=$((results + 1)) missing=$((missing - 1))
		done
	fi
	if [[ -n $why ]]; then
		result fail end "$why"
	elif [[ $plans -eq 0 ]]; then
		result fail plan "no plan, exit status $status"
	elif [[ $planned -eq 0 && $prog_skipped -eq 0 ]]; then
		result fail plan "nothing planned"
	elif [[ $results -gt $planned ]]; then
		result fail plan "$results results, $planned planned"
	elif [[ $prog_failed -eq 0 && $status -ne 0 &&
		! ( $status -eq 4 && $prog_skipped -gt 0 ) ]]; then
		result fail end "exit status $status"
	fi
	[[ -n $has_header ]] || return 0
	programs=$((programs + 1))
	if [[ $((SECONDS - began)) -gt 0 ]]; then
		note "in $((SECONDS - began)) s"
	fi
	printf '  1..%d\n' "$printed"
	if [[ $prog_failed -gt 0 ]]; then
		printf 'not ok %d %s\n' "$programs" "$prog$at"
	elif [[ $prog_skipped -eq $printed ]]; then
		printf 'ok %d %s # SKIP\n' "$programs" "$prog$at"
	else
		printf 'ok %d %s\n' "$programs" "$prog$at"
	fi
}

# --- On this machine -----------------------------------------------------

BUILD_CASES=(module tools selftests unit initramfs)

# step NAME COMMAND...: a case that is one command; its output is shown when
# it fails. Sets $step_ok.
step()
{
	local name=$1 log
	shift
	step_ok=1
	log=$OUT/check.$name$at.log
	mkdir -p "$OUT"
	if "$@" >"$log" 2>&1 </dev/null; then
		if matches "$prog.$name"; then
			result pass "$name"
		fi
	else
		step_ok=''
		header
		while IFS= read -r line; do
			note "$line"
		done <"$log"
		result fail "$name"
	fi
}

# end_steps: a program made of steps has no plan of its own.
end_steps()
{
	plans=1 planned=1 results=1
	finish 0
}

# no_warnings COMMAND...: succeed when it does, without a warning.
no_warnings()
{
	local out
	out=$("$@" 2>&1) || { echo "$out"; return 1; }
	! grep -i -A6 -e 'warning:' -e ' error: ' <<<"$out"
}

# Once per content: a full build each time would be half of the check's time.
once()
{
	local name=$1 key
	shift
	key=$(hash_of "$TOP/drivers" "$TOP/include" "$TOP/scripts/module.sh" \
		"$TOP/scripts/check.sh" "$KERNEL_DIR/packages")
	[[ $(cat "$OUT/check.$name.key" 2>/dev/null) != "$key" ]] || return 0
	rm -f "$OUT/check.$name.key"
	"$@" || return 1
	echo "$key" >"$OUT/check.$name.key"
}

static_w1()
{
	rm -rf "$OUT/module-W1"
	no_warnings "$TOP/scripts/module.sh" W1 W=1
}

static_sparse()
{
	no_warnings "$TOP/scripts/module.sh" W1 W=1 C=2
}

c_files()
{
	find "$@" -type f -name '*.[ch]' | LC_ALL=C sort
}

static_kernel_doc()
{
	local files
	mapfile -t files < <(c_files "$TOP/drivers" "$TOP/include")
	no_warnings perl "$KERNEL_ROOT/usr/src/linux-headers-$(kernel_release)/scripts/kernel-doc" \
		-none "${files[@]}"
}

# The machine code of the world switch; the module is built by then.
static_switch()
{
	"$TOP/scripts/hyp-lint.sh" "$OUT/module/drivers/armvcpu"
}

# What the blob for EL2 may not have; likewise.
static_blob()
{
	"$TOP/scripts/hyp-blob.sh" "$OUT/module/drivers/armvcpu"
}

# Not asked for: what tables made by X macros cannot have, the version checks
# of compat.h, and rules for kernel code in user space.
CHECKPATCH_IGNORE=COMPLEX_MACRO,MULTISTATEMENT_MACRO_USE_DO_WHILE,TRAILING_SEMICOLON
CHECKPATCH_IGNORE+=,LINUX_VERSION_CODE,VOLATILE,PREFER_DEFINED_ATTRIBUTE_MACRO

static_checkpatch()
{
	local files
	# The shim's macros have to be what they replace.
	mapfile -t files < <(c_files "$TOP/drivers" "$TOP/include" "$TOP/tools" | grep -v /shim/)
	perl "$CHECKPATCH" --no-tree --quiet --no-summary --terse --show-types \
		--ignore "$CHECKPATCH_IGNORE" -f "${files[@]}"
}

static_shellcheck()
{
	local files
	mapfile -t files < <(grep -lrE '^#!.*[ /](ba)?sh( |$)' "$TOP/scripts" "$TOP/.ci" "$TOP/tools")
	shellcheck -x -P "$TOP" "${files[@]}"
}

static_cases()
{
	printf '%s\n' W1 sparse kernel-doc switch blob version check bench shellcheck
	[[ -z ${CHECKPATCH-} ]] || echo checkpatch
}

run_static()
{
	local c
	begin static
	for c in $(static_cases); do
		matches "static.$c" || continue
		case $c in
		W1)		step W1 once W1 static_w1 ;;
		sparse)		step sparse once sparse static_sparse ;;
		kernel-doc)	step kernel-doc static_kernel_doc ;;
		switch)		step switch static_switch ;;
		blob)		step blob static_blob ;;
		version)	step version "$TOP/scripts/version.sh" ;;
		check)		step check static_check ;;
		bench)		step bench static_bench ;;
		checkpatch)	step checkpatch static_checkpatch ;;
		shellcheck)
			if command -v shellcheck >/dev/null; then
				step shellcheck static_shellcheck
			else
				result skip shellcheck "it is not installed"
			fi ;;
		esac
	done
	end_steps
}

# The unit tests' files under build/; their names are the programs' names.
unit_programs()
{
	local f
	for f in "$TOP"/tools/testing/unit/*_test.c; do
		f=${f##*/}
		echo "$BUILD/unit/${f%.c}"
	done
	for f in "$TOP"/tools/armvcpu/tests/test_*.c; do
		f=${f##*/}
		echo "$BUILD/unit-tools/check/${f%.c}"
	done
}

# A program that did not build has no plan, and so fails.
# Run all of a program even when one case is wanted.
# unit_output FILE [SECONDS]
unit_output()
{
	# In the job's process group, for it to be ended with the job.
	CMOCKA_MESSAGE_OUTPUT=TAP timeout --foreground -k 1 "${2:-120}" "$1" 2>&1 </dev/null
}

# run_to_end COMMAND...: take what the program prints that has begun, and how it
# ended, or that it did so without a word.
run_to_end()
{
	local line ended=''
	while IFS= read -r line; do
		case $line in
		'@@bed end '*)	ended=${line##* } ;;
		*)		take "$line" ;;
		esac
	done < <(status=0; "$@" || status=$?; echo "@@bed end $status")
	finish "${ended:-125}"
}

# run_units FILE...
run_units()
{
	local p
	for p; do
		begin "${p##*/}"
		run_to_end unit_output "$p"
	done
}

# has_case PROGRAM SOURCE: may one of the unit test's cases be wanted? They are functions
# of its source, SOURCE without the .c.
has_case()
{
	local word
	while read -r word; do
		! matches "$1.$word" || return 0
	done < <(grep -ohw '[a-z_][a-z0-9_]*' "$TOP/tools"/{testing/unit,armvcpu/tests}/"$2.c" \
		2>/dev/null | sort -u)
	return 1
}

run_units_of_tree()
{
	local p units=()
	for p in $(unit_programs); do
		! has_case "${p##*/}" "${p##*/}" || units+=("$p")
	done
	run_units "${units[@]}"
}

# The model checker of the vGIC with nothing left out: 80 s of a CPU, and 800 MB.
run_whole_model()
{
	local o=$BUILD/unit-full
	begin vgic_model_full
	rm -f "$o/vgic_model_test"
	make -C "$TOP/tools/testing/unit" O="$o" --no-print-directory "$o/vgic_model_test" \
		CFLAGS='-O2 -std=gnu11 -fno-strict-aliasing -fwrapv -DMODEL_FULL' \
		>"$OUT/unit-full.log" 2>&1 || note "it did not build, see $OUT/unit-full.log"
	run_to_end unit_output "$o/vgic_model_test" 1200
}

# fake NAME COMMANDS: a program for check.sh to run.
fake()
{
	printf '#!/bin/bash\n%s\n' "$2" >"$dir/$1"
	chmod +x "$dir/$1"
}

# check_fakes AT_ONCE NAME...: have them run; the last line that is said, with the exit
# status before it, is $said, and all of it is in $dir/ktap.
check_fakes()
{
	local status=0 at_once=$1
	shift
	TESTS='' AT_ONCE=$at_once ARMVCPU_BUILD=$dir/build \
		"$TOP/scripts/check.sh" --programs "${@/#/$dir/}" >"$dir/ktap" 2>"$dir/stderr" || status=$?
	said="$status $(tail -n 1 "$dir/ktap")"
}

# expect_said WANTED WHAT
expect_said()
{
	[[ $said != "$1" ]] || return 0
	echo "$2: wanted '$1'"
	cat "$dir/ktap" "$dir/stderr"
	return 1
}

# Programs that do not do what they should are failures.
check_each()
{
	local name line failed=0
	fake passes 'echo 1..1; echo ok 1 - a'
	fake dies 'echo 1..3; echo ok 1 - a; kill -SEGV $$'
	fake ends_early 'echo 1..2; echo ok 1 - a'
	fake status 'echo 1..1; echo ok 1 - a; exit 3'
	fake fails 'echo 1..1; echo "not ok 1 - a"'
	fake skips 'echo 1..1; echo "ok 1 - a # SKIP"'
	fake says_nothing :
	# And with it the job that runs it.
	fake kills_all 'kill -KILL 0'
	while read -r name line; do
		check_fakes 1 "$name"
		expect_said "$line" "$name" || failed=1
	done <<-END
		passes 0 1 passed, 0 failed
		dies 1 1 passed, 2 failed
		ends_early 1 1 passed, 1 failed
		status 1 1 passed, 1 failed
		fails 1 0 passed, 1 failed
		skips 1 0 passed, 1 failed
		says_nothing 1 0 passed, 1 failed
		is_not_there 1 0 passed, 1 failed
		kills_all 1 0 passed, 1 failed
	END
	return "$failed"
}

# Two at a time, not one and not three. What they say comes in the order of the list,
# and a job that dies keeps nothing from the others.
check_order()
{
	fake slow 'echo 1..2; echo ok 1 - a; sleep 2; echo ok 2 - b'
	check_fakes 2 slow kills_all fails passes
	expect_said '1 3 passed, 2 failed' 'four jobs' || return 1
	diff - <(grep -v '^ *# in ' "$dir/ktap") <<-END
		KTAP version 1
		  KTAP version 1
		  # Subtest: slow
		  ok 1 a
		  ok 2 b
		  1..2
		ok 1 slow
		  KTAP version 1
		  # Subtest: program-2
		  not ok 1 end # it has not come to its end
		  1..1
		not ok 2 program-2
		  KTAP version 1
		  # Subtest: fails
		  not ok 1 a
		  1..1
		not ok 3 fails
		  KTAP version 1
		  # Subtest: passes
		  ok 1 a
		  1..1
		ok 4 passes
		1..4
		# failed: program-2.end: it has not come to its end
		# failed: fails.a
		3 passed, 2 failed
	END
}

check_at_once()
{
	local n
	# How many there were at most, in a file of each.
	# shellcheck disable=SC2016 # for the program
	for n in 1 2 3; do
		fake "one_of_three_$n" "touch $dir/at-work.$n; sleep 0.7; ls $dir/at-work.* | wc -l >$dir/seen.$n
			rm $dir/at-work.$n; echo 1..1; echo ok 1 - a"
	done
	for n in 1 2; do
		check_fakes "$n" one_of_three_{1,2,3}
		expect_said '0 3 passed, 0 failed' 'three jobs' || return 1
		[[ $(cat "$dir"/seen.* | sort -n | tail -n 1) -eq $n ]] || { echo "not $n at once"; return 1; }
	done
}

# Who ends it ends all that it started, at once.
check_ended()
{
	local p pids state status=0
	for p in 1 2; do
		fake "sleeps_$p" "sleep 1000 & echo \$\$ \$! >$dir/pids.$p; wait"
	done
	rm -f "$dir"/pids.*
	TESTS='' AT_ONCE=2 ARMVCPU_BUILD=$dir/build "$TOP/scripts/check.sh" \
		--programs "$dir"/sleeps_{1,2} >"$dir/ktap" 2>"$dir/stderr" &
	for _ in {1..300}; do
		[[ ! -s $dir/pids.1 || ! -s $dir/pids.2 ]] || break
		sleep 0.1
	done
	kill -TERM $!
	wait $! || status=$?
	[[ $status -eq 143 ]] || { echo "exit status $status"; return 1; }
	read -r -d '' -a pids < <(cat "$dir"/pids.{1,2}) || true
	[[ ${#pids[@]} -eq 4 ]] || { echo "not all of it was there: ${pids[*]}"; return 1; }
	for p in "${pids[@]}"; do
		# Who is dead but not buried is gone.
		{ read -r _ _ state _ <"/proc/$p/stat"; } 2>/dev/null || continue
		[[ $state == Z ]] || { echo "process $p is left"; return 1; }
	done
}

static_check()
{
	local dir=$OUT/check-itself said
	rm -rf "$dir"
	mkdir -p "$dir"
	check_each && check_order && check_at_once && check_ended
}

# What bench.sh makes of measurements: one side or the other may lack a row, or its
# trace.
static_bench()
{
	local dir=$OUT/bench-itself paths='1 2 3 4 5 6 7 8 9 10 11 12'
	rm -rf "$dir"
	mkdir -p "$dir/$KERNEL/bench"
	(
		cd "$dir/$KERNEL/bench"
		printf '%s\n' 'hvc_unknown 1000.0 0.10' 'irqfd 3900.5 1.00' 'linux_boot 4000.0 0.00 8.5' \
			'sysreg_read_user - it has no such operation' >max-kvm.raw
		printf '%s\n' 'irqfd - it has no such operation' 'sysreg_read_user 2600.0 0.00' \
			'hvc_unknown 250.0 0.10' 'linux_boot 2000.0 0.00 4.5' >max-armvcpu.raw
		echo "hvc_unknown 1001 $paths" >max-kvm.paths
		echo "hvc_unknown 251.5 $paths" >max-armvcpu.paths
	)
	cat >"$dir/want" <<-END
		[
		{"op": "hvc_unknown", "host": "max", "kvm": 1000.0, "armvcpu": 250.0, "ratio": 0.250,
		 "kvm_path": {"insns": 1001, "msr": 1, "mrs": 2, "pstate": 3, "isb": 4, "dsb": 5, "dmb": 6, "tlbi": 7, "at": 8, "cache": 9, "atomic": 10, "eret": 11, "exc": 12},
		 "armvcpu_path": {"insns": 251.5, "msr": 1, "mrs": 2, "pstate": 3, "isb": 4, "dsb": 5, "dmb": 6, "tlbi": 7, "at": 8, "cache": 9, "atomic": 10, "eret": 11, "exc": 12}},
		{"op": "sysreg_read_user", "host": "max", "kvm": null, "armvcpu": 2600.0, "ratio": null,
		 "kvm_path": null,
		 "armvcpu_path": null},
		{"op": "irqfd", "host": "max", "kvm": 3900.5, "armvcpu": null, "ratio": null,
		 "kvm_path": null,
		 "armvcpu_path": null},
		{"op": "linux_boot", "host": "max", "kvm": 4000.0, "armvcpu": 2000.0, "ratio": 0.500,
		 "kvm_path": null,
		 "armvcpu_path": null,
		 "kvm_seconds": 8.5, "armvcpu_seconds": 4.5}
		]
	END
	ARMVCPU_BUILD=$dir OPS='hvc_unknown irqfd sysreg_read_user linux_boot' HOSTS=max \
		"$TOP/scripts/bench.sh" --json | diff "$dir/want" - || return 1
	# Where nothing of what is asked for is measured.
	ARMVCPU_BUILD=$dir OPS=hvc_unknown HOSTS='gicv2 max' "$TOP/scripts/bench.sh" --show \
		>"$dir/table" || return 1
	grep -qx 'hvc_unknown  *1000  *250  *0.250' "$dir/table" || { echo "no row"; return 1; }
	! grep gicv2 "$dir/table"
}

# --- In the QEMU host ----------------------------------------------------

# try_to_load HOST FINDING ERROR [OPTION...]: the module must not load there, for this
# error, and armvcpu-check says it beforehand: the finding is the only bad one, as text
# and as JSON. $said is what the kernel said of it. (busybox's insmod tries a second
# time, with another system call; what it is told then is the same.)
try_to_load()
{
	local host=$1 finding=$2 error=$3 out status=0
	shift 3
	out=$(HOST=$host "$TOP/scripts/host.sh" --module --tools \
		--console "$OUT/refuse-$c.log" "$@" --exec '
		armvcpu-check
		echo "check: $?"
		armvcpu-check --json
		echo "json: $?"
		dmesg -c >/dev/null
		insmod /lib/armvcpu.ko && echo loaded
		echo "kernel:"
		dmesg | sed "s/^\[[^]]*\] //" | grep -v taint | sort -u' 2>&1) || status=$?
	echo "$out"
	[[ $status -eq 0 && $out == *$'\nkernel:'* ]] || return 1
	said=${out#*$'\nkernel:'}
	! grep -qx loaded <<<"$out" &&
		grep -qx 'check: 1' <<<"$out" &&
		[[ $(sed -n 's/^bad  *\([^ ]*\) .*/\1/p' <<<"$out") == "$finding" ]] &&
		grep -qx 'json: 1' <<<"$out" && grep -qx '  "works": "no",' <<<"$out" &&
		[[ $(sed -n 's/.*"name": "\([^"]*\)", "status": "bad",$/\1/p' <<<"$out") == "$finding" ]] &&
		grep -q "^insmod: .*: $error\$" <<<"$out"
}

# refused HOST WORDS FINDING ERROR [OPTION...]: by the module, in one line with the words.
refused()
{
	local host=$1 words=$2 finding=$3 error=$4 said
	shift 4
	try_to_load "$host" "$finding" "$error" "$@" &&
		[[ $(grep -c '^armvcpu: ' <<<"$said") -eq 1 ]] &&
		grep -q "^armvcpu: .*$words" <<<"$said"
}

# kept_out WORDS ERROR PARAMETER: by the kernel, with that word on its command line.
kept_out()
{
	local said
	try_to_load neoverse-n1 loading "$2" --append "$3" && grep -q "$1" <<<"$said"
}

# kernel_has OPTION: is it set in the kernel's configuration?
kernel_has()
{
	grep -q "^$1=[ym]" "$KERNEL_ROOT/boot/config-$(kernel_release)"
}

# As insmod puts them.
ENODEV='No such device'
EBUSY='Device or resource busy'
EPERM='Operation not permitted'
EKEYREJECTED='Key was rejected by service'

REFUSE_CASES=(entered_at_el1 el2_of_somebody kvm_alive kvm_alive_nvhe no_virtual_timer locked_down unsigned)

run_refuse()
{
	local c needs
	begin refuse
	for c in "${REFUSE_CASES[@]}"; do
		matches "refuse.$c" || continue
		case $c in
		kvm_*)		needs=CONFIG_KVM ;;
		locked_down)	needs=CONFIG_SECURITY_LOCKDOWN_LSM ;;
		unsigned)	needs=CONFIG_MODULE_SIG ;;
		*)		needs='' ;;
		esac
		if [[ -n $needs ]] && ! kernel_has "$needs"; then
			result skip "$c" "the kernel has no $needs"
			continue
		fi
		if [[ $c == no_virtual_timer ]] && ! host_fits no-vtimer; then
			result skip "$c" "the CPU of no-vtimer has no such pages"
			continue
		fi
		case $c in
		entered_at_el1)	step "$c" refused no-el2 EL2 el2 "$ENODEV" ;;
		el2_of_somebody)
				step "$c" refused owned-el2 'EL2 belongs to acme-hypervisor' el2 "$ENODEV" ;;
		kvm_alive)	step "$c" refused neoverse-n1 KVM kvm "$EBUSY" --with-kvm ;;
		kvm_alive_nvhe)	step "$c" refused "$NVHE_HOST" kvm-arm.mode=none kvm "$EBUSY" --with-kvm ;;
		no_virtual_timer)
				step "$c" refused no-vtimer 'virtual timer' timer "$ENODEV" ;;
		locked_down)	step "$c" kept_out Lockdown "$EPERM" lockdown=integrity ;;
		unsigned)	step "$c" kept_out unsigned "$EKEYREJECTED" module.sig_enforce=1 ;;
		esac
	done
	end_steps
}

# The host with ACPI tables, started by UEFI firmware: one boot, in which each
# case is a whole program but for the first, which looks whether it is one.
ACPI_CASES=(tables load exits irq timer unload)

acpi_boot()
{
	"$TOP/scripts/host.sh" --acpi --module --tools --tests --console "$OUT/acpi-console.log" \
		--exec '
		echo "@@bed program tables"
		[ -e /sys/firmware/acpi/tables/APIC ] && [ ! -e /sys/firmware/devicetree/base/cpus ]
		echo "@@bed end $?"
		sh /bed/run-tests "" exits irq timer'
}

# of_program NAME: what stands in the file on stdin of that program.
of_program()
{
	awk -v name="$1" '
		$1 == "@@bed" && $2 == "program" { on = $3 == name }
		on'
}

acpi_case()
{
	local out
	out=$(of_program "$1" <"$OUT/acpi.log")
	echo "${out:-not run}"
	grep -q '^@@bed end 0$' <<<"$out" && ! grep -q '^@@bed log' <<<"$out"
}

run_acpi()
{
	local c booted=''
	begin acpi
	for c in "${ACPI_CASES[@]}"; do
		matches "acpi.$c" || continue
		if ! kernel_has CONFIG_ACPI; then
			result skip "$c" "the kernel has no ACPI"
			continue
		fi
		if [[ -z $booted ]]; then
			booted=1
			acpi_boot >"$OUT/acpi.log" 2>&1 ||
				while IFS= read -r line; do note "$line"; done < <(tail -n 50 "$OUT/acpi.log")
		fi
		step "$c" acpi_case "$c"
	done
	end_steps
}

# What the host's kernel must not say on its way down.
COMPLAINTS='BUG:\|WARNING:\|Oops\|Internal error\|Unable to handle\|SError\|lockup\|stall'
COMPLAINTS+='\|failed to stop\|blocked for more\|Kernel panic'

# goes_down HOW LAST COMMAND: the host runs COMMAND while a guest spins on each of
# its CPUs and Linux works in another. It says LAST, nothing else that is
# remarkable, and resets or powers off. (A host that hangs is
# killed after a while, and host.sh says so.)
goes_down()
{
	local console=$OUT/reboot-$HOST-$1.log last=$2 command=$3 status=0 said
	# shellcheck disable=SC2016 # for the host's shell
	"$TOP/scripts/host.sh" --module --tools --guest --console "$console" --exec '
		insmod /lib/armvcpu.ko || exit 1
		armvm -k /guest/vmlinuz -i /guest/initrd -c 1 -m 256 \
			-a "console=ttyAMA0 loglevel=5 bed.do=work" >linux 2>&1 &
		tries=0
		until grep -q "work: begins" linux || [ $tries -eq $((333 * SLOW)) ]; do
			tries=$((tries + 1))
			usleep 300000
		done
		printf "\000\000\000\024" >spin		# b .
		for cpu in 1 2; do
			taskset $cpu armvm -k spin -c 1 -m 16 >spin.$cpu 2>&1 &
		done
		sleep 2
		if [ $tries -eq $((333 * SLOW)) ] || [ "$(pidof armvm | wc -w)" -ne 3 ]; then
			echo "the guests do not run"
			tail -n 20 spin.1 spin.2 linux
			exit 1
		fi
		echo "exit 0" >"$STATUS_PORT"
		'"$command"'
		sleep 1000' || status=$?
	[[ $status -eq 0 ]] || return "$status"
	said=$(tr -d '\r' <"$console" | sed 's/^\[[^]]*\] //')
	echo "$said"
	grep -q "^$last" <<<"$said" &&
		! grep -v "^$last" <<<"$said" | grep -q "$COMPLAINTS"
}

REBOOT_CASES=(restart poweroff panic)

run_reboot()
{
	local c
	begin reboot
	for c in "${REBOOT_CASES[@]}"; do
		matches "reboot.$c" || continue
		case $c in
		restart)	step "$c" goes_down "$c" 'reboot: Restarting system' 'reboot -f' ;;
		poweroff)	step "$c" goes_down "$c" 'reboot: Power down' 'poweroff -f' ;;
		panic)		step "$c" goes_down "$c" \
				'Kernel panic - not syncing: sysrq triggered crash' \
				'echo c >/proc/sysrq-trigger' ;;
		esac
	done
	end_steps
}

# A machine without any GIC, what has to do with interrupts.
run_raspi3b()
{
	host_fits raspi3b || return 0
	[[ -d $KERNEL_ROOT/usr/lib/linux-image-$(kernel_release) ]] || return 0
	run_in_host irq timer wfi resident psci gic_state errnos@auto:_gic linux-guest@auto:briefly
}

# run_script PROGRAM: scripts/check-PROGRAM.sh, the cases that are wanted.
run_script()
{
	local c list program=$1 script=$TOP/scripts/check-$1.sh cases=()
	if ! list=$("$script" --list); then
		begin "$program"
		result fail list "it cannot list its cases"
		finish 0
		return
	fi
	for c in $list; do
		if matches "$program.$c"; then
			cases+=("$c")
		fi
	done
	[[ ${#cases[@]} -gt 0 ]] || return 0
	begin "$program"
	expected=("${cases[@]}")
	run_to_end "$script" "${cases[@]}"
}

# What runs in the host; linux-guest even when the selftests do not build.
selftests()
{
	cat "$OUT/selftests/programs" 2>/dev/null || true
	echo linux-guest
}

# gics_of HOST: what ARMVCPU_TEST_GIC may be there besides what it is without.
gics_of()
{
	case $1 in
	nogich*)	;;
	gicv2*)		echo 2-soft ;;
	*)		echo 2 3-soft ;;
	esac
}

# with_gic GIC PROGRAM...: those, with that.
with_gic()
{
	local p gic=$1
	shift
	for p; do
		if [[ $p == *@GIC* ]]; then
			echo "${p/@GIC/@$gic}"
		else
			echo "$p@$gic"
		fi
	done
}

# with_gics HOST PROGRAM...: those, with each of these.
with_gics()
{
	local gic host=$1
	shift
	for gic in $(gics_of "$host"); do
		with_gic "$gic" "$@"
	done
}

# on_gicv2 HOST: a choice with all that a host with a GICv2 can do.
on_gicv2()
{
	local p quick

	read -r -a quick <<<"$GIC_QUICK"
	for p in errnos@GIC:_gic linux-guest@GIC:briefly el2@GIC:any_value \
		pm.sh@GIC:lost_interrupts "${quick[@]}"; do
		echo "${p/@GIC/@auto}"
	done
	with_gics "$1" "${quick[@]}"
}

# drop NAME: it needs no other boot.
drop()
{
	local p rest=()
	for p in "${todo[@]}"; do
		[[ $p == "$1" ]] || rest+=("$p")
	done
	todo=("${rest[@]}")
}

# run_in_host PROGRAM...: give each its turn in $HOST, with $parameters for its kernel. A
# host that dies takes the rest of its program with it; another one is started for those
# that are left. $variant keeps apart the files of two that are the same host.
parameters='' variant=''
run_in_host()
{
	local boot=0 line current end finished bad_log status console
	todo=("$@")
	while true; do
		boot=$((boot + 1))
		current='' end='' finished='' bad_log='' status=''
		console=$OUT/check-console-$HOST$variant-$boot.log
		while IFS= read -r line; do
			case $line in
			'@@bed program '*)
				current=${line##* } end='' bad_log=''
				begin "$current" ;;
			'@@bed case '*)
				expected+=("${line##* }") ;;
			'@@bed log '*)
				header
				note "kernel log: ${line#@@bed log }"
				bad_log=1 ;;
			'@@bed end '*)
				end=${line#@@bed end }
				end_in_host
				drop "$current" ;;
			'@@bed finished')
				finished=1 ;;
			'@@bed host '*)
				status=${line##* } ;;
			*)
				[[ -z $current || -n $end ]] || take "$line" ;;
			esac
		done < <("$TOP/scripts/host.sh" --module --tools --guest --tests \
			--console "$console" --append "$parameters" \
			--exec "sh /bed/run-tests ${PATTERN@Q} ${todo[*]}" 2>"$OUT/check-host-$HOST$variant.log"
			echo "@@bed host $?")
		# It also has to power off without a last word.
		if [[ $finished && $status == 0 ]] && ! grep -aq 'Kernel panic' "$console"; then
			return 0
		fi

		if [[ -z $current || -n $end ]]; then
			begin "host_$boot"
		fi
		header
		while IFS= read -r line; do
			note "$line"
		done <"$OUT/check-host-$HOST$variant.log"
		if [[ $finished ]]; then
			finish 1 "the host did not power off as it should, see $console"
			return 0
		fi
		if [[ $current == load || -z $current ]]; then
			finish 1 "the host cannot run tests"
			for current in "${todo[@]}"; do
				begin "$current"
				finish 1 "not run"
			done
			return 0
		fi
		finish 1 "$(tail -n 1 "$OUT/check-host-$HOST$variant.log")"
		drop "$current"
		[[ ${#todo[@]} -gt 0 ]] || return 0
	done
}

# The last words on a program: STATUS or STATUS timeout SEC in $end.
end_in_host()
{
	local status=${end%% *} why=''
	[[ $end != *timeout* ]] || why="timed out after ${end##* } s"
	if [[ $bad_log ]]; then
		result fail host_log
	elif matches "$prog.host_log"; then
		result pass host_log
	fi
	finish "$status" "$why"
}

# --- The jobs --------------------------------------------------------------

list_tests()
{
	local p
	PATTERN='' # of no matter here
	say "this builds the tests, and boots a host that knows their names"
	printf 'build.%s\n' "${BUILD_CASES[@]}"
	static_cases | sed 's/^/static./'
	"$TOP/scripts/build.sh" unit selftests
	for p in $(unit_programs); do
		unit_output "$p" | sed -n "s/^\(not \)\{0,1\}ok [0-9]* \(- \|# SKIP \)/${p##*/}./p"
	done
	printf 'refuse.%s\n' "${REFUSE_CASES[@]}"
	printf 'acpi.%s\n' "${ACPI_CASES[@]}"
	printf 'reboot.%s\n' "${REBOOT_CASES[@]}"
	"$TOP/scripts/check-boots.sh" --list | sed 's/^/boots./'
	"$TOP/scripts/check-packaging.sh" --list | sed 's/^/packaging./'
	"$TOP/scripts/check-firmware.sh" --list | sed 's/^/firmware./'
	# shellcheck disable=SC2046 # words
	"$TOP/scripts/host.sh" --tests --exec "sh /bed/run-tests --list '' $(selftests | paste -s -d' ')" ||
		die "the list is not complete: the host ended with status $?"
}

# in_host: the selftests, and Linux, in $HOST.
in_host()
{
	local gics=() all
	mapfile -t all < <(selftests)
	if part combinations; then
		read -r -d '' -a gics <<<"$GIC_PROGRAMS" || true
	elif part gics; then
		read -r -a gics <<<"$GIC_QUICK"
	fi
	mapfile -t -O "${#all[@]}" all < <(with_gics "$HOST" "${gics[@]}")
	# With KASLR the kernel has page tables of its own (KPTI), and each change of them
	# has QEMU forget all translations: an exit to the VMM takes four times as long. In
	# "make check", and with KERNEL=debug, only the hosts of reboot, refuse and acpi have
	# it.
	[[ $MANY_TIMES == 1 ]] || parameters=nokaslr
	run_in_host "${all[@]}"
}

# in_soft_gic_host: what has to do with interrupts where the module makes no use of the
# host's GIC, but its CPUs have the registers of a GICv3: a GICv3 in software, as where
# such CPUs have a GICv2.
in_soft_gic_host()
{
	local loaded wanted
	read -r -d '' -a loaded <<<"$GIC_LOADED" || true
	mapfile -t wanted < <(with_gic 3-soft "${loaded[@]}")
	variant=-soft_gic at+=,soft_gic
	parameters='LOAD_WITH=soft_gic=1'
	[[ $MANY_TIMES == 1 ]] || parameters+=' nokaslr'
	run_in_host "${wanted[@]}"
}

# in_gicv2_host: what has to do with interrupts.
in_gicv2_host()
{
	local wanted
	mapfile -t wanted < <(on_gicv2 "$HOST")
	run_in_host "${wanted[@]}"
}

# in_nogich_host: what is different where the timer cannot be forwarded.
in_nogich_host()
{
	run_in_host timer@auto:timer resident@auto:expired irq@auto:level \
		hotplug@auto:interrupt linux-guest@auto:briefly
}

# part NAME: is it to be run?
part()
{
	[[ " $PARTS " == *" $1 "* ]]
}

# --- The queue of jobs -----------------------------------------------------

# In the order in which they are printed: what to do; about how many seconds it
# takes, to have the longest first; the host that it is for, if it is one's own, and
# that is counted for.
queue=()
declare -A work=() cost=() host_of=() counts_for=()
# Those that run, by their process IDs, and those that have ended, by their names.
declare -A running=() ended=()
declare -A passed_on=() failed_on=()
LOGS=$OUT/check-jobs

# job NAME SECONDS HOST COUNTS_FOR COMMAND...
job()
{
	queue+=("$1")
	cost[$1]=$2 host_of[$1]=$3 counts_for[$1]=$4
	work[$1]=${*:5}
}

# start NAME: in a process group of its own, so that all of it can be ended, whatever
# it is about.
start()
{
	local log=$LOGS/$1
	rm -f "$log".{ktap,count}
	set -m
	(
		set +m
		SECONDS=0
		if [[ ${host_of[$1]} ]]; then
			HOST=${host_of[$1]} at=@${host_of[$1]}
		fi
		passed=0 failed=0 skipped=0 programs=0 failures=()
		eval "${work[$1]}"
		printf '%s\n' "$passed $failed $skipped" "${failures[@]}" >"$log.count"
		echo "$1" >&"$bell"
	) >"$log.ktap" 2>&1 </dev/null &
	set +m
	running[$!]=$1
}

# wait_for_one: until a job has ended, which it says; or it is just gone. $last is its
# name.
wait_for_one()
{
	local pid name
	while true; do
		read -r -t 1 -u "$bell" name || true
		for pid in "${!running[@]}"; do
			if [[ ${running[$pid]} == "$name" ]] || ! kill -0 "$pid" 2>/dev/null; then
				wait "$pid" 2>/dev/null || true
				last=${running[$pid]}
				ended[$last]=1
				unset "running[$pid]"
				return
			fi
		done
	done
}

# print_job NAME: what it said, and count it.
print_job()
{
	local line p f s host=${counts_for[$1]}
	while IFS= read -r line; do
		if [[ $line =~ ^((not )?ok)\ [0-9]+\ (.*)$ ]]; then
			programs=$((programs + 1))
			line="${BASH_REMATCH[1]} $programs ${BASH_REMATCH[3]}"
		fi
		printf '%s\n' "$line"
	done <"$LOGS/$1.ktap"
	if { read -r p f s; } 2>/dev/null <"$LOGS/$1.count"; then
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		while IFS= read -r line; do
			[[ -z $line ]] || failures+=("$line")
		done < <(tail -n +2 "$LOGS/$1.count")
	else
		begin "$1"
		finish 1 "it has not come to its end"
		p=0 f=1
	fi
	[[ -n $host ]] || return 0
	passed_on[$host]=$((${passed_on[$host]-0} + p))
	failed_on[$host]=$((${failed_on[$host]-0} + f))
}

# run_jobs: all that are in the queue, until it is empty.
run_jobs()
{
	local name last left next=0
	mapfile -t left < <(for name in "${queue[@]}"; do echo "${cost[$name]} $name"; done |
		sort -s -k1,1nr | cut -d' ' -f2-)
	while [[ ${#left[@]} -gt 0 || ${#running[@]} -gt 0 ]]; do
		if [[ ${#left[@]} -gt 0 && ${#running[@]} -lt $AT_ONCE ]]; then
			start "${left[0]}"
			left=("${left[@]:1}")
			continue
		fi
		wait_for_one
		say "$last has ended, running: ${running[*]:-none}, waiting: ${left[*]:-none}"
		while [[ $next -lt ${#queue[@]} && ${ended[${queue[next]}]-} ]]; do
			print_job "${queue[next]}"
			next=$((next + 1))
		done
	done
	queue=()
}

# end_jobs: whoever ends this script ends all that it started.
end_jobs()
{
	local pid
	for pid in "${!running[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
	for _ in {1..50}; do
		for pid in "${!running[@]}"; do
			kill -0 -- "-$pid" 2>/dev/null || unset "running[$pid]"
		done
		[[ ${#running[@]} -gt 0 ]] || return 0
		sleep 0.1
	done
	for pid in "${!running[@]}"; do
		kill -KILL -- "-$pid" 2>/dev/null || true
	done
}

# --- All of it -------------------------------------------------------------

# summary: the last lines, and whether all is well.
summary()
{
	local f p
	echo "1..$programs"
	for f in "${failures[@]}"; do
		echo "# failed: $f"
	done
	for p in $HOSTS; do
		[[ -z ${passed_on[$p]-} ]] ||
			echo "# $p: ${passed_on[$p]} passed, ${failed_on[$p]} failed"
	done
	if [[ $skipped -gt 0 ]]; then
		echo "# $skipped skipped"
	fi
	if [[ $((passed + failed + skipped)) -eq 0 ]]; then
		echo "# no test matches '$PATTERN'"
	fi
	echo "# in $((SECONDS / 60)) min $((SECONDS % 60)) s"
	echo "$passed passed, $failed failed"
	[[ $failed -eq 0 && $passed -gt 0 ]]
}

# run_build: what the others need; that for which there is a mark is there.
run_build()
{
	local p
	begin build
	for p in "${BUILD_CASES[@]}"; do
		case $p in
		initramfs)	step "$p" "$TOP/scripts/initramfs.sh" ;;
		*)		step "$p" "$TOP/scripts/build.sh" "$p" ;;
		esac
		[[ -z $step_ok ]] || : >"$LOGS/built-$p"
	done
	end_steps
}

# built PART...: are they all?
built()
{
	local p
	for p; do
		[[ -e $LOGS/built-$p ]] || return 1
	done
}

# list_jobs: what there is to do when all is built.
list_jobs()
{
	! part static || job static 80 '' '' run_static
	! part unit || job unit 50 '' '' run_units_of_tree
	! part unit || [[ $THOROUGH != 1 ]] || ! has_case vgic_model_full vgic_model_test ||
		job model 120 '' '' run_whole_model
	built module tools initramfs || return 0
	! part refuse || job refuse 40 '' '' run_refuse
	! part acpi || job acpi 60 '' '' run_acpi
	! part hosts || list_jobs_of_hosts
	! part packaging || job packaging 900 '' '' run_script packaging
	! part firmware || job firmware 200 '' '' run_script firmware
	! part raspi3b || job raspi3b 150 raspi3b '' run_raspi3b
}

list_jobs_of_hosts()
{
	local p gicv2
	# In "make check" one host will do: the next shows the same by other means (boots).
	job reboot 150 '' '' run_reboot
	for p in $HOSTS; do
		[[ $p == "$HOST" ]] || ! part combinations ||
			job "reboot-$p" 150 "$p" "$p" run_reboot
		job "$p" 500 "$p" "$p" in_host
		case $p in
		neoverse-n1 | cortex-a72)
			! part combinations || job "$p-soft_gic" 200 "$p" "$p" in_soft_gic_host ;;
		esac
		job "boots-$p" 100 "$p" "$p" run_script boots
		gicv2=${GICV2_OF[$p]-}
		[[ -z $gicv2 ]] || ! part gics || job "$gicv2" 90 "$gicv2" "$p" in_gicv2_host
		[[ $gicv2 != gicv2 ]] || ! part gics || job nogich 40 nogich "$p" in_nogich_host
	done
}

# A function, so that the whole script is read before it runs, and may be edited
# meanwhile.
main()
{
	local p n=0

	for p in $HOSTS; do
		"$TOP/scripts/host.sh" --hosts | grep -q "^$p " ||
			die "no such host: HOST=$p (scripts/host.sh --hosts lists them)"
		need_host_fits "$p"
	done
	read -r HOST _ <<<"$HOSTS"
	export HOST

	case ${1-} in
	'')	# A second one would take away what the first works with.
		mkdir -p "$BUILD"
		exec 9>"$BUILD/check.lock"
		flock -n 9 || die "another check is at work in $BUILD; ARMVCPU_BUILD=DIR is another place" ;;
	--programs)
		;;
	--list)
		list_tests
		return ;;
	*)	die "usage: check.sh [--list]" ;;
	esac

	rm -rf "$LOGS"
	mkdir -p "$LOGS"
	# Read and write, so that neither end waits for the other to open it.
	mkfifo "$LOGS/bell"
	exec {bell}<>"$LOGS/bell"
	trap end_jobs EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP

	echo 'KTAP version 1'
	if [[ ${1-} == --programs ]]; then
		for p in "${@:2}"; do
			n=$((n + 1))
			job "program-$n" 1 '' '' run_units "${p@Q}"
		done
		run_jobs
	else
		job build 0 '' '' run_build
		run_jobs
		list_jobs
		run_jobs
	fi
	summary
}

main "$@"; exit
