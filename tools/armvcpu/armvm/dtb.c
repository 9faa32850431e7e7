// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the device tree of the board, with libfdt's sequential functions.
 *
 * Node and property names follow the bindings in Documentation/devicetree of
 * Linux; which nodes there are follows QEMU's "virt" board.
 */
#include "dtb.h"

#include <errno.h>
#include <libarmvcpu.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "board.h"
#include "util.h"

/* Nodes take 16 KiB with all CPUs and disks; the command line comes on top. */
#define FDT_ROOM	0x10000

#define PHANDLE_GIC	1
#define PHANDLE_CLOCK	2

#define GIC_SPI		0
#define GIC_PPI		1
#define IRQ_EDGE_RISING	1
#define IRQ_LEVEL_HIGH	4
#define GIC_PPI_CPUS(mask)	((mask) << 8)	/* a GICv2's: CPUs that have it */

/* The first error sticks, so that the tree below reads without checks. */
struct writer {
	void *fdt;
	int err;
};

static void begin(struct writer *w, const char *name)
{
	if (!w->err)
		w->err = fdt_begin_node(w->fdt, name);
}

static void begin_at(struct writer *w, const char *name, uint64_t addr)
{
	char full[64];

	snprintf(full, sizeof(full), "%s@%llx", name,
		 (unsigned long long)addr);
	begin(w, full);
}

static void end(struct writer *w)
{
	if (!w->err)
		w->err = fdt_end_node(w->fdt);
}

static void prop(struct writer *w, const char *name, const void *data,
		 size_t length)
{
	if (!w->err)
		w->err = fdt_property(w->fdt, name, data, (int)length);
}

static void prop_string(struct writer *w, const char *name, const char *text)
{
	prop(w, name, text, strlen(text) + 1);
}

/* A string list: the literal holds the inner terminators. */
#define prop_list(w, name, literal)	prop(w, name, literal, sizeof(literal))

