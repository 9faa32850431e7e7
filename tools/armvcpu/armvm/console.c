// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins stdin and stdout to the UART, and looks after the terminal.
 */
#include "console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"

#define CTRL_A	0x01

#define KICK_INTERVAL_US	1000

static struct termios saved;
/* What the terminal made of ours, the last time. */
static struct termios raw;
static bool was_raw;
static bool is_terminal;
static volatile sig_atomic_t is_raw;

/* A terminal without job control, as init has it, belongs to all. */
static bool in_background(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	return foreground >= 0 && foreground != getpgrp();
}

/**
 * terminal_restore() - give the terminal back as it was found
 *
 * Safe to be called at any time, also from signal handlers. In the background the
 * terminal is somebody else's, and to set its modes would stop armvm (SIGTTOU).
 */
void terminal_restore(void)
{
	if (is_raw && !in_background() && !tcsetattr(STDIN_FILENO, TCSANOW, &saved))
		is_raw = 0;
}

/* A death must not leave the user with a terminal that does not echo. */
static void on_death(int signo)
{
	terminal_restore();
	raise(signo);
}

static void restore_at(int signo)
{
	struct sigaction sa = {
		.sa_handler = on_death,
		.sa_flags = (int)SA_RESETHAND,
	};
	struct sigaction old;

	if (!sigaction(signo, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(signo, &sa, NULL);
}

/**
 * terminal_init() - remember how the terminal is, if stdin is one
 */
void terminal_init(void)
{
	/* All that kill and that machine.c has no use for. */
	static const int deaths[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU,
		SIGALRM, SIGVTALRM, SIGPROF, SIGUSR2, SIGIO, SIGPWR, SIGSTKFLT,
	};
	size_t i;
	int signo;

	is_terminal = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &saved);
	if (!is_terminal)
		return;
	for (i = 0; i < ARRAY_SIZE(deaths); i++)
		restore_at(deaths[i]);
	for (signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		restore_at(signo);
	atexit(terminal_restore);
}

/**
 * terminal_is_used() - is stdin a terminal?
 */
bool terminal_is_used(void)
{
	return is_terminal;
}

/* Field by field: there are bytes between them. */
static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) &&
	       cfgetispeed(a) == cfgetispeed(b) && cfgetospeed(a) == cfgetospeed(b);
}

/**
 * terminal_raw() - let each key through to the guest
 *
 * Does nothing in the background, where the terminal is somebody else's.
 * Output is still processed, so that messages need no carriage returns.
 */
void terminal_raw(void)
{
	struct termios modes;

	if (!is_terminal || in_background() || tcgetattr(STDIN_FILENO, &modes))
		return;
	/*
	 * While armvm was stopped somebody may have set it, and SIGSTOP left no time to
	 * give it back before. What somebody set is left alone by a death just now.
	 */
	if (!was_raw || !same_modes(&modes, &raw)) {
		is_raw = 0;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		saved = modes;
	}
	modes = saved;
	cfmakeraw(&modes);
	modes.c_oflag |= OPOST;
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &modes);
	was_raw = !tcgetattr(STDIN_FILENO, &raw);
}

/**
 * console_key() - sort out the keys that are meant for armvm
 * @escape: state, false at first
 * @key: the key; out: the one for the guest
 * @pass: out: there is one for the guest
 *
 * Return: what the key asks for.
 */
enum console_action console_key(bool *escape, uint8_t *key, bool *pass)
{
	*pass = false;
	if (!*escape) {
		*escape = *key == CTRL_A;
		*pass = !*escape;
		return CONSOLE_NONE;
	}

	*escape = false;
	switch (*key) {
	case CTRL_A:
	case 'a':
	case 'A':
		*key = CTRL_A;
		*pass = true;
		return CONSOLE_NONE;
	case 'x':
	case 'X':
		return CONSOLE_QUIT;
	case 'h':
	case 'H':
	case '?':
		return CONSOLE_HELP;
	default:
		return CONSOLE_NONE;
	}
}

static void show_help(void)
{
	static const char text[] = "\r\n"
		"Ctrl-A X       end armvm\r\n"
		"Ctrl-A A       send Ctrl-A to the guest, as Ctrl-A Ctrl-A does\r\n"
		"Ctrl-A H       show this help\r\n";

	fputs(text, stderr);
}

