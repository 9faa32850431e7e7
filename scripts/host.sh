#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Start the QEMU host: the stock kernel at EL2 with KVM off, and something to
# do in it.
#
#   scripts/host.sh [OPTION...] --exec 'COMMANDS'
#   scripts/host.sh [OPTION...] --tty 'COMMANDS'
#
#   --exec CMDS     run them in the host's shell as root, in /root; their
#                   output is this script's, and so is their exit status
#   --tty CMDS      the same on this terminal; the terminal is the host's
#                   console, raw, until the commands end
#   --module        put armvcpu.ko in as /lib/armvcpu.ko
#   --tools         put armvm and armvcpu-check into /bin
#   --guest         put /guest/vmlinuz, /guest/initrd and /guest/disk.img.gz in
#   --tests         put the selftests in as /tests, and the runner as /bed/run-tests
#   --disk FILE     it is the disk /dev/vda, and ext4 is there; what is written goes
#                   when the host goes
#   --add FILE[:TO] put FILE in as TO (none: under its own name in /root)
#   --with-kvm      leave KVM on (armvcpu then refuses to load)
#   --acpi          boot by UEFI firmware, and with ACPI tables (slower)
#   --timeout SEC   give up when it has not ended after so long (default 120;
#                   0: never; with --tty only until it has booted), $SLOW times
#                   that with a slow kernel. "next SEC", written to $STATUS_PORT
#                   in there, starts another SEC.
#   --append WORDS  more words for the kernel command line
#   --console FILE  keep the console's output there (default: build/.../console.log)
#   --qemu ARG      one more argument for QEMU; may be repeated
#
# HOST names the machine, KERNEL the kernel; see HOSTS below, or
# 'host.sh --hosts'. Exit status: that of the commands, or 125 when the host
# could not be started, died or hung (the reason is the last line).

ME=host
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# 1 may be the commands' status.
export DIE_STATUS=125

# name | machine options | CPU | what it is | kernel parameter | edit of its device tree
HOSTS='
neoverse-n1    | virtualization=on,gic-version=3 | neoverse-n1          | VHE, GICv3
max            | virtualization=on,gic-version=3 | max,pauth-impdef=on  | VHE, GICv3, everything QEMU has
cortex-a72     | virtualization=on,gic-version=3 | cortex-a72           | nVHE, GICv3
max-nvhe       | virtualization=on,gic-version=3 | max,pauth-impdef=on  | nVHE, GICv3, everything but VHE | id_aa64mmfr1.vh=0
gicv2          | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2
gicv2-nvhe     | virtualization=on,gic-version=2 | cortex-a72           | nVHE, GICv2
nogich         | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2 without GICH and GICV | | no_gich
nogich-nvhe    | virtualization=on,gic-version=2 | cortex-a72           | nVHE, GICv2 without GICH and GICV | | no_gich
raspi3b        |                                 |                      | nVHE, Raspberry Pi 3: cortex-a53, no GIC
no-el2         | gic-version=3                   | neoverse-n1          | kernel entered at EL1
owned-el2      | gic-version=3                   | neoverse-n1          | kernel entered at EL1, below somebody whom its device tree names | | owner,acme-hypervisor
no-vtimer      | virtualization=on,gic-version=3 | cortex-a72           | nVHE, GICv3; by its device tree there is no virtual timer | | no_vtimer
gicc-in-a-page | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICC is 4 KiB, without GICC_DIR | | gicc,1000
maint-is-spi   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree the maintenance interrupt is an SPI | | maintenance,0,20,4
maint-is-edge  | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree the maintenance interrupt is an edge | | maintenance,1,9,301
maint-is-other | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree the maintenance interrupt is a PPI that nothing drives | | maintenance,1,5,304
gich-is-gicd   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICH is GICD | | frames,8000000+10000,8040000+10000
gich-is-gicv   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICH and GICV change places | | frames,8040000+10000,8030000+10000
gich-is-uart   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICH is the UART | | frames,9000000+1000,8040000+10000
gich-in-memory | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICH is in memory | | frames,50000000+10000,8040000+10000
gich-too-small | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICH is 256 bytes | | frames,8030000+100,8040000+10000
gicv-in-memory | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICV is in memory | | frames,8030000+10000,50000000+10000
gicv-in-a-page | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICV begins in a page | | frames,8030000+10000,8040800+2000
gicv-is-uart   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree GICV is the UART | | frames,8030000+10000,9000000+2000
gicv-nowhere   | virtualization=on,gic-version=2 | neoverse-n1          | VHE, GICv2; by its device tree there is no GICV | | frames,8030000+10000
'
HOME_IN_HOST=/root
SMP=${SMP:-2}
MEMORY=1024
# Where a Debian kernel has the device tree of the machine that is no "virt".
PI_DTB=broadcom/bcm2837-rpi-3-b.dtb

