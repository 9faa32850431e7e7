// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the device behind a guest physical address.
 *
 * The bus is 32 bits wide: an access of eight bytes becomes two. What is not
 * naturally aligned or reaches over the end of a device finds no device.
 */
#include "bus.h"

#include "util.h"

/**
 * bus_add() - put a device on the bus
 * @bus: the bus
 * @device: copied
 *
 * Return: 0, or -1 after an error message.
 */
int bus_add(struct bus *bus, const struct bus_device *device)
{
	size_t i;

	for (i = 0; i < bus->count; i++) {
		const struct bus_device *d = &bus->devices[i];

		if (device->base < d->base + d->size &&
		    d->base < device->base + device->size)
			return error("two devices at %#llx",
				     (unsigned long long)device->base);
	}
	if (bus->count == BUS_MAX_DEVICES)
		return error("too many devices");
	bus->devices[bus->count++] = *device;
	return 0;
}

static const struct bus_device *find(const struct bus *bus, uint64_t addr,
				     unsigned int len)
{
	size_t i;

	if (len != 1 && len != 2 && len != 4 && len != 8)
		return NULL;
	if (addr % len)
		return NULL;

	for (i = 0; i < bus->count; i++) {
		const struct bus_device *d = &bus->devices[i];

		if (addr >= d->base && addr - d->base < d->size &&
		    len <= d->size - (addr - d->base))
			return d;
	}
	return NULL;
}

/**
 * bus_read() - a guest's load
 * @bus: the bus
 * @addr: guest physical address, any value
 * @len: bytes
 * @value: out, zero extended
 *
 * Return: false when no device answers.
 */
bool bus_read(const struct bus *bus, uint64_t addr, unsigned int len,
	      uint64_t *value)
{
	const struct bus_device *d = find(bus, addr, len);
	uint64_t offset;

	if (!d)
		return false;
	offset = addr - d->base;
	if (len == 8)
		*value = (d->read(d->device, offset, 4) & UINT32_MAX) |
			 d->read(d->device, offset + 4, 4) << 32;
	else
		*value = d->read(d->device, offset, len) &
			 (UINT64_MAX >> (64 - 8 * len));
	return true;
}

/**
 * bus_write() - a guest's store
 * @bus: the bus
 * @addr: guest physical address, any value
 * @len: bytes
 * @value: the bytes, the first one lowest
 *
 * Return: false when no device answers.
 */
bool bus_write(const struct bus *bus, uint64_t addr, unsigned int len,
	       uint64_t value)
{
	const struct bus_device *d = find(bus, addr, len);
	uint64_t offset;

	if (!d)
		return false;
	offset = addr - d->base;
	if (len == 8) {
		d->write(d->device, offset, 4, value & UINT32_MAX);
		d->write(d->device, offset + 4, 4, value >> 32);
	} else {
		d->write(d->device, offset, len,
			 value & (UINT64_MAX >> (64 - 8 * len)));
	}
	return true;
}
