#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build parts of the tree into build/: scripts/build.sh PART...
#
#   module      armvcpu.ko for $KERNEL
#   tools       armvm and libarmvcpu for arm64, static: the host is a busybox
#   bench       the benchmark for arm64, static, and what traces it
#   selftests   the selftests for arm64, static, one flat directory
#   unit        the unit tests of the module and of the tools, for this machine
#
# A part's output is in build/.../PART.log, and shown when the build fails or
# warns.

ME=build
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build_module()
{
	"$TOP/scripts/module.sh"
}

build_tools()
{
	local lib=$KERNEL_ROOT/usr/lib/aarch64-linux-gnu include=$KERNEL_ROOT/usr/include

	make -C "$TOP/tools/armvcpu" O="$OUT/tools" CROSS_COMPILE="$CROSS_COMPILE" STATIC=1 \
		LIBFDT_CFLAGS="-I$include" LIBFDT_LIBS="$lib/libfdt.a" \
		ZLIB_CFLAGS="-I$include" ZLIB_LIBS="$lib/libz.a" \
		--no-print-directory -j"$JOBS" "$@"
}

build_bench()
{
	build_tools "$OUT/tools/"{armvm,bench,bench-gicv2,armvm-kvm,trace.so,bench-paths}
}

# What the tests need beside them (TEST_PROGS and TEST_FILES, in kselftest's
# words) is copied to where the built programs are, and /tests/programs names
# the programs in the order of the Makefile.
build_selftests()
{
	local src=$TOP/tools/testing/selftests/armvcpu out=$OUT/selftests f
	local el2regs=tools/testing/selftests/armvcpu/el2regs

	rm -f "$out/programs"
	mkdir -p "$out"
	# Modules for the tests alone: armvcpu.ko with failures on demand, and one
	# that reads EL2's registers.
	"$TOP/scripts/module.sh" test ARMVCPU_TEST=1
	cp -u "$OUT/module-test/drivers/armvcpu/armvcpu.ko" "$out/armvcpu-test.ko"
	MODULE_SOURCE=$el2regs "$TOP/scripts/module.sh" el2regs ARMVCPU_SRC="$TOP/drivers/armvcpu"
	cp -u "$OUT/module-el2regs/$el2regs/el2regs.ko" "$out/"
	build_tools "$OUT/tools/"{bench,bench-gicv2}
	cp -u "$OUT/tools/"{bench,bench-gicv2} "$out/"
	make -C "$src" O="$out" CROSS_COMPILE="$CROSS_COMPILE" --no-print-directory -j"$JOBS"
	for f in $(selftests_variable TEST_PROGS) $(selftests_variable TEST_FILES) settings; do
		[[ ! -e $src/$f ]] || cp -pu "$src/$f" "$out/"
	done
	for f in $(selftests_variable TEST_GEN_PROGS) $(selftests_variable TEST_PROGS); do
		f=${f##*/}
		[[ -x $out/$f ]] || die "selftests: there is no program $f"
		echo "$f"
	done >"$out/programs"
}

selftests_variable()
{
	# shellcheck disable=SC2016 # for make to expand
	make -s --no-print-directory -C "$TOP/tools/testing/selftests/armvcpu" O="$OUT/selftests" \
		--eval 'bed-print: ; @echo $('"$1"')' bed-print
}

build_unit()
{
	local f programs=() status=0

	for f in "$TOP"/tools/armvcpu/tests/test_*.c; do
		f=${f##*/}
		programs+=("$BUILD/unit-tools/check/${f%.c}")
	done
	# As many as can be, so that one test that does not build hides no other.
	make -C "$TOP/tools/testing/unit" O="$BUILD/unit" --no-print-directory -k -j"$JOBS" ||
		status=1
	make -C "$TOP/tools/armvcpu" O="$BUILD/unit-tools" --no-print-directory -k -j"$JOBS" \
		"${programs[@]}" || status=1
	return $status
}

for part in "$@"; do
	[[ $(type -t "build_$part") == function ]] || die "no such part: $part"
	log=$OUT/$part.log
	mkdir -p "$OUT"
	say "$part"
	# A subshell of its own, so that set -e holds inside.
	status=0
	("build_$part") >"$log" 2>&1 </dev/null & wait $! || status=$?
	if [[ $status -ne 0 ]]; then
		cat "$log" >&2
		die "$part does not build"
	fi
	grep -i 'warning:' "$log" >&2 || true
done
