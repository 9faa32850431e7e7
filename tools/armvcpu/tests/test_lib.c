// SPDX-License-Identifier: GPL-2.0-only
/* What of libarmvcpu needs no kernel. */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include <libarmvcpu.h>

static void opens_only_the_device(void **state)
{
	(void)state;
	assert_int_equal(armvcpu_open("/nonexistent"), -ENOENT);
	assert_int_equal(armvcpu_open("/dev/null"), -ENOTTY);
	assert_non_null(strstr(armvcpu_open_hint(-ENOENT), "load armvcpu.ko"));
	assert_non_null(strstr(armvcpu_open_hint(-EACCES), "permission"));
	assert_non_null(strstr(armvcpu_open_hint(-ENOTTY), "not armvcpu"));
	assert_non_null(strstr(armvcpu_open_hint(-EPROTO), "version"));
	assert_non_null(armvcpu_open_hint(-ENOMEM));
}

static void fails_on_closed_objects(void **state)
{
	struct armvcpu_vm vm = { .fd = -1 };
	struct armvcpu_vcpu vcpu = { .fd = -1 };
	struct armvcpu_create_gic gic = { .model = ARMVCPU_GIC_V2 };
	struct armvcpu_ring *ring;
	struct armvcpu_regs regs;
	uint32_t count = 0;

	(void)state;
	assert_int_equal(armvcpu_vm_create(&vm, -1, 0, 0), -EBADF);
	assert_int_equal(armvcpu_vm_memory(&vm, 0, 0, NULL, 0, 0), -EBADF);
	assert_int_equal(armvcpu_vm_gic(&vm, &gic), -EBADF);
	assert_int_equal(armvcpu_vm_gicv3(&vm, 0, 0, 0, 0), -EBADF);
	assert_int_equal(armvcpu_vm_irq(&vm, 0, 0, 0, true), -EBADF);
	assert_int_equal(armvcpu_vm_irqfd(&vm, 0, 32, -1), -EBADF);
	assert_int_equal(armvcpu_vm_irqfd_undo(&vm, 0, 32), -EBADF);
	assert_int_equal(armvcpu_vm_ioeventfd(&vm, 0, 0, 4, NULL), -EBADF);
	assert_int_equal(armvcpu_vm_ioeventfd_undo(&vm, 0, 0, 4, NULL), -EBADF);
	assert_int_equal(armvcpu_vm_posted_writes(&vm, 0, 4, -1), -EBADF);
	assert_int_equal(armvcpu_vm_posted_writes_undo(&vm, 0, 4), -EBADF);
	assert_int_equal(armvcpu_vm_stats(&vm), -EBADF);
	assert_int_equal(armvcpu_vcpu_stats(&vcpu), -EBADF);
	vm.ring_size = 4096;
	assert_int_equal(armvcpu_vm_ring_map(&vm, &ring), -EBADF);
	vm.ring_size = 0;
	assert_int_equal(armvcpu_vm_ring_map(&vm, &ring), -EOPNOTSUPP);
	armvcpu_vm_ring_unmap(&vm, NULL);
	assert_int_equal(armvcpu_vcpu_create(&vcpu, &vm, 0, 0, 0), -EBADF);
	assert_int_equal(vcpu.fd, -1);
	assert_int_equal(armvcpu_vcpu_run(&vcpu), -EBADF);
	assert_int_equal(armvcpu_vcpu_reset(&vcpu, 0, 0, 0), -EBADF);
	assert_int_equal(armvcpu_vcpu_loop(&vcpu, NULL, NULL), -EBADF);
	assert_int_equal(armvcpu_get_regs(&vcpu, &regs), -EBADF);
	assert_int_equal(armvcpu_list_sysregs(&vcpu, NULL, &count), -EBADF);
	armvcpu_vcpu_close(&vcpu);
	armvcpu_vm_close(&vm);
}

/* Round the ring, and over the end of the numbers. */
static void takes_from_the_ring(void **state)
{
	union {
		struct armvcpu_ring ring;
		char space[sizeof(struct armvcpu_ring) +
			   4 * sizeof(struct armvcpu_posted_write)];
	} u = { .ring = { .count = 4, .producer = UINT32_MAX - 2,
			  .consumer = UINT32_MAX - 2 } };
	struct armvcpu_posted_write w;
	uint32_t n;

	(void)state;
	assert_false(armvcpu_ring_take(&u.ring, &w));
	for (n = 0; n < 20; n++) {
		u.ring.entries[u.ring.producer++ & 3].data = 2 * n;
		u.ring.entries[u.ring.producer++ & 3].data = 2 * n + 1;
		assert_true(armvcpu_ring_take(&u.ring, &w));
		assert_int_equal(w.data, 2 * n);
		assert_true(armvcpu_ring_take(&u.ring, &w));
		assert_int_equal(w.data, 2 * n + 1);
		assert_false(armvcpu_ring_take(&u.ring, &w));
		assert_int_equal(u.ring.consumer, u.ring.producer);
	}
}

static void names_exits(void **state)
{
	(void)state;
	assert_string_equal(armvcpu_exit_name(ARMVCPU_EXIT_MMIO), "MMIO");
	assert_string_equal(armvcpu_exit_name(ARMVCPU_EXIT_INTERNAL_ERROR),
			    "INTERNAL_ERROR");
	assert_string_equal(armvcpu_exit_name(14), "?");
	assert_string_equal(armvcpu_exit_name(UINT32_MAX), "?");
}

static void completes_mmio(void **state)
{
	struct armvcpu_run run = { .answer = ARMVCPU_ANSWER_INJECT };

	(void)state;
	armvcpu_mmio_complete(&run, 0x55);
	assert_int_equal(run.u.mmio.data, 0x55);
	assert_int_equal(run.answer, ARMVCPU_ANSWER_HANDLED);
	assert_false(armvcpu_mmio_is_write(&run));

	run.u.mmio.flags = ARMVCPU_MMIO_WRITE | ARMVCPU_MMIO_REG64;
	armvcpu_mmio_complete(&run, 0xaa);
	assert_true(armvcpu_mmio_is_write(&run));
	assert_int_equal(armvcpu_mmio_write_data(&run), 0x55);

	armvcpu_inject(&run);
	assert_int_equal(run.answer, ARMVCPU_ANSWER_INJECT);
	armvcpu_retry(&run);
	assert_int_equal(run.answer, ARMVCPU_ANSWER_RETRY);
}

/* Whatever the page holds, a dump is short, and names the exit. */
static void dumps_any_page(void **state)
{
	struct armvcpu_run run;
	struct armvcpu_regs regs;
	unsigned int reason, fill;
	char *text;
	size_t size;
	FILE *out;

	(void)state;
	for (reason = 0; reason < 20; reason++) {
		for (fill = 0; fill < 256; fill += 51) {
			memset(&run, (int)fill, sizeof(run));
			run.exit_reason = reason;
			out = open_memstream(&text, &size);
			armvcpu_dump_exit(out, &run);
			fclose(out);
			assert_true(size && size < 600);
			assert_non_null(strstr(text,
					       armvcpu_exit_name(reason)));
			free(text);
		}
	}

	memset(&regs, 0xff, sizeof(regs));
	out = open_memstream(&text, &size);
	armvcpu_dump_regs(out, &regs);
	fclose(out);
	assert_non_null(strstr(text, "x30"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_only_the_device),
		cmocka_unit_test(fails_on_closed_objects),
		cmocka_unit_test(takes_from_the_ring),
		cmocka_unit_test(names_exits),
		cmocka_unit_test(completes_mmio),
		cmocka_unit_test(dumps_any_page),
	};

	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