# Nothing that goes wrong in the host may go unnoticed.
APPEND='console=ttyAMA0 quiet panic=-1 panic_on_warn=1 softlockup_panic=1 hung_task_panic=1 secretmem.enable=1'
KVM='kvm-arm.mode=none'
FIRMWARE=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd

# Braces, so that the whole script is read before it runs, and may be edited
# while a host is up.
{
usage()
{
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 125
}

do='' commands='' timeout=120 console='' append=''
qemu_args=() adds=() archives=() disk=''
want_module='' want_tools='' want_tests='' want_guest=''
while [[ $# -gt 0 ]]; do
	case $1 in
	--hosts)
		grep . <<<"$HOSTS" | cut -d'|' -f1,4 | tr -d '|'
		exit 0 ;;
	--exec | --tty)
		[[ $# -ge 2 ]] || usage
		do=${1#--} commands=$2
		shift 2 ;;
	--module | --tools | --tests | --guest)
		declare "want_${1#--}=1"
		shift ;;
	--with-kvm)
		KVM=''
		shift ;;
	--acpi)
		[[ -r $FIRMWARE ]] || die "there is no $FIRMWARE; run 'make setup'"
		qemu_args+=(-bios "$FIRMWARE")
		append+=' acpi=force'
		shift ;;
	--add | --disk | --timeout | --append | --console | --qemu)
		[[ $# -ge 2 ]] || usage
		case $1 in
		--add)		adds+=("$2") ;;
		--disk)		disk=$2 ;;
		--timeout)	timeout=$2 ;;
		--append)	append+=" $2" ;;
		--console)	console=$2 ;;
		--qemu)		qemu_args+=("$2") ;;
		esac
		shift 2 ;;
	*)	usage ;;
	esac
done
[[ -n $do ]] || usage

row=$(awk -F' *[|] *' -v h="$HOST" '$1 == h' <<<"$HOSTS")
[[ -n $row ]] || die "no such host: HOST=$HOST (known: $(awk 'NF { printf "%s ", $1 }' <<<"$HOSTS"))"
need_host_fits "$HOST"
IFS='|' read -r _ machine cpu _ parameter dtb_edit <<<"${row// /}"
append+=" $parameter"

release=$(kernel_release)
"$TOP/scripts/initramfs.sh" || die "cannot build the initramfs"
archives+=("$OUT/host.cpio")
[[ -z $want_guest ]] || archives+=("$OUT/guest.cpio")
if [[ -n $disk ]]; then
	[[ -r $disk ]] || die "there is no disk $disk"
	archives+=("$OUT/disk.cpio")
	qemu_args+=(-drive "file=${disk//,/,,},format=raw,if=none,id=disk,snapshot=on"
		-device "virtio-blk-device,drive=disk")
fi

dir=$(mktemp -d --suffix=.armvcpu)
qemu_pid='' saved_tty=''
# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	[[ -z $qemu_pid ]] || kill -KILL "$qemu_pid" 2>/dev/null || true
	[[ -z $saved_tty ]] || stty "$saved_tty" <&3 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- What goes in on top -------------------------------------------------

# put FILE PATH: a file into the initramfs.
put()
{
	[[ -f $1 ]] || die "there is no file $1 to put into the host"
	mkdir -p "$dir/top$(dirname "$2")"
	cp -L "$1" "$dir/top$2"
}

# put_module FILE PATH: the same without what is for debuggers, which is most of a module
# and would be read each time that it is loaded.
put_module()
{
	put "$1" "$2"
	"${CROSS_COMPILE}strip" --strip-debug "$dir/top$2"
}

mkdir -p "$dir/top/bed"
printf '%s\n' "$commands" >"$dir/top/bed/exec"
[[ -z $want_module ]] || put_module "$OUT/module/drivers/armvcpu/armvcpu.ko" /lib/armvcpu.ko
if [[ -n $want_tools ]]; then
	put "$OUT/tools/armvm" /bin/armvm
	put "$OUT/tools/armvcpu-check" /bin/armvcpu-check
fi
if [[ -n $want_tests ]]; then
	mkdir -p "$dir/top/tests" "$OUT/selftests"
	find "$OUT/selftests" -maxdepth 1 -type f ! -name '*.[od]' ! -name '*.ko' \
		-exec cp -t "$dir/top/tests/" {} +
	for f in "$OUT/selftests"/*.ko; do
		[[ ! -e $f ]] || put_module "$f" "/tests/${f##*/}"
	done
	put "$TOP/scripts/initramfs/run-tests" /bed/run-tests
	put "$TOP/scripts/initramfs/linux-guest" /tests/linux-guest
