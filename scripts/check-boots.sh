#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests that end the host they run in: exceptions at EL2, what becomes of EL2 when the
# kernel panics or starts another kernel by kexec, and a kernel below which EL2 is nobody's.
#
#   scripts/check-boots.sh           KTAP on stdout
#   scripts/check-boots.sh CASE...   some of them
#   scripts/check-boots.sh --list    their names
#
# A host that hangs is ended after a while, and is a failure.

# shellcheck disable=SC2016,SC2317 # for the host's shell; cases are called by their names
ME=check-boots
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/cases.sh
. "$TOP/scripts/cases.sh"

CASES="undefined_at_el2 undefined_again_at_el2 undefined_at_el2_again_and_again breakpoint_at_el2 data_abort_at_el2 trap_to_el2
	user_traps_to_el2 user_traps_to_el2_with_kpti bad_call_to_el2
	kexec_under_guests panic_under_guests el2_left_behind"
WORK=$OUT/boots-$HOST
LOG=$WORK/host.log
CONSOLE=$WORK/console.log
# KASLR brings page tables of the kernel's own, with which QEMU is slow (see check.sh).
PARAMETERS=''
[[ $MANY_TIMES == 1 ]] || PARAMETERS=nokaslr

# host COMMANDS [OPTION...]: in a fresh host; what it says is in $LOG.
host()
{
	local commands=$1
	shift
	"$TOP/scripts/host.sh" --module --tests --timeout 90 --console "$CONSOLE" \
		--append "$PARAMETERS" "$@" --exec "$commands" >"$LOG" 2>&1 </dev/null
}

# host_with_kernel COMMANDS [OPTION...]: one with a kernel to go to, and Linux guests.
host_with_kernel()
{
	host "$@" --tools --guest --timeout 180 \
		--add "$KERNEL_ROOT/boot/vmlinuz-$(kernel_release):/bed/vmlinuz"
}

# nvhe: the host's kernel is at EL1.
nvhe()
{
	"$TOP/scripts/host.sh" --hosts | awk -v h="$HOST" '$1 == h' | grep -q nVHE
}

# --- The host's panic names what happened at EL2 ----------------------------

PANIC='^[^a-z]*Kernel panic - '

# ended: by itself, and by a panic.
ended()
{
	grep -q '^host: the host panicked: ' "$LOG"
}

# panics ESR COMMANDS [OPTION...]: the last words of a host are about an exception at EL2, and
# the registers are there. It panics once, and ends.
panics()
{
	local esr=$1 line
	shift
	host "$@" && return 1
	[[ $(grep -a -c "$PANIC" "$CONSOLE") -eq 1 ]] || { echo "not one panic"; return 1; }
	line=$(grep -a -m1 'Kernel panic - ' "$CONSOLE") || { echo "no panic"; return 1; }
	echo "$line"
	[[ $line =~ armvcpu:\ unexpected\ exception\ at\ EL2:\ ESR\ $esr\ ELR\ [0-9a-f]{16}\ .*FAR\ [0-9a-f]{16}\ SPSR\ [0-9a-f]{16} ]] &&
		ended
}

# In the middle of a switch, with a guest's registers loaded.
in_switch()
{
	panics "$2" "insmod /tests/armvcpu-test.ko crash=$1; /tests/exits mmio_write_fields"
}

undefined_at_el2()
{
	in_switch 1 '0000000002000000'
}

# And a BRK while the host is put back into its place: it came of the first one.
undefined_again_at_el2()
{
	in_switch 4 '0000000002000000' && ! grep -aq 'Unable to handle\|Internal error' "$CONSOLE"
}

