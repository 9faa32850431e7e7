#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What firmware says of a GICv2's GICH and GICV, right and wrong, by device tree and by
# ACPI: armvcpu loads and runs guests, by them or in software, and says why:
#
#   scripts/check-firmware.sh           KTAP on stdout
#   scripts/check-firmware.sh CASE...   some of them
#   scripts/check-firmware.sh --list    their names
#
# A case is a boot of the QEMU host, with little in it. Those named like hosts are these
# (host.sh --hosts):
#
#   gicc-*, maint-*  something else is wrong in the device tree, which a guest's needs,
#                    or does without (maint-is-edge)
#   gich-*, gicv-*   they are not where the device tree says
#   acpi             they are where ACPI says
#   acpi-nowhere     ACPI does not say where they are: its table is changed before
#                    Linux sees it

# shellcheck disable=SC2317 # cases are called by their names
ME=check-firmware
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/cases.sh
. "$TOP/scripts/cases.sh"

WORK=$OUT/firmware
SOFTWARE='interrupt controllers of guests are software:'
NOWHERE='the firmware does not say where its list registers are'

# case | what the module says at load of GICH and GICV; nothing: it uses them
CASES="
gicc-in-a-page | the host's GIC leaves no interrupt active for a guest (GICC_DIR)
maint-is-spi   | the maintenance interrupt of the host's GIC is no PPI, or somebody else's
maint-is-edge  |
maint-is-other | the maintenance interrupt of the host's GIC is not the one that the firmware says
gich-is-gicd   | the firmware says that different registers of its GIC are in one place
gich-is-gicv   | there are no list registers where the firmware says
gich-is-uart   | there are no list registers where the firmware says
gich-in-memory | the firmware says that its list registers are in memory
gich-too-small | the firmware gives its list registers less room than they take
gicv-in-memory | the firmware says that GICV is in memory
gicv-in-a-page | GICV does not begin and end with a page
gicv-is-uart   | there is no GICV where the firmware says
gicv-nowhere   | the firmware does not say where GICV is
acpi           |
acpi-nowhere   | $NOWHERE
"

# In the host: what the module says, and whether a guest's interrupts work.
COMMANDS='
dmesg -c >/dev/null
insmod /lib/armvcpu.ko && cd /tests &&
	./irq level_fires_as_long_as_it_is_held sgi_to_self v2_sgi_is_pending_for_each_sender &&
	./timer timer.virtual.line_is_a_level &&
	rmmod armvcpu || exit
dmesg | sed "s/^\[[^]]*\] /said: /" | grep -v taint'

# boot NAME OPTION...: sets $out. A test that is skipped is none.
boot()
{
	local status=0
	out=$("$TOP/scripts/host.sh" --module --tests --console "$WORK/console-$1.log" \
		"${@:2}" --exec "$COMMANDS" 2>&1) || status=$?
	echo "$out"
	[[ $status -eq 0 && $out != *'# SKIP'* ]]
}

# says LINE: the module said that, or nothing, why interrupt controllers are software;
# and one line more, with list registers or without.
says()
{
	local said registers='no list registers' lines=1
	said=$(sed -n 's/^said: armvcpu: //p' <<<"$out")
	if [[ $1 ]]; then
		lines=2
		grep -qxF "$SOFTWARE $1" <<<"$said" || return 1
	else
		registers='GICv2 with [1-9][0-9]* list registers'
	fi
	[[ $(wc -l <<<"$said") -eq $lines ]] && grep -q ", $registers" <<<"$said"
}

# without_gich FILE: a MADT of whose GICCs none has GICH and GICV, for Linux to take
# instead of the one that was read; it takes a newer revision only (ACPI 6.5, 5.2.6,
# 5.2.12.14).
without_gich()
{
	perl -e '
		local $/;
		my $t = <STDIN>;
		substr($t, 24, 4) = pack("V", unpack("V", substr($t, 24, 4)) + 1);
		my $gicc = 0;
		for (my $p = 44; $p + 2 <= length $t; $p += ord substr($t, $p + 1, 1)) {
			last if !ord substr($t, $p + 1, 1);
			next if ord substr($t, $p, 1) != 11;
			substr($t, $p + 40, 16) = "\0" x 16;
			$gicc++;
		}
		substr($t, 9, 1) = "\0";
		substr($t, 9, 1) = chr(-unpack("%8C*", $t) & 255);
		print $t;
		exit !$gicc' <"$1"
}

acpi()
{
	HOST=gicv2 boot acpi --acpi && says ''
}

acpi-nowhere()
{
	HOST=gicv2 "$TOP/scripts/host.sh" --acpi --console "$WORK/console-madt.log" --exec '
		base64 /sys/firmware/acpi/tables/APIC' | base64 -d >"$WORK/madt" || return 1
	without_gich "$WORK/madt" >"$WORK/madt.new" || return 1
	HOST=gicv2 boot acpi-nowhere --acpi --add "$WORK/madt.new:/kernel/firmware/acpi/apic.aml" &&
		says "$NOWHERE"
}

run_case()
{
	local out line
	line=$(awk -F' *[|] *' -v c="$1" '$1 == c { print $2 }' <<<"$CASES")
	if [[ $1 != acpi* ]]; then
		HOST=$1 boot "$1" && says "$line"
	elif grep -q '^CONFIG_ACPI=y' "$KERNEL_ROOT/boot/config-$(kernel_release)"; then
		"$1"
	else
		skip='the kernel has no ACPI'
	fi
}

[[ ${1-} == --list ]] || "$TOP/scripts/build.sh" module selftests
run_cases "$(awk '/[|]/ { print $1 }' <<<"$CASES")" "$@"
