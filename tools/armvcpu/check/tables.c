// SPDX-License-Identifier: GPL-2.0-only
/* The firmware's description of timer, GIC and hypervisor. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "tables.h"

/* ---- device tree ------------------------------------------------------------- */

/* No real tree is deeper; a loop of links would be. */
#define MAX_DEPTH	10

#define FIRST_PPI	16
#define DT_PPI		1	/* first cell of a GIC's interrupt specifier */

/* Which entry is which without names (arm,arch_timer.yaml) */
enum { DT_TIMER_PHYS = 1, DT_TIMER_VIRT, DT_TIMER_HYP };

struct dt {
	struct facts *f;
	const char *root;
	unsigned int gic_cells;
	/* interrupts of the timer's node, in bytes */
	uint8_t timer[128];
	size_t timer_size;
	char timer_names[128];
	size_t timer_names_size;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* A property of a node; what does not fit is cut off. Its size, or 0. */
static size_t property(const struct dt *dt, const char *node, const char *name, void *data,
		       size_t room)
{
	char path[4096], *all;
	size_t size = 0;

	if (snprintf(path, sizeof(path), "%s/%s", node, name) >= (int)sizeof(path))
		return 0;
	all = file_read(dt->root, path, &size);
	if (!all)
		return 0;
	if (size > room)
		size = room;
	memcpy(data, all, size);
	free(all);
	return size;
}

/* Is @word among these strings, each with a NUL after it? Its index, or -1. */
static int list_index(const char *list, size_t size, const char *word)
{
	size_t at = 0;
	int i = 0;

	while (at < size) {
		size_t len = strnlen(list + at, size - at);

		if (len == strlen(word) && !memcmp(list + at, word, len))
			return i;
		at += len + 1;
		i++;
	}
	return -1;
}

static bool list_has(const char *list, size_t size, const char *word)
{
	return list_index(list, size, word) >= 0;
}

/* Cells of an address or a size in @node's children. */
static unsigned int cells_of(const struct dt *dt, const char *node, const char *name,
			     unsigned int otherwise)
{
	uint8_t cells[4];

	if (property(dt, node, name, cells, sizeof(cells)) != sizeof(cells) || be32(cells) > 4)
		return otherwise;
	return be32(cells);
}

static uint64_t number(const uint8_t *p, unsigned int cells)
{
	uint64_t n = 0;

	while (cells--) {
		n = n << 32 | be32(p);
		p += 4;
	}
	return n;
}

/* In the node of a GICv2, in this order (arm,gic.yaml) */
enum { DT_GICD, DT_GICC, DT_GICH, DT_GICV, DT_FRAMES };

static void read_gicv2_frames(struct dt *dt, const char *node)
{
	char parent[4096];
	unsigned int addr, frame;
	uint8_t reg[DT_FRAMES * 8 * 4];
	size_t size;
	char *slash;

	snprintf(parent, sizeof(parent), "%s", node);
	slash = strrchr(parent, '/');
	if (!slash)
		return;
	*slash = '\0';
	addr = cells_of(dt, parent, "#address-cells", 2);
	frame = 4 * (addr + cells_of(dt, parent, "#size-cells", 1));
	size = property(dt, node, "reg", reg, sizeof(reg));
	dt->f->gich = size >= (DT_GICH + 1) * frame;
	if (size < DT_FRAMES * frame)
		return;
	dt->f->gicv_base = number(reg + DT_GICV * frame, addr);
	dt->f->gicv_size = number(reg + DT_GICV * frame + 4 * addr, frame / 4 - addr);
}

static void read_gic_node(struct dt *dt, const char *node, bool v3)
{
	uint8_t cells[4], first[4];

	if (!v3)
		read_gicv2_frames(dt, node);

	dt->f->gic = v3 ? GIC_V3 : GIC_V2;
	if (property(dt, node, "#interrupt-cells", cells, sizeof(cells)) == sizeof(cells))
		dt->gic_cells = be32(cells);
	dt->f->gic_maintenance =
		property(dt, node, "interrupts", first, sizeof(first)) ||
		property(dt, node, "interrupts-extended", first, sizeof(first)) ? YES : NO;
}

static void read_node(struct dt *dt, const char *node)
{
	static const char *const v2[] = {
		"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,cortex-a9-gic",
		"arm,arm11mp-gic", "arm,pl390", "qcom,msm-qgic2",
	};
	const char *base = strrchr(node, '/');
	char compatible[512];
	size_t size, i;

	size = property(dt, node, "compatible", compatible, sizeof(compatible) - 1);
	compatible[size] = '\0';

	if (list_has(compatible, size, "arm,gic-v3")) {
		read_gic_node(dt, node, true);
	} else if (dt->f->gic != GIC_V3) {
		for (i = 0; i < ARRAY_SIZE(v2); i++)
			if (list_has(compatible, size, v2[i]))
				read_gic_node(dt, node, false);
	}
	if (!dt->timer_size && (list_has(compatible, size, "arm,armv8-timer") ||
				list_has(compatible, size, "arm,armv7-timer"))) {
		dt->timer_size = property(dt, node, "interrupts", dt->timer, sizeof(dt->timer));
		dt->timer_names_size = property(dt, node, "interrupt-names", dt->timer_names,
						sizeof(dt->timer_names));
	}
	if (base && (!strcmp(base, "/hypervisor") || !strncmp(base, "/hypervisor@", 12)) && size)
		snprintf(dt->f->el2_owner, sizeof(dt->f->el2_owner), "%.100s", compatible);
	if (base && !strcmp(base, "/psci")) {
		char method[8] = "";

		property(dt, node, "method", method, sizeof(method) - 1);
		dt->f->psci_hvc = !strcmp(method, "hvc");
	}
}

static void walk(struct dt *dt, const char *node, int depth)
{
	DIR *dir = file_list(dt->root, node);
	struct dirent *e;
	char child[4096];
	struct stat st;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", node, e->d_name) >=
		    (int)sizeof(child) ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISDIR(st.st_mode))
			continue;
		read_node(dt, child);
		if (depth < MAX_DEPTH)
			walk(dt, child, depth + 1);
	}
	closedir(dir);
}

