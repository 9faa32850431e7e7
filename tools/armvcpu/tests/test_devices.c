// SPDX-License-Identifier: GPL-2.0-only
/* PL011, PL031 and the console's keys. */
#include "test.h"

#include "console.h"
#include "pl011.h"
#include "pl031.h"
#include "util.h"

#define DR	0x00
#define RSR	0x04
#define FR	0x18
#define LCR_H	0x2c
#define CR	0x30
#define IFLS	0x34
#define IMSC	0x38
#define RIS	0x3c
#define MIS	0x40
#define ICR	0x44

#define RXFE	0x10
#define RXFF	0x40
#define TXFE	0x80

#define INT_RX	0x10
#define INT_TX	0x20
#define INT_RT	0x40

struct uart {
	struct pl011 pl011;
	struct test_line line;
	char sent[64];
	size_t nr_sent;
	unsigned int drained;
};

static void transmit(void *owner, uint8_t c)
{
	struct uart *u = owner;

	u->sent[u->nr_sent++] = (char)c;
}

static void drained(void *owner)
{
	((struct uart *)owner)->drained++;
}

static int uart_setup(void **state)
{
	static struct uart u;

	memset(&u, 0, sizeof(u));
	u.pl011.line = TEST_LINE(&u.line);
	u.pl011.transmit = transmit;
	u.pl011.drained = drained;
	u.pl011.owner = &u;
	pl011_init(&u.pl011);
	*state = &u;
	return 0;
}

static uint64_t rd(struct uart *u, uint64_t offset)
{
	return pl011_read(&u->pl011, offset, 4);
}

static void wr(struct uart *u, uint64_t offset, uint64_t value)
{
	pl011_write(&u->pl011, offset, 4, value);
}

static size_t in(struct uart *u, const char *text)
{
	return pl011_receive(&u->pl011, (const uint8_t *)text, strlen(text));
}

