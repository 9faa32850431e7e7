// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM: anonymous memory of this process.
 */
#include "ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "util.h"

/**
 * ram_create() - reserve guest memory
 * @ram: filled in
 * @base: guest physical address
 * @size: bytes, a multiple of 1 MiB
 *
 * Pages are taken when they are first touched. The address is aligned so that
 * 2 MiB of the guest can be one huge page of the host.
 *
 * Return: 0, or -1 after an error message.
 */
int ram_create(struct ram *ram, uint64_t base, uint64_t size)
{
	uintptr_t start, aligned;
	void *map;

	map = mmap(NULL, size + SZ_2M, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return error("%llu MiB of guest memory: %s",
			     (unsigned long long)(size / SZ_1M),
			     strerror(errno));

	start = (uintptr_t)map;
	aligned = align_up(start, SZ_2M);
	if (aligned > start)
		munmap(map, aligned - start);
	munmap((void *)(aligned + size), start + SZ_2M - aligned);

	ram->host = (void *)aligned;
	ram->base = base;
	ram->size = size;

	/* Huge pages are an offer; a host without them refuses. */
	madvise(ram->host, size, MADV_HUGEPAGE);
	/*
	 * A child must not turn the guest's pages copy-on-write: where the
	 * host pins them, guest and VMM would part at the next write.
	 */
	madvise(ram->host, size, MADV_DONTFORK);
	return 0;
}

/**
 * ram_destroy() - give guest memory back
 * @ram: the RAM
 */
void ram_destroy(struct ram *ram)
{
	if (ram->host)
		munmap(ram->host, ram->size);
	ram->host = NULL;
}

/**
 * ram_clear() - make all of it zero again, as after power-on
 * @ram: the RAM; no vCPU runs
 *
 * Return: 0, or -1 after an error message.
 */
int ram_clear(struct ram *ram)
{
	if (madvise(ram->host, ram->size, MADV_DONTNEED))
		return error("cannot clear guest memory: %s", strerror(errno));
	return 0;
}
