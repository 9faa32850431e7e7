# SPDX-License-Identifier: GPL-2.0-only
#
# The two commands are "make run" and "make check"; "make help" lists all.
# The module itself is built by drivers/armvcpu/Makefile, which Kbuild reads.

SHELL := /bin/bash
export KERNEL ?= 6.1
export HOST TESTS
PREFIX ?= /usr/local
DESTDIR ?=
# Not where the test bed builds the same tools for the emulated machine.
INSTALL_BUILD = $(abspath $(or $(ARMVCPU_BUILD),build))/install
# Where udev looks depends on who installs: a package, or the administrator.
UDEVDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/udev/rules.d
# Recipes call scripts, which decide by themselves what is there already.
MAKEFLAGS += --no-print-directory

# "make run", "make check" and "make check-all" end with their own last line and with status 1
# when something failed. In make's question mode a failed recipe marked with +
# is an answer, about which make has nothing to add.
ifneq ($(filter run check check-all bench profile,$(MAKECMDGOALS)),)
MAKEFLAGS += --question
endif

.DEFAULT_GOAL := all
.PHONY: all help setup kernel update-kernel module tools selftests unit initramfs \
	install uninstall dkms-install dkms-uninstall run shell check check-all soak \
	list-tests mutants bench profile clean distclean

all: module tools	## build the module and the tools

help:			## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1 \2/p' Makefile | \
		while read -r target text; do printf '  %-14s %s\n' "$$target" "$$text"; done
	@printf '\n%s\n' 'Variables, with what they are if they are not set:'
	@printf '  %-14s %s\n' \
		KERNEL 'the kernel: $(KERNEL). Of host and guest: 6.1, 6.12. Of the host only:' \
		'' '16k (6.12 with such pages), debug and 64k (6.1; built from source)' \
		KERNELS 'check-all: these kernels: 6.1 6.12 debug' \
		HOST 'the machine that QEMU is (scripts/host.sh --hosts): neoverse-n1;' \
		'' 'check: neoverse-n1 and cortex-a72, which KERNEL=16k replaces by max-nvhe' \
		TESTS 'check: only tests whose "program.case" has this in it, or matches it' \
		CONTINUE 'check-all: 1 leaves out what was green and is the same' \
		AT_ONCE 'check: how many jobs at a time: 2' \
		THOROUGH 'check: 1 does what is done many times as often as check-all' \
		CHECKPATCH 'check: the checkpatch.pl to use; none: without it' \
		SOAK_HOSTS 'soak: the machines: neoverse-n1 cortex-a72' \
		CYCLES 'soak: how often insmod and rmmod: 300' \
		TURNS 'soak: how often CPUs go off and on: 50' \
		CPUS 'run: CPUs of the guest: 2' \
		MEM 'run: its memory in MiB: 256' \
		OPS 'bench: only these operations (scripts/bench.sh --list)' \
		HOSTS 'bench, check-all: these machines of the list of each: all' \
		BACKENDS 'bench: kvm, armvcpu: both' \
		OP 'profile: the operation; on HOST' \
		BACKEND 'profile: kvm or armvcpu: armvcpu' \
		FLOW 'profile: 1 shows the functions in their order' \
		PREFIX 'install: where the tools go: $(PREFIX)' \
		DESTDIR 'install, dkms-install: a directory to put before all paths' \
		UDEVDIR 'install: where the udev rule goes: $(UDEVDIR)' \
		ARMVCPU_CACHE 'where fetched kernels are kept: ~/.cache/armvcpu' \
		ARMVCPU_BUILD 'where everything is built: build'

run: kernel		## from nothing to a Linux guest's shell
	+@scripts/run.sh

check: kernel		## run every test (TESTS=pattern: some)
	+@scripts/check.sh

check-all: setup	## run every test on every kernel and host (hours)
	+@scripts/check-all.sh

soak: kernel		## hundreds of cycles: insmod and rmmod, CPUs off and on under Linux guests
	+@scripts/build.sh module tools selftests && scripts/soak.sh

bench: kernel		## measure KVM and armvcpu side by side
	+@scripts/bench.sh

profile: kernel		## where one operation's instructions are, by function
	+@scripts/bench.sh $(if $(FLOW),--flow,--profile) "$(OP)"

list-tests: kernel	## list the tests' names (builds them, and boots a host)
	@scripts/check.sh --list

mutants: kernel		## break the module in many ways, see the tests fail (long)
	@scripts/mutants.sh $(if $(TESTS),"$(TESTS)")

setup:			## install the packages that the build needs
	+@scripts/setup.sh

kernel: setup		## fetch KERNEL into the cache, or build it
	+@scripts/kernel.sh

update-kernel: setup	## fetch it again, as it is in the archive today
	@scripts/kernel.sh --update

module: kernel		## build armvcpu.ko for KERNEL
	@scripts/build.sh module

tools: kernel		## build armvm and libarmvcpu for arm64
	@scripts/build.sh tools

selftests: kernel	## build the selftests for arm64
	@scripts/build.sh selftests

unit: setup		## build the unit tests for this machine
	@scripts/build.sh unit

initramfs: kernel	## build the initramfs archives of host and guest
	@scripts/initramfs.sh

shell: module tools	## a shell in the QEMU host, with armvcpu.ko and armvm in it
	@scripts/host.sh --module --tools --guest --tty 'exec sh'

# The tools are built for this machine, or with CROSS_COMPILE for another.
install:		## install the tools, their man pages and the udev rule
	@$(MAKE) -C tools/armvcpu O="$(INSTALL_BUILD)" \
		PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" install
	@install -D -m 644 packaging/70-armvcpu.rules "$(DESTDIR)$(UDEVDIR)/70-armvcpu.rules"

uninstall:		## remove what install has put there
	@$(MAKE) -C tools/armvcpu O="$(INSTALL_BUILD)" \
		PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" uninstall
	rm -f "$(DESTDIR)$(UDEVDIR)/70-armvcpu.rules"

dkms-install:		## have DKMS build and install the module
	@DESTDIR="$(DESTDIR)" scripts/dkms.sh install

dkms-uninstall:		## have DKMS remove it, for all kernels
	@DESTDIR="$(DESTDIR)" scripts/dkms.sh uninstall

clean:			## remove what was built
	@. scripts/lib.sh && rm -rf "$$BUILD" tools/armvcpu/build

distclean: clean	## and the fetched kernels
	@. scripts/lib.sh && rm -rf "$$CACHE"