fi
for f in "${adds[@]}"; do
	case $f in
	*:/*)	put "${f%%:/*}" "/${f#*:/}" ;;
	*)	put "$f" "$HOME_IN_HOST/${f##*/}" ;;
	esac
done
make_cpio "$dir/top" "$dir/top.cpio"
archives+=("$dir/top.cpio")
cat "${archives[@]}" >"$dir/initrd"

# --- Its device tree -------------------------------------------------------

# ports: what the host's output and status come through, see host-init.
no_extras=(-nodefaults -display none -no-user-config)
case $HOST in
raspi3b)
	# One serial line for both. CPUs and memory are what they are, twice as many CPUs
	# as others have.
	SLOW=$((SLOW * 2))
	machine_args=(-M raspi3b "${no_extras[@]}")
	ports=(-chardev "file,id=out,path=/proc/self/fd/5" -serial chardev:out)
	append+=" bed.serial=/dev/ttyS1"
	dtb=$KERNEL_ROOT/usr/lib/linux-image-$release/$PI_DTB
	[[ -r $dtb ]] || die "kernel $KERNEL has no $PI_DTB"
	[[ $do == exec ]] || die "$HOST has no --tty"
	qemu_args+=(-dtb "$dtb") ;;
*)
	machine_args=(-M "virt,$machine" -cpu "$cpu" -smp "$SMP" -m "$MEMORY" "${no_extras[@]}")
	# shellcheck disable=SC2054 # the commas are QEMU's
	ports=(-global virtio-mmio.force-legacy=false -device virtio-serial-device
		-device pci-testdev
		-chardev "file,id=status,path=$dir/status"
		-device virtserialport,chardev=status,name=status
		-chardev file,id=out,path=/proc/self/fd/5
		-device virtserialport,chardev=out,name=out) ;;
esac

GIC_NODE=/intc@8000000

