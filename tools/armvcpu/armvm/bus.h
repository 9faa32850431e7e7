/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the device behind a guest physical address. */
#ifndef ARMVM_BUS_H
#define ARMVM_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_MAX_DEVICES	40

/**
 * struct bus_device - one device with registers
 * @base: guest physical address
 * @size: bytes
 * @device: first argument of @read and @write
 * @read: reads @len bytes (1, 2 or 4, naturally aligned) at @offset
 * @write: writes them
 */
struct bus_device {
	uint64_t base;
	uint64_t size;
	void *device;
	uint64_t (*read)(void *device, uint64_t offset, unsigned int len);
	void (*write)(void *device, uint64_t offset, unsigned int len,
		      uint64_t value);
};

/**
 * struct bus - all devices; does not change once vCPUs run, so needs no lock
 * @devices: in no order
 * @count: entries in @devices
 */
struct bus {
	struct bus_device devices[BUS_MAX_DEVICES];
	size_t count;
};

int bus_add(struct bus *bus, const struct bus_device *device);
bool bus_read(const struct bus *bus, uint64_t addr, unsigned int len,
	      uint64_t *value);
bool bus_write(const struct bus *bus, uint64_t addr, unsigned int len,
	       uint64_t value);

#endif