/*
 * INTID of the timer's interrupt with this name, or at this place; 0: none, or none of
 * a GIC's.
 */
static unsigned int timer_ppi(const struct dt *dt, const char *name, unsigned int place)
{
	unsigned int cells = dt->gic_cells >= 3 && dt->gic_cells <= 8 ? dt->gic_cells : 3;
	int named = list_index(dt->timer_names, dt->timer_names_size, name);
	const uint8_t *p;

	if (dt->timer_names_size) {
		if (named < 0)
			return 0;
		place = named;
	}
	if ((place + 1) * cells * 4 > dt->timer_size)
		return 0;
	p = dt->timer + place * cells * 4;
	return be32(p) == DT_PPI ? be32(p + 4) + FIRST_PPI : 0;
}

bool devicetree_read(struct facts *f, const char *root)
{
	struct dt dt = { .f = f, .root = root };

	if (file_exists(root, "/sys/firmware/devicetree/base/compatible"))
		walk(&dt, "/sys/firmware/devicetree/base", 0);
	else if (file_exists(root, "/proc/device-tree/compatible"))
		walk(&dt, "/proc/device-tree", 0);
	else
		return false;

	if (dt.timer_size) {
		unsigned int hyp = timer_ppi(&dt, "hyp-phys", DT_TIMER_HYP);
		unsigned int virt = timer_ppi(&dt, "virt", DT_TIMER_VIRT);
		unsigned int phys = timer_ppi(&dt, "phys", DT_TIMER_PHYS);

		/* A kernel that has no use for the EL2 timer gets along without. */
		f->timer_hyp = hyp;
		f->timer_virt = virt ? virt : f->timer_virt;
		/* Another controller has specifiers of its own. */
		f->timer_virt_named = virt ? YES : dt.gic_cells ? NO : UNKNOWN;
		f->timer_phys = phys ? phys : f->timer_phys;
	}
	return true;
}

/* ---- ACPI ---------------------------------------------------------------------- */

/* Offsets in the GTDT (ACPI 6.4, 5.2.24) */
#define GTDT_PHYS		56
#define GTDT_VIRT		64
#define GTDT_HYP		72

/* And in the MADT (5.2.12) and its structures */
#define MADT_HEADER		44
#define MADT_GICC		0x0b
#define GICC_FLAGS		12
#define GICC_ENABLED		1
#define GICC_GICV		40
#define GICC_GICH		48
#define GICC_VGIC_INTERRUPT	56
#define GICV_SIZE		0x2000	/* the table has no sizes */
#define MADT_GICD		0x0c
#define GICD_VERSION		20

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint8_t *table(struct facts *f, const char *root, const char *path, size_t *size)
{
	uint8_t *p = (uint8_t *)file_read(root, path, size);

	if (!p && errno == EACCES)
		f->can_be_root = true;
	return p;
}

static void read_gtdt(struct facts *f, const char *root)
{
	size_t size = 0;
	uint8_t *p = table(f, root, "/sys/firmware/acpi/tables/GTDT", &size);

	if (p && size >= GTDT_HYP + 4) {
		f->timer_phys = le32(p + GTDT_PHYS);
		f->timer_virt = le32(p + GTDT_VIRT);
		f->timer_virt_named = f->timer_virt ? YES : NO;
		f->timer_hyp = le32(p + GTDT_HYP);
	}
	free(p);
}

static void read_madt(struct facts *f, const char *root)
{
	size_t size = 0, at = MADT_HEADER;
	uint8_t *p = table(f, root, "/sys/firmware/acpi/tables/APIC", &size);

	while (p && at + 2 <= size) {
		const uint8_t *s = p + at;
		size_t len = s[1];

		if (len < 2 || at + len > size)
			break;
		/* The first CPU that is there speaks for all. */
		if (s[0] == MADT_GICC && len >= GICC_VGIC_INTERRUPT + 4 &&
		    (le32(s + GICC_FLAGS) & GICC_ENABLED) && f->gic_maintenance == UNKNOWN) {
			f->gic_maintenance = le32(s + GICC_VGIC_INTERRUPT) ? YES : NO;
			f->gich = le64(s + GICC_GICH);
			f->gicv_base = le64(s + GICC_GICV);
			f->gicv_size = f->gicv_base ? GICV_SIZE : 0;
		}
		if (s[0] == MADT_GICD && len > GICD_VERSION && s[GICD_VERSION])
			f->gic = s[GICD_VERSION] >= 3 ? GIC_V3 : GIC_V2;
		at += len;
	}
	free(p);
}

bool acpi_read(struct facts *f, const char *root)
{
	if (!file_exists(root, "/sys/firmware/acpi/tables"))
		return false;
	read_gtdt(f, root);
	read_madt(f, root);
	return true;
}
