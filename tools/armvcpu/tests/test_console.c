// SPDX-License-Identifier: GPL-2.0-only
/* The terminal and stdin, as armvm's console has them. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "util.h"

/* ---- the terminal --------------------------------------------------------- */

/* Ends a child with the line of what is wrong; cmocka is for the parent. */
#define CHECK(what) do { if (!(what)) _exit(__LINE__ % 250 + 1); } while (0)

/* A build machine may have no devpts; @name is that of the other end. */
static int open_master(char *name, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, size) || access(name, R_OK | W_OK)) {
		print_message("# there are no pseudo terminals: %s\n", strerror(errno));
		if (master >= 0)
			close(master);
		skip();
	}
	return master;
}

/* @f in the foreground of a terminal of its own, in a process of its own. */
static void on_terminal(void (*f)(void))
{
	char name[64];
	int master = open_master(name, sizeof(name)), terminal, status;
	pid_t pid = fork();

	if (!pid) {
		CHECK(setsid() > 0);
		terminal = open(name, O_RDWR);
		CHECK(terminal >= 0 && dup2(terminal, STDIN_FILENO) == STDIN_FILENO);
		f();
		_exit(0);
	}
	close(master);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status 0x%x (exit status: line %% 250 + 1)", status);
}

static bool echoes(void)
{
	struct termios modes;

	CHECK(!tcgetattr(STDIN_FILENO, &modes));
	return modes.c_lflag & ECHO;
}

static void die_of(int signo)
{
	/* No core, also where a program takes it: that asks for no limit. */
	prctl(PR_SET_DUMPABLE, 0);
	terminal_init();
	terminal_raw();
	CHECK(!echoes());
	raise(signo);
	_exit(0);
}

static void die(void)
{
	const int deaths[] = {
		SIGSEGV, SIGABRT, SIGXCPU, SIGALRM, SIGUSR2, SIGVTALRM, SIGPROF, SIGIO,
		SIGRTMIN + 3,
	};
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(deaths); i++) {
		pid = fork();
		if (!pid)
			die_of(deaths[i]);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == deaths[i]);
		CHECK(!WCOREDUMP(status));
		CHECK(echoes());
	}
}

static void terminal_outlives_signals(void **state)
{
	(void)state;
	on_terminal(die);
}

static void live(void)
{
	signal(SIGALRM, SIG_IGN);
	terminal_init();
	terminal_raw();
	raise(SIGALRM);
	CHECK(!echoes());
}

static void ignored_signals_stay_so(void **state)
{
	(void)state;
	on_terminal(live);
}

/*
 * What stty or a shell has done while armvm was stopped. Of SIGSTOP armvm learns by
 * SIGCONT, and has given nothing back before.
 */
static void set_meanwhile(bool given_back)
{
	struct termios modes;

	terminal_init();
	CHECK(!tcgetattr(STDIN_FILENO, &modes));
	terminal_raw();
	CHECK(!echoes());
	if (given_back) {
		terminal_restore();
		CHECK(echoes());
	}

	modes.c_cc[VERASE] = 'H' - '@';
	CHECK(!tcsetattr(STDIN_FILENO, TCSANOW, &modes));
	terminal_raw();
	/* as for SIGCONT without a stop: this is not to be kept */
	terminal_raw();
	CHECK(!echoes());
	terminal_restore();
	CHECK(echoes());
	CHECK(!tcgetattr(STDIN_FILENO, &modes));
	CHECK(modes.c_cc[VERASE] == 'H' - '@');
}

static void set_between(void)
{
	set_meanwhile(true);
}

static void set_while_stopped(void)
{
	set_meanwhile(false);
}

static void terminal_set_by_others(void **state)
{
	(void)state;
	on_terminal(set_between);
}

static void terminal_set_while_stopped(void **state)
{
	(void)state;
	on_terminal(set_while_stopped);
}