# The panic itself traps, as it stops the other CPU (of Linux 6.12 the first one only), and so
# does what restarts the machine. Its firmware can.
undefined_at_el2_again_and_again()
{
	local again=2
	[[ $KERNEL != 6.12 && $KERNEL != 16k ]] || again=1
	nvhe || { skip='the kernel is at EL2'; return 0; }
	# What traps is how other CPUs are interrupted with a GICv3.
	[[ $HOST != gicv2* && $HOST != nogich* ]] || { skip='its GIC is memory'; return 0; }
	host 'insmod /tests/armvcpu-test.ko crash=5; /tests/exits mmio_write_fields' && return 1
	grep -a "$PANIC" "$CONSOLE"
	[[ $(grep -a -c "$PANIC.*armvcpu: unexpected exception at EL2: ESR 0000000002000000" "$CONSOLE") -eq 1 ]] &&
		[[ $(grep -a -c "$PANIC.*armvcpu: unexpected exception at EL2: ESR 0000000062" "$CONSOLE") -eq $again ]] &&
		ended
}

breakpoint_at_el2()
{
	in_switch 2 '00000000f2007e57'
}

data_abort_at_el2()
{
	in_switch 3 '0000000097[0-9a-f]{6}'
}

# The host itself traps to EL2: here by MDCR_EL2.TPM, set before insmod.
trap_to_el2()
{
	nvhe || { skip='the kernel is at EL2'; return 0; }
	panics '0000000062[0-9a-f]{6}' '
		insmod /tests/el2regs.ko
		cd /sys/kernel/debug/armvcpu-el2regs
		echo 1 MDCR_EL2 46 >regs
		insmod /lib/armvcpu.ko
		echo 1 >trap'
}

# So does its user space, where "current" is not, and with KPTI neither the tables nor the
# vectors are the kernel's. HCR_EL2.TPU would trap the kernel, too: nothing is to begin on
# that CPU meanwhile, and the panic has to be of EL0.
user_traps()
{
	nvhe || { skip='the kernel is at EL2'; return 0; }
	panics '0000000062[0-9a-f]{6}' '
		insmod /tests/el2regs.ko
		cd /sys/kernel/debug/armvcpu-el2regs
		taskset -p 1 $$ >/dev/null
		hcr=$(sed -n "s/^cpu1 HCR_EL2 //p" regs)
		hcr=$(printf %x $((0x$hcr | 0x1000000)))
		/tests/trap_from_user 1 "echo 1 HCR_EL2 $hcr >regs; insmod /lib/armvcpu.ko"' "$@" &&
		grep -aq "$PANIC.* SPSR [0-9a-f]*0[^0-9a-f]*$" "$CONSOLE"
}

user_traps_to_el2()
{
	user_traps --append kpti=0
}

user_traps_to_el2_with_kpti()
{
	user_traps --append kpti=1
}

# The host asks EL2 to run what is no vCPU.
bad_call_to_el2()
{
	nvhe || { skip='the kernel is at EL2'; return 0; }
	panics '0000000097[0-9a-f]{6}' '
		insmod /tests/el2regs.ko
		insmod /lib/armvcpu.ko
		echo 1 100 1000 >/sys/kernel/debug/armvcpu-el2regs/hvc'
}

# --- The kernel goes, by and by or at once -----------------------------------

# A Linux guest whose CPUs are up; in "make check" one on each of the host's CPUs that
# never leaves it by itself.
if [[ $MANY_TIMES == 1 ]]; then
	GUESTS='
	armvm -k /guest/vmlinuz -i /guest/initrd -c 2 -m 128 \
		-a "console=ttyAMA0 panic=-1 nokaslr bed.do=work" >/tmp/guest 2>&1 </dev/null &
	i=0
	until grep -q "smp: Brought up 1 node, 2 CPUs" /tmp/guest; do
		sleep 1
		i=$((i + 1))
		[ $i -lt $((150 * SLOW)) ] || { echo "the guest does not start"; tail -n 30 /tmp/guest; exit 1; }
	done'
else
	GUESTS='
	printf "\000\000\000\024" >/tmp/spin		# b .
	for cpu in 1 2; do
		taskset $cpu armvm -k /tmp/spin -c 1 -m 16 >/tmp/guest.$cpu 2>&1 </dev/null &
	done
	sleep 2
	[ "$(pidof armvm | wc -w)" -eq 2 ] || { echo "the guests do not run"; cat /tmp/guest.*; exit 1; }'
fi

