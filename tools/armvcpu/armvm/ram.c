// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM: anonymous memory of this process.
 */
#include "ram.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

/**
 * ram_alignment() - what guest memory is aligned to
 * @page_size: bytes of a page of the host
 *
 * Return: bytes of the host's huge pages, all that a table of its lowest level maps:
 * 2 MiB, 32 MiB or 512 MiB, for pages of 4, 16 or 64 KiB.
 */
uint64_t ram_alignment(uint64_t page_size)
{
	return page_size * (page_size / 8);
}

/**
 * ram_create_aligned() - reserve guest memory at a multiple of an address
 * @ram: filled in
 * @base: guest physical address
 * @size: bytes, a multiple of 1 MiB
 * @alignment: a power of two, no less than a page
 *
 * Return: as for ram_create().
 */
int ram_create_aligned(struct ram *ram, uint64_t base, uint64_t size, uint64_t alignment)
{
	uintptr_t start, aligned;
	void *map;

	/* What is only there to be cut off is not to be accounted. */
	map = mmap(NULL, size + alignment, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		goto fail;

	start = (uintptr_t)map;
	aligned = align_up(start, alignment);
	if (aligned > start)
		munmap(map, aligned - start);
	munmap((void *)(aligned + size), start + alignment - aligned);
	map = (void *)aligned;
	if (mprotect(map, size, PROT_READ | PROT_WRITE)) {
		int err = errno;

		munmap(map, size);
		errno = err;
		goto fail;
	}

	ram->host = map;
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
fail:
	return error("%llu MiB of guest memory: %s", (unsigned long long)(size / SZ_1M),
		     strerror(errno));
}

/**
 * ram_create() - reserve guest memory
 * @ram: filled in
 * @base: guest physical address
 * @size: bytes, a multiple of 1 MiB
 *
 * Pages are taken when they are first touched. The address is aligned so that a huge
 * page of the host can be a block of the guest's memory, where @base is aligned as much.
 *
 * Return: 0, or -1 after an error message.
 */
int ram_create(struct ram *ram, uint64_t base, uint64_t size)
{
	return ram_create_aligned(ram, base, size, ram_alignment(sysconf(_SC_PAGESIZE)));
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