/* Moves input to the pending characters; what is too much is lost. */
static void take_keys(struct console *console, const uint8_t *keys,
		      size_t count)
{
	enum console_action action = CONSOLE_NONE;
	bool pass = true;
	size_t i;

	for (i = 0; i < count; i++) {
		uint8_t key = keys[i];

		if (is_terminal)
			action = console_key(&console->escape, &key, &pass);
		if (action == CONSOLE_QUIT)
			console->quit(console->owner);
		if (action == CONSOLE_HELP)
			show_help();
		if (pass && console->pending_count < CONSOLE_PENDING)
			console->pending[console->pending_count++] = key;
	}
}

static void feed_uart(struct console *console)
{
	size_t taken;

	if (!console->pending_count)
		return;
	taken = pl011_receive(console->uart, console->pending,
			      console->pending_count);
	console->pending_count -= taken;
	memmove(console->pending, console->pending + taken,
		console->pending_count);
}

static void *console_thread(void *arg)
{
	struct console *console = arg;
	bool end_of_file = false;
	uint8_t buffer[256];
	uint64_t wakes;
	sigset_t kick;
	ssize_t n;

	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &kick, NULL);

	while (!__atomic_load_n(&console->stopping, __ATOMIC_ACQUIRE)) {
		/*
		 * A terminal is always read, or Ctrl-A X would wait for the
		 * guest; a pipe only as fast as the guest takes it.
		 */
		bool listen = !end_of_file &&
			      (is_terminal || !console->pending_count);
		struct pollfd fds[] = {
			{ .fd = console->wake_fd, .events = POLLIN },
			{ .fd = listen ? STDIN_FILENO : -1, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents &&
		    read(console->wake_fd, &wakes, sizeof(wakes)) < 0)
			continue;
		if (fds[1].revents) {
			n = read(STDIN_FILENO, buffer, sizeof(buffer));
			if (n > 0)
				take_keys(console, buffer, (size_t)n);
			else if (!n || (errno != EINTR && errno != EAGAIN))
				end_of_file = true;
		}
		feed_uart(console);
	}
	__atomic_store_n(&console->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/**
 * console_start() - read stdin for the guest from now on
 * @console: @uart, @quit and @owner are set, the rest is zero
 *
 * Return: 0, or -1 after an error message.
 */
int console_start(struct console *console)
{
	int err;

	console->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (console->wake_fd < 0)
		return error("eventfd: %s", strerror(errno));
	err = pthread_create(&console->thread, NULL, console_thread, console);
	if (err) {
		close(console->wake_fd);
		return error("cannot start a thread: %s", strerror(err));
	}
	pthread_setname_np(console->thread, "console");
	console->started = true;
	terminal_raw();
	return 0;
}

/**
 * console_stop() - stop reading stdin and give the terminal back
 * @console: the console, started or not
 */
void console_stop(struct console *console)
{
	terminal_restore();
	if (!console->started)
		return;
	__atomic_store_n(&console->stopping, true, __ATOMIC_RELEASE);
	console_drained(console);
	/* Another process may have read what poll() told of: kick until it left. */
	while (!__atomic_load_n(&console->done, __ATOMIC_ACQUIRE)) {
		pthread_kill(console->thread, SIGUSR1);
		usleep(KICK_INTERVAL_US);
	}
	pthread_join(console->thread, NULL);
	close(console->wake_fd);
	console->started = false;
}

/**
 * console_drained() - the UART has room for more input
 * @console: the struct console
 */
void console_drained(void *console)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the thread will run. */
	if (write(((struct console *)console)->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/**
 * console_transmit() - a character from the guest to stdout
 * @unused: the UART's owner
 * @c: the character; lost when nobody can read it any more
 *
 * May block as long as stdout does. A kick of the vCPU's thread ends that.
 */
void console_transmit(void *unused, uint8_t c)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	(void)unused;
	while (write(STDOUT_FILENO, &c, 1) < 0 && errno == EAGAIN) {
		if (poll(&fd, 1, -1) < 0)
			return;
	}
}