static void uart_resets(void **state)
{
	static const uint8_t ids[] = {
		0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1,
	};
	struct uart *u = *state;
	unsigned int i;

	assert_int_equal(rd(u, FR), TXFE | RXFE);
	assert_int_equal(rd(u, CR), 0x300);
	assert_int_equal(rd(u, IFLS), 0x12);
	assert_int_equal(rd(u, RIS), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(rd(u, 0xfe0 + 4 * i), ids[i]);
	assert_int_equal(rd(u, 0x800), 0);
	wr(u, 0x800, ~0U);
}

static void uart_transmits(void **state)
{
	struct uart *u = *state;

	wr(u, DR, 0x1041);
	assert_int_equal(u->nr_sent, 1);
	assert_int_equal(u->sent[0], 'A');
	assert_int_equal(rd(u, FR) & TXFE, TXFE);
	assert_int_equal(rd(u, RIS), INT_TX);
	assert_false(u->line.level);
	wr(u, IMSC, INT_TX);
	assert_true(u->line.level);
	assert_int_equal(rd(u, MIS), INT_TX);
	wr(u, ICR, INT_TX);
	assert_false(u->line.level);
	wr(u, DR, 'B');
	assert_true(u->line.level);
	wr(u, IMSC, 0);
	assert_false(u->line.level);
}

static void uart_holds_one_without_fifo(void **state)
{
	struct uart *u = *state;

	wr(u, IMSC, INT_RX);
	assert_int_equal(in(u, "ab"), 1);
	assert_true(u->line.level);
	assert_int_equal(rd(u, FR) & (RXFF | RXFE), RXFF);
	assert_int_equal(u->drained, 0);
	assert_int_equal(rd(u, DR), 'a');
	assert_int_equal(u->drained, 1);
	assert_false(u->line.level);
	assert_int_equal(rd(u, FR) & (RXFF | RXFE), RXFE);
	assert_int_equal(rd(u, DR), 0);
	assert_int_equal(u->drained, 1);
}

static void uart_fifo_keeps_order(void **state)
{
	struct uart *u = *state;
	int round, i;

	wr(u, LCR_H, 0x10);
	for (round = 0; round < 3; round++) {
		assert_int_equal(in(u, "0123456789abcdefXYZ"), 16);
		assert_int_equal(rd(u, FR) & RXFF, RXFF);
		for (i = 0; i < 10; i++)
			assert_int_equal(rd(u, DR), "0123456789"[i]);
		assert_int_equal(in(u, "PQRS"), 4);
		for (i = 0; i < 10; i++)
			assert_int_equal(rd(u, DR), "abcdefPQRS"[i]);
		assert_int_equal(rd(u, FR) & RXFE, RXFE);
	}
	assert_int_equal(u->drained, 3);
}

static void uart_trigger_levels(void **state)
{
	static const unsigned int levels[] = { 2, 4, 8, 12, 14, 8, 8, 8 };
	struct uart *u = *state;
	unsigned int select, i;

	wr(u, LCR_H, 0x10);
	for (select = 0; select < 8; select++) {
		wr(u, IFLS, select << 3);
		for (i = 1; i < levels[select]; i++) {
			in(u, "x");
			assert_int_equal(rd(u, RIS) & INT_RX, 0);
			assert_int_equal(rd(u, RIS) & INT_RT, INT_RT);
		}
		in(u, "x");
		assert_int_equal(rd(u, RIS) & INT_RX, INT_RX);
		rd(u, DR);
		assert_int_equal(rd(u, RIS) & INT_RX, 0);
		assert_int_equal(rd(u, RIS) & INT_RT, levels[select] > 1 ?
							INT_RT : 0);
		while (!(rd(u, FR) & RXFE))
			rd(u, DR);
		assert_int_equal(rd(u, RIS), 0);
	}
}

static void uart_cleared_timeout_comes_again(void **state)
{
	struct uart *u = *state;

	wr(u, LCR_H, 0x10);
	wr(u, IMSC, INT_RT);
	in(u, "a");
	assert_true(u->line.level);
	wr(u, ICR, INT_RT);
	assert_false(u->line.level);
	in(u, "b");
	assert_true(u->line.level);
}

static void uart_fen_flushes(void **state)
{
	struct uart *u = *state;

	wr(u, LCR_H, 0x10);
	in(u, "0123456789abcdefg");
	wr(u, LCR_H, 0);
	assert_int_equal(u->drained, 1);
	assert_int_equal(rd(u, FR) & RXFE, RXFE);
	assert_int_equal(rd(u, RIS), 0);
	assert_int_equal(in(u, "xy"), 1);
	assert_int_equal(rd(u, DR), 'x');
}

static void uart_loops_back(void **state)
{
	struct uart *u = *state;

	wr(u, LCR_H, 0x10);
	wr(u, CR, 0x381);
	wr(u, DR, 'L');
	assert_int_equal(u->nr_sent, 0);
	assert_int_equal(in(u, "outside"), 7);
	assert_int_equal(rd(u, DR), 'L');
	assert_int_equal(rd(u, FR) & RXFE, RXFE);
	wr(u, CR, 0x301);
	wr(u, LCR_H, 0);
	wr(u, CR, 0x381);
	wr(u, DR, 'a');
	wr(u, DR, 'b');
	assert_int_equal(rd(u, RSR), 8);
	wr(u, RSR, 0);
	assert_int_equal(rd(u, RSR), 0);
	assert_int_equal(rd(u, DR), 'a');
}

static void uart_takes_any_register(void **state)
{
	struct uart *u = *state;
	uint64_t offset;

	for (offset = 0; offset < 0x1000; offset++) {
		pl011_write(&u->pl011, offset, 1, UINT64_MAX);
		pl011_read(&u->pl011, offset, 1);
		u->nr_sent = 0;
	}
	pl011_reset(&u->pl011);
	uart_resets(state);
	assert_false(u->line.level);
}

/* ---- PL031 ---- */

struct rtc {
	struct pl031 pl031;
	struct test_line line;
	time_t now;
	int64_t alarm;
};

static time_t now(void *owner)
{
	return ((struct rtc *)owner)->now;
}

static void arm_alarm(void *owner, int64_t when)
{
	((struct rtc *)owner)->alarm = when;
}

static int rtc_setup(void **state)
{
	static struct rtc r;

	memset(&r, 0, sizeof(r));
	r.now = 1700000000;
	r.pl031.line = TEST_LINE(&r.line);
	r.pl031.now = now;
	r.pl031.arm_alarm = arm_alarm;
	r.pl031.owner = &r;
	pl031_init(&r.pl031);
	*state = &r;
	return 0;
}

static uint64_t rtc_rd(struct rtc *r, uint64_t offset)
{
	return pl031_read(&r->pl031, offset, 4);
}

static void rtc_wr(struct rtc *r, uint64_t offset, uint64_t value)
{
	pl031_write(&r->pl031, offset, 4, value);
}

static void rtc_counts(void **state)
{
	struct rtc *r = *state;

	assert_int_equal(rtc_rd(r, 0), 1700000000);
	r->now += 5;
	assert_int_equal(rtc_rd(r, 0), 1700000005);
	assert_int_equal(rtc_rd(r, 0xc), 1);
	assert_int_equal(rtc_rd(r, 0xfe0), 0x31);
	assert_int_equal(rtc_rd(r, 0xffc), 0xb1);
}

static void rtc_is_set(void **state)
{
	struct rtc *r = *state;

	rtc_wr(r, 8, 1000);
	assert_int_equal(rtc_rd(r, 0), 1000);
	assert_int_equal(rtc_rd(r, 8), 1000);
	r->now += 7;
	assert_int_equal(rtc_rd(r, 0), 1007);
	rtc_wr(r, 8, 0xffffffff);
	r->now += 2;
	assert_int_equal(rtc_rd(r, 0), 1);
}

static void rtc_alarms(void **state)
{
	struct rtc *r = *state;

	rtc_wr(r, 0x10, 1);
	rtc_wr(r, 4, 1700000010);
	assert_int_equal(r->alarm, 1700000010);
	pl031_alarm(&r->pl031);
	assert_false(r->line.level);
	assert_int_equal(r->alarm, 1700000010);
	r->now += 10;
	pl031_alarm(&r->pl031);
	assert_true(r->line.level);
	assert_int_equal(rtc_rd(r, 0x18), 1);
	rtc_wr(r, 0x1c, 1);
	assert_false(r->line.level);
	assert_int_equal(rtc_rd(r, 0x14), 0);
}

/* pl031_alarm() may be called at any time. */
static void rtc_without_an_alarm(void **state)
{
	struct rtc *r = *state;

	rtc_wr(r, 0x10, 1);
	r->now += 3600;
	pl031_alarm(&r->pl031);
	assert_int_equal(rtc_rd(r, 0x14), 0);
	assert_int_equal(r->alarm, -1);

	/* one that was, and was taken */
	rtc_wr(r, 4, r->now + 10);
	r->now += 10;
	pl031_alarm(&r->pl031);
	assert_true(r->line.level);
	rtc_wr(r, 0x1c, 1);
	r->now += 3600;
	pl031_alarm(&r->pl031);
	assert_false(r->line.level);

	/* one that is, now earlier, and passed over */
	rtc_wr(r, 4, r->now + 100);
	r->now -= 50;
	pl031_alarm(&r->pl031);
	assert_int_equal(r->alarm, r->now + 150);
	r->now += 3600;
	pl031_alarm(&r->pl031);
	assert_true(r->line.level);
	assert_int_equal(r->line.edges, 2);

	rtc_wr(r, 4, r->now + 100);
	pl031_reset(&r->pl031);
	r->now += 3600;
	pl031_alarm(&r->pl031);
	assert_int_equal(rtc_rd(r, 0x14), 0);
}

/* More than half of what 32 bits can tell: no sign is to be made of it. */
static void rtc_alarm_far_ahead(void **state)
{
	struct rtc *r = *state;

	/* as a driver sets the time, with the match as after reset */
	rtc_wr(r, 0x10, 1);
	rtc_wr(r, 8, r->now);
	pl031_alarm(&r->pl031);
	assert_int_equal(rtc_rd(r, 0x14), 0);
	assert_false(r->line.level);

	/* just missed: once around */
	rtc_wr(r, 4, r->now - 10);
	pl031_alarm(&r->pl031);
	assert_false(r->line.level);
	r->now += (1LL << 32) - 11;
	pl031_alarm(&r->pl031);
	assert_false(r->line.level);
	assert_int_equal(r->alarm, r->now + 1);
	r->now++;
	pl031_alarm(&r->pl031);
	assert_true(r->line.level);

	/* the time is set to that of the match */
	rtc_wr(r, 0x1c, 1);
	rtc_wr(r, 4, 5000);
	rtc_wr(r, 8, 4990);
	assert_false(r->line.level);
	assert_int_equal(r->alarm, r->now + 10);
	rtc_wr(r, 8, 5000);
	assert_true(r->line.level);
	assert_int_equal(r->alarm, -1);
}

static void rtc_alarm_can_be_masked(void **state)
{
	struct rtc *r = *state;

	rtc_wr(r, 4, 1700000000);
	assert_int_equal(rtc_rd(r, 0x14), 1);
	assert_int_equal(rtc_rd(r, 0x18), 0);
	assert_false(r->line.level);
	rtc_wr(r, 0x10, 1);
	assert_true(r->line.level);
	pl031_reset(&r->pl031);
	assert_false(r->line.level);
	assert_int_equal(r->alarm, -1);
}

/* ---- keys ---- */

static void keys_are_sorted(void **state)
{
	static const struct {
		bool escape;
		uint8_t key;
		enum console_action action;
		bool pass;
		uint8_t out;
		bool then;
	} cases[] = {
		{ false, 'x', CONSOLE_NONE, true, 'x', false },
		{ false, 1, CONSOLE_NONE, false, 1, true },
		{ true, 'x', CONSOLE_QUIT, false, 'x', false },
		{ true, 'X', CONSOLE_QUIT, false, 'X', false },
		{ true, 'h', CONSOLE_HELP, false, 'h', false },
		{ true, '?', CONSOLE_HELP, false, '?', false },
		{ true, 1, CONSOLE_NONE, true, 1, false },
		{ true, 'a', CONSOLE_NONE, true, 1, false },
		{ true, 'q', CONSOLE_NONE, false, 'q', false },
		{ false, 3, CONSOLE_NONE, true, 3, false },
		{ false, 0xff, CONSOLE_NONE, true, 0xff, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool escape = cases[i].escape, pass;
		uint8_t key = cases[i].key;

		assert_int_equal(console_key(&escape, &key, &pass),
				 cases[i].action);
		assert_int_equal(pass, cases[i].pass);
		assert_int_equal(key, cases[i].out);
		assert_int_equal(escape, cases[i].then);
	}
}

#define UART_TEST(f)	cmocka_unit_test_setup(f, uart_setup)
#define RTC_TEST(f)	cmocka_unit_test_setup(f, rtc_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UART_TEST(uart_resets),
		UART_TEST(uart_transmits),
		UART_TEST(uart_holds_one_without_fifo),
		UART_TEST(uart_fifo_keeps_order),
		UART_TEST(uart_trigger_levels),
		UART_TEST(uart_cleared_timeout_comes_again),
		UART_TEST(uart_fen_flushes),
		UART_TEST(uart_loops_back),
		UART_TEST(uart_takes_any_register),
		RTC_TEST(rtc_counts),
		RTC_TEST(rtc_is_set),
		RTC_TEST(rtc_alarms),
		RTC_TEST(rtc_without_an_alarm),
		RTC_TEST(rtc_alarm_far_ahead),
		RTC_TEST(rtc_alarm_can_be_masked),
		cmocka_unit_test(keys_are_sorted),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