# frames DTB [BASE+SIZE...]: these, in hexadecimal, are the GICv2's GICH and GICV.
# shellcheck disable=SC2317 # called by its name
frames()
{
	local reg frame dtb=$1
	shift
	# Address and size of GICD and GICC, two cells each; GICH and GICV follow.
	read -r -a reg < <(fdtget -t x "$dtb" "$GIC_NODE" reg)
	[[ ${#reg[@]} -eq 16 ]] || die "the GIC's node is not as it ought to be: reg = ${reg[*]}"
	reg=("${reg[@]:0:8}")
	for frame; do
		reg+=(0 "${frame%+*}" 0 "${frame#*+}")
	done
	fdtput -t x "$dtb" "$GIC_NODE" reg "${reg[@]}"
}

# gicc DTB SIZE: so much, in hexadecimal, is the GICv2's GICC.
# shellcheck disable=SC2317 # called by its name
gicc()
{
	local reg
	read -r -a reg < <(fdtget -t x "$1" "$GIC_NODE" reg)
	[[ ${#reg[@]} -eq 16 ]] || die "the GIC's node is not as it ought to be: reg = ${reg[*]}"
	reg[7]=$2
	fdtput -t x "$1" "$GIC_NODE" reg "${reg[@]}"
}

# maintenance DTB CELL...: that is the GIC's maintenance interrupt.
# shellcheck disable=SC2317 # called by its name
maintenance()
{
	fdtput -t x "$1" "$GIC_NODE" interrupts "${@:2}"
}

# no_gich DTB: a GICv2 of which nobody says where its virtualization parts are, as
# on boards whose device tree leaves them out.
# shellcheck disable=SC2317 # called by its name
no_gich()
{
	frames "$1"
	fdtput -d "$1" "$GIC_NODE" interrupts
}

# no_vtimer DTB: the timer's node ends after EL1's physical ones, which is all that an
# nVHE kernel asks for.
# shellcheck disable=SC2317 # called by its name
no_vtimer()
{
	local cells
	read -r -a cells < <(fdtget -t x "$1" /timer interrupts)
	[[ ${#cells[@]} -eq 12 ]] || die "the timer's node is not as it ought to be: ${cells[*]}"
	fdtput -t x "$1" /timer interrupts "${cells[@]:0:6}"
}

# owner DTB NAME: that is at EL2.
# shellcheck disable=SC2317 # called by its name
owner()
{
	fdtput -c "$1" /hypervisor
	fdtput -t s "$1" /hypervisor compatible "$2"
}

if [[ -n $dtb_edit ]]; then
	qemu-system-aarch64 "${machine_args[@]}" -machine "dumpdtb=$dir/dtb" \
		>"$dir/qemu.log" 2>&1 || { cat "$dir/qemu.log" >&2; die "QEMU gives no device tree"; }
	IFS=, read -r -a edit <<<"$dtb_edit"
	"${edit[0]}" "$dir/dtb" "${edit[@]:1}"
	qemu_args+=(-dtb "$dir/dtb")
fi

# --- QEMU ----------------------------------------------------------------

console=${console:-$OUT/console.log}
mkdir -p "$(dirname "$console")"
: >"$console"
mkfifo "$dir/status"
# Read and write, so that neither end waits for the other to open it.
exec 3<&0 4<>"$dir/status"

# apart: output of a serial line that is also the status port: what is between a byte 1
# and the end of its line is for that. Around the first and the last of it comes what
# QEMU takes for output when the line's speed is set.
apart()
{
	local line text mark=$'\001' started=''
	while IFS= read -r line || [[ -n $line ]]; do
		text=${line%%"$mark"*}
		if [[ $text == "$line" ]]; then
			[[ -z $started ]] || printf '%s\n' "$line"
			continue
		fi
		[[ -z $started ]] || printf '%s' "$text"
		started=1
		line=${line#*"$mark"}
		printf '%s\n' "$line" >&4
		[[ $line != 'exit '* ]] || exec cat >/dev/null
	done
}

# The host's output goes through a pipe of our own: QEMU opens its files by
# name, and would truncate one.
case $HOST in
raspi3b)	exec 5> >(apart) ;;
*)		exec 5> >(exec cat) ;;
esac
cat_pid=$!

case $do in
exec)	serial="file,id=console,path=$console" ;;
tty)
	# No escape key of QEMU's: all keys are for what runs inside.
	serial="stdio,id=console,mux=off,signal=off,logfile=$console"
	saved_tty=$(stty -g <&3) || die "--tty needs a terminal"
	read -r rows columns < <(stty size <&3)
	[[ $rows == 0 ]] || append+=" bed.rows=$rows bed.columns=$columns"
	append+=" TERM=${TERM:-linux}"
	stty raw -echo <&3 ;;
esac

(
	qemu-system-aarch64 \
		"${machine_args[@]}" -no-reboot \
		-kernel "$KERNEL_ROOT/boot/vmlinuz-$release" -initrd "$dir/initrd" \
		-append "$APPEND $KVM bed.do=$do SLOW=$SLOW THOROUGH=$MANY_TIMES$append" \
		-chardev "$serial" -serial chardev:console \
		"${ports[@]}" "${qemu_args[@]}" <&3 2>"$dir/qemu.log" &
	echo "pid $!" >&4
	# bash has a word to say about a killed child; the reader has it, too.
	{ wait $!; } 2>/dev/null || true
	echo gone >&4
) 3<&3 &
exec 5>&-

# The status port and the subshell above speak lines: pid N, booted, next SEC
# (the next line comes within SEC), exit N, gone.
status='' booted='' died=''
limit=$((timeout * SLOW))
while true; do
	if [[ $limit == 0 ]]; then
		read -r word value <&4 || break
	elif ! read -r -t "$limit" word value <&4; then
		died="hung, or was too slow: no end and no progress for $limit s"
		kill -KILL "$qemu_pid" 2>/dev/null || true
		limit=0
		continue
	fi
	case $word in
	pid)	qemu_pid=$value ;;
	booted)
		booted=1
		# Whoever sits at the terminal sees for himself.
		[[ $do == exec ]] || limit=0 ;;
	next)	limit=$value ;;
	exit)
		status=$value
		# All that is left is to power off.
		limit=$((30 * SLOW)) ;;
	gone)
		qemu_pid=''
		break ;;
	esac
done
wait "$cat_pid" || true
if [[ -n $saved_tty ]]; then
	stty "$saved_tty" <&3
	saved_tty=''
fi

# What is told of its end is no end: it may hang when it is to power off.
if [[ -z $status || -n $died ]]; then
	panic=$(grep -a -m1 -o 'Kernel panic - .*' "$console" | tr -d '\r') || true
	if [[ -n $panic ]]; then
		died="panicked${died:+, and hung}: $panic"
	elif [[ -z $booted && -z $died ]]; then
		died="did not start"
	fi
	{
		if [[ -s $console ]]; then
			echo "--- the host's last lines"
			tr -d '\r' <"$console" | tail -n 40
			echo "--- all of them are in $console"
		fi
		[[ ! -s $dir/qemu.log ]] || cat "$dir/qemu.log"
		echo "host: the host ${died:-stopped without saying how its work ended}"
	} >&2
	exit 125
fi
exit "$status"
}
