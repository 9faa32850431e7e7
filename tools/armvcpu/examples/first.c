// SPDX-License-Identifier: GPL-2.0-only
#include <libarmvcpu.h>
#include <string.h>
#include <sys/mman.h>

static const uint32_t guest[] = {
	0xd2a12001, 0x52800420,	/* mov x1, #0x09000000; mov w0, #'!' */
	0x39000020,		/* strb w0, [x1]: no memory there, so it exits */
	0x52b08000, 0x72800100,	/* mov w0, #0x84000008: PSCI SYSTEM_OFF */
	0xd4000002,		/* hvc #0 */
};

int main(void)
{
	struct armvcpu_vm vm;
	struct armvcpu_vcpu cpu;
	int dev = armvcpu_open(NULL);
	void *ram = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (dev < 0)
		return fprintf(stderr, "/dev/armvcpu: %s\n", armvcpu_open_hint(dev)), 1;
	memcpy(ram, guest, sizeof(guest));
	if (armvcpu_vm_create(&vm, dev, 0, 0) || armvcpu_vm_memory(&vm, 0, 0x40000000, ram, 0x10000, 0) ||
	    armvcpu_vcpu_create(&cpu, &vm, 0, 0, 0) || armvcpu_vcpu_reset(&cpu, 0x40000000, 0, 0))
		return 1;
	while (!armvcpu_vcpu_run(&cpu) && cpu.run->exit_reason == ARMVCPU_EXIT_MMIO)
		printf("guest stored %c\n", (int)armvcpu_mmio_write_data(cpu.run));
	puts(armvcpu_exit_name(cpu.run->exit_reason));
	return cpu.run->exit_reason != ARMVCPU_EXIT_SYSTEM_OFF;
}
