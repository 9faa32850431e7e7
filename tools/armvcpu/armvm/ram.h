/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's RAM as this process sees it. */
#ifndef ARMVM_RAM_H
#define ARMVM_RAM_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct ram - one range of guest memory
 * @host: its address in this process
 * @base: guest physical address
 * @size: bytes
 */
struct ram {
	void *host;
	uint64_t base;
	uint64_t size;
};

uint64_t ram_alignment(uint64_t page_size);
int ram_create_aligned(struct ram *ram, uint64_t base, uint64_t size, uint64_t alignment);
int ram_create(struct ram *ram, uint64_t base, uint64_t size);
void ram_destroy(struct ram *ram);
int ram_clear(struct ram *ram);

/**
 * ram_at() - pointer to guest memory; every address of a guest goes through it
 * @ram: the RAM
 * @addr: guest physical address, any value
 * @length: bytes, any value
 *
 * Return: the pointer, NULL unless all @length bytes are RAM.
 */
static inline void *ram_at(const struct ram *ram, uint64_t addr,
			   uint64_t length)
{
	uint64_t offset = addr - ram->base;

	if (addr < ram->base || offset > ram->size ||
	    length > ram->size - offset)
		return NULL;
	return (char *)ram->host + offset;
}

#endif