static void prop_cells(struct writer *w, const char *name,
		       const uint32_t *cells, size_t count)
{
	fdt32_t be[16];
	size_t i;

	for (i = 0; i < count; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	prop(w, name, be, count * sizeof(be[0]));
}

#define prop_u32s(w, name, ...)						\
	prop_cells(w, name, (const uint32_t[]){ __VA_ARGS__ },		\
		   ARRAY_SIZE(((const uint32_t[]){ __VA_ARGS__ })))

#define hi(value)	((uint32_t)((uint64_t)(value) >> 32))
#define lo(value)	((uint32_t)(value))

static void prop_u64(struct writer *w, const char *name, uint64_t value)
{
	prop_u32s(w, name, hi(value), lo(value));
}

static void prop_reg(struct writer *w, uint64_t base, uint64_t size)
{
	prop_u32s(w, "reg", hi(base), lo(base), hi(size), lo(size));
}

static void prop_random(struct writer *w, const char *name, size_t length)
{
	uint8_t seed[32];

	/* A guest without a seed boots as well, only less randomly. */
	if (getrandom(seed, length, GRND_NONBLOCK) == (ssize_t)length)
		prop(w, name, seed, length);
}

static void write_psci(struct writer *w)
{
	begin(w, "psci");
	prop_list(w, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
	prop_string(w, "method", "hvc");
	/* function IDs for drivers of PSCI 0.1, which had none of its own */
	prop_u32s(w, "cpu_suspend", 0xc4000001);
	prop_u32s(w, "cpu_off", 0x84000002);
	prop_u32s(w, "cpu_on", 0xc4000003);
	prop_u32s(w, "migrate", 0xc4000005);
	end(w);
}

static void write_cpus(struct writer *w, unsigned int cpus)
{
	unsigned int i;

	begin(w, "cpus");
	prop_u32s(w, "#address-cells", 1);
	prop_u32s(w, "#size-cells", 0);
	for (i = 0; i < cpus; i++) {
		begin_at(w, "cpu", BOARD_MPIDR(i));
		prop_string(w, "device_type", "cpu");
		prop_string(w, "compatible", "arm,armv8");
		prop_u32s(w, "reg", lo(BOARD_MPIDR(i)));
		prop_string(w, "enable-method", "psci");
		end(w);
	}
	end(w);
}

static void write_memory(struct writer *w, uint64_t size)
{
	begin_at(w, "memory", BOARD_RAM_BASE);
	prop_string(w, "device_type", "memory");
	prop_reg(w, BOARD_RAM_BASE, size);
	end(w);
}

static void write_gic(struct writer *w, uint32_t model)
{
	begin_at(w, "intc", BOARD_GICD_BASE);
	prop_string(w, "compatible", model == ARMVCPU_GIC_V2 ?
		    "arm,cortex-a15-gic" : "arm,gic-v3");
	prop(w, "interrupt-controller", NULL, 0);
	prop_u32s(w, "#interrupt-cells", 3);
	prop_u32s(w, "#address-cells", 2);
	prop_u32s(w, "#size-cells", 2);
	prop(w, "ranges", NULL, 0);
	if (model == ARMVCPU_GIC_V2) {
		prop_u32s(w, "reg",
			  hi(BOARD_GICD_BASE), lo(BOARD_GICD_BASE),
			  hi(ARMVCPU_GICV2_DIST_SIZE), lo(ARMVCPU_GICV2_DIST_SIZE),
			  hi(BOARD_GICC_BASE), lo(BOARD_GICC_BASE),
			  hi(ARMVCPU_GICV2_CPU_SIZE), lo(ARMVCPU_GICV2_CPU_SIZE));
	} else {
		prop_u32s(w, "#redistributor-regions", 1);
		prop_u32s(w, "reg",
			  hi(BOARD_GICD_BASE), lo(BOARD_GICD_BASE), 0, 0x10000,
			  hi(BOARD_GICR_BASE), lo(BOARD_GICR_BASE),
			  hi(BOARD_GICR_SIZE), lo(BOARD_GICR_SIZE));
	}
	prop_u32s(w, "phandle", PHANDLE_GIC);
	end(w);
}

static void write_timer(struct writer *w, const struct dtb_config *config)
{
	uint32_t flags = IRQ_LEVEL_HIGH;

	if (config->gic == ARMVCPU_GIC_V2)
		flags |= GIC_PPI_CPUS((1U << config->cpus) - 1);
	begin(w, "timer");
	prop_list(w, "compatible", "arm,armv8-timer\0arm,armv7-timer");
	prop(w, "always-on", NULL, 0);
	prop_u32s(w, "interrupts",
		  GIC_PPI, BOARD_TIMER_SECURE_PPI, flags,
		  GIC_PPI, BOARD_TIMER_PHYS_PPI, flags,
		  GIC_PPI, BOARD_TIMER_VIRT_PPI, flags,
		  GIC_PPI, BOARD_TIMER_HYP_PPI, flags);
	end(w);
}

static void write_clock(struct writer *w)
{
	begin(w, "apb-pclk");
	prop_string(w, "compatible", "fixed-clock");
	prop_u32s(w, "#clock-cells", 0);
	prop_u32s(w, "clock-frequency", BOARD_CLOCK_HZ);
	prop_string(w, "clock-output-names", "clk24mhz");
	prop_u32s(w, "phandle", PHANDLE_CLOCK);
	end(w);
}

static void write_uart(struct writer *w)
{
	begin_at(w, "pl011", BOARD_UART_BASE);
	prop_list(w, "compatible", "arm,pl011\0arm,primecell");
	prop_reg(w, BOARD_UART_BASE, BOARD_UART_SIZE);
	prop_u32s(w, "interrupts", GIC_SPI, BOARD_UART_SPI, IRQ_LEVEL_HIGH);
	prop_u32s(w, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
	prop_list(w, "clock-names", "uartclk\0apb_pclk");
	end(w);
}

static void write_rtc(struct writer *w)
{
	begin_at(w, "pl031", BOARD_RTC_BASE);
	prop_list(w, "compatible", "arm,pl031\0arm,primecell");
	prop_reg(w, BOARD_RTC_BASE, BOARD_RTC_SIZE);
	prop_u32s(w, "interrupts", GIC_SPI, BOARD_RTC_SPI, IRQ_LEVEL_HIGH);
	prop_u32s(w, "clocks", PHANDLE_CLOCK);
	prop_string(w, "clock-names", "apb_pclk");
	end(w);
}

/* The highest first, so that a guest finds the disks in their order. */
static void write_virtio(struct writer *w)
{
	uint32_t i;

	for (i = BOARD_VIRTIO_COUNT; i-- > 0; ) {
		uint64_t base = BOARD_VIRTIO_BASE + i * BOARD_VIRTIO_SIZE;

		begin_at(w, "virtio_mmio", base);
		prop_string(w, "compatible", "virtio,mmio");
		prop_reg(w, base, BOARD_VIRTIO_SIZE);
		prop_u32s(w, "interrupts", GIC_SPI, BOARD_VIRTIO_SPI + i,
			  IRQ_EDGE_RISING);
		prop(w, "dma-coherent", NULL, 0);
		end(w);
	}
}

static void write_chosen(struct writer *w, const struct dtb_config *config)
{
	char path[32];

	snprintf(path, sizeof(path), "/pl011@%llx", BOARD_UART_BASE);

	begin(w, "chosen");
	if (config->append)
		prop_string(w, "bootargs", config->append);
	prop_string(w, "stdout-path", path);
	if (config->initrd_end > config->initrd_start) {
		prop_u64(w, "linux,initrd-start", config->initrd_start);
		prop_u64(w, "linux,initrd-end", config->initrd_end);
	}
	prop_random(w, "kaslr-seed", 8);
	prop_random(w, "rng-seed", 32);
	end(w);
}

static void write_tree(struct writer *w, const struct dtb_config *config)
{
	begin(w, "");
	prop_string(w, "compatible", "linux,dummy-virt");
	prop_string(w, "model", "linux,dummy-virt");
	prop_u32s(w, "#address-cells", 2);
	prop_u32s(w, "#size-cells", 2);
	prop_u32s(w, "interrupt-parent", PHANDLE_GIC);
	write_psci(w);
	write_memory(w, config->ram_size);
	write_cpus(w, config->cpus);
	write_gic(w, config->gic);
	write_timer(w, config);
	write_clock(w);
	write_uart(w);
	write_rtc(w);
	write_virtio(w);
	write_chosen(w, config);
	end(w);
}

/**
 * dtb_build() - write the device tree
 * @config: the machine
 * @size: out: its bytes
 *
 * Return: the tree, to be freed with free(); NULL after an error message.
 */
void *dtb_build(const struct dtb_config *config, size_t *size)
{
	size_t room = FDT_ROOM;
	struct writer w = { 0 };

	if (config->append)
		room += strlen(config->append);
	if (room > INT32_MAX) {
		report("the kernel command line is too long");
		return NULL;
	}

	w.fdt = malloc(room);
	if (!w.fdt) {
		report("out of memory");
		return NULL;
	}

	w.err = fdt_create(w.fdt, (int)room);
	if (!w.err)
		w.err = fdt_finish_reservemap(w.fdt);
	write_tree(&w, config);
	if (!w.err)
		w.err = fdt_finish(w.fdt);
	if (w.err) {
		report("cannot write the device tree: %s", fdt_strerror(w.err));
		free(w.fdt);
		return NULL;
	}

	*size = fdt_totalsize(w.fdt);
	return w.fdt;
}