/* What cannot be given back in the background is given back later. */
static void come_back(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGTTOU, SIG_IGN);
		terminal_init();
		terminal_raw();
		setpgid(0, 0);
		terminal_restore();
		CHECK(!echoes());
		CHECK(!tcsetpgrp(STDIN_FILENO, getpgrp()));
		terminal_raw();
		CHECK(!echoes());
		terminal_restore();
		CHECK(echoes());
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!status);
}

static void terminal_again_in_foreground(void **state)
{
	(void)state;
	on_terminal(come_back);
}

static void go_to_background(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		terminal_init();
		terminal_raw();
		setpgid(0, 0);
		terminal_restore();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	if (WIFSTOPPED(status))
		kill(pid, SIGKILL);
	CHECK(!status);
	/* It is the foreground's, which has its own idea of it. */
	CHECK(!echoes());
}

static void terminal_of_others(void **state)
{
	(void)state;
	on_terminal(go_to_background);
}

/* ---- stdin ------------------------------------------------------------------ */

static bool thief, stolen;

/* In the place of libc's: somebody else who has this stdin is faster. */
ssize_t read(int fd, void *buffer, size_t size)
{
	char c;

	if (fd == STDIN_FILENO && thief) {
		syscall(SYS_read, fd, &c, 1);
		__atomic_store_n(&stolen, true, __ATOMIC_RELEASE);
	}
	return syscall(SYS_read, fd, buffer, size);
}

static void on_kick(int signo)
{
	(void)signo;
}

static void console_stops_in_a_read(void **state)
{
	struct sigaction kick = { .sa_handler = on_kick };
	struct console console = { .uart = NULL };
	int ends[2], old = dup(STDIN_FILENO);
	sigset_t set;

	(void)state;
	/* as machine.c has it */
	sigaction(SIGUSR1, &kick, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	thief = true;
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(console_start(&console), 0);
	while (!__atomic_load_n(&stolen, __ATOMIC_ACQUIRE))
		usleep(1000);
	usleep(10000);
	console_stop(&console);
	thief = false;
	dup2(old, STDIN_FILENO);
	close(old);
	close(ends[0]);
	close(ends[1]);
}

/* ---- the numbers of stdin, stdout and stderr ---------------------------------- */

static void close_some(void)
{
	close(STDOUT_FILENO);
	CHECK(!open_standard_files());
	CHECK(fcntl(STDOUT_FILENO, F_GETFD) == 0);
	CHECK(write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF);
	CHECK(echoes());	/* stdin is what it was */
	close(STDIN_FILENO);
	close(STDERR_FILENO);
	CHECK(!open_standard_files());
	CHECK(fcntl(STDIN_FILENO, F_GETFD) == 0);
	CHECK(fcntl(STDERR_FILENO, F_GETFD) == 0);
	CHECK(write(STDERR_FILENO, "x", 1) < 0 && errno == EBADF);
	CHECK(open("/dev/null", O_RDONLY) > STDERR_FILENO);
}

static void standard_files_are_open(void **state)
{
	(void)state;
	on_terminal(close_some);
}

static void open_none(void)
{
	static const struct rlimit none;
	char text[256] = "";
	int ends[2];

	CHECK(!pipe(ends) && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	close(STDOUT_FILENO);
	CHECK(!setrlimit(RLIMIT_NOFILE, &none));
	CHECK(open_standard_files() == -1);
	close(ends[1]);
	close(STDERR_FILENO);
	CHECK(read(ends[0], text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "/dev/null: ") && strstr(text, strerror(EMFILE)));
}

static void standard_files_cannot_be_opened(void **state)
{
	(void)state;
	on_terminal(open_none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_outlives_signals),
		cmocka_unit_test(ignored_signals_stay_so),
		cmocka_unit_test(terminal_set_by_others),
		cmocka_unit_test(terminal_set_while_stopped),
		cmocka_unit_test(terminal_again_in_foreground),
		cmocka_unit_test(terminal_of_others),
		cmocka_unit_test(console_stops_in_a_read),
		cmocka_unit_test(standard_files_are_open),
		cmocka_unit_test(standard_files_cannot_be_opened),
	};

	/* A test that hangs has failed. */
	alarm(30);
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