# An initramfs for another kernel in this one: what there is, and what it does.
RUN_GUESTS='
	cat >/bed/exec <<-END
		insmod /lib/armvcpu.ko || exit 3
		/tests/el2 rmmod_puts_back_after_guests || exit 4
		/tests/exits mmio || exit 5
		echo "second kernel: guests ran"
	END'
TRY_TO_LOAD='
	cat >/bed/exec <<-END
		armvcpu-check
		insmod /lib/armvcpu.ko
		dmesg | grep -a -o "armvcpu: .*"
		echo "second kernel: still there"
	END'
SECOND='
	mkdir /tests/needed
	mv /tests/el2 /tests/el2regs.ko /tests/exits /tests/kexec_into /tests/armvcpu-test.ko /tests/needed
	(cd /tests && rm -f ./* 2>/dev/null; mv needed/* .)
	(cd / && find bed init bin sbin lib root tests | grep -v -e armvcpu-test -e vmlinuz |
		cpio -o -H newc >/tmp/second) 2>/dev/null'

second_kernel_ran()
{
	tr -d '\r' <"$CONSOLE" | grep -a -e 'armvcpu: ' -e 'Booting Linux' -e 'Kernel panic'
	grep -qx 'second kernel: guests ran' "$LOG" &&
		[[ $(grep -a -c 'armvcpu: .*VHE,' "$CONSOLE") -ge 2 ]]
}

# Linux 6.12 with LPA2 (the CPU "max") oopses in kexec_load(), armvcpu or not.
kexec_breaks_without_us()
{
	host_with_kernel "$RUN_GUESTS$SECOND; /tests/kexec_into /bed/vmlinuz /tmp/second; dmesg" || true
	grep -q 'pc : trans_pgd_create_copy' "$LOG"
}

kexec_under_guests()
{
	if host_with_kernel "$RUN_GUESTS$SECOND; insmod /lib/armvcpu.ko; $GUESTS"'
		/tests/kexec_into /bed/vmlinuz /tmp/second'; then
		second_kernel_ran
		return
	fi
	tail -n 30 "$LOG" | tr -d '\r'
	kexec_breaks_without_us || return 1
	skip="this kernel's kexec_load() oopses without armvcpu, too"
}

# The first kernel dies of an exception in the middle of a switch to a guest.
panic_under_guests()
{
	local room=256M
	# Where pages are large, little fits into that.
	[[ $KERNEL != 64k ]] || room=384M
	host_with_kernel "$RUN_GUESTS$SECOND; insmod /tests/armvcpu-test.ko; $GUESTS"'
		/tests/kexec_into --on-panic /bed/vmlinuz /tmp/second || exit 2
		echo 1 >/sys/module/armvcpu/parameters/crash
		sleep 60' --append "crashkernel=$room" || return 1
	second_kernel_ran
}

# --- Nobody is at EL2 ---------------------------------------------------------

# The CPU has EL2 and the kernel was entered at EL1: one HVC is the end of it. (One CPU,
# for firmware starts the others at EL2.)
el2_left_behind()
{
	local said
	nvhe || { skip='the kernel is at EL2'; return 0; }
	if ! SMP=1 host_with_kernel "$TRY_TO_LOAD$SECOND; /tests/kexec_into --at-el1 /bed/vmlinuz /tmp/second"; then
		tail -n 30 "$LOG" | tr -d '\r'
		kexec_breaks_without_us || return 1
		skip="this kernel's kexec_load() oopses without armvcpu, too"
		return
	fi
	said=$(tr -d '\r' <"$LOG")
	echo "$said"
	grep -q '^bad  *el2 .*entered at EL1' <<<"$said" &&
		grep -q '^insmod: .*: Device or resource busy$' <<<"$said" &&
		[[ $(sort -u <<<"$said" | grep -c '^armvcpu: the kernel runs at EL1 and EL2 is not its own') -eq 1 ]] &&
		grep -qx 'second kernel: still there' <<<"$said"
}

# --- All of it --------------------------------------------------------------------

# Of a case that fails, what the host said, too.
run_case()
{
	"$1" || { tail -n 30 "$LOG" | tr -d '\r' | sed 's/^/| /'; return 1; }
}

run_cases "$CASES" "$@"
