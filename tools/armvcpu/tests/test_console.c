// SPDX-License-Identifier: GPL-2.0-only
/* The terminal and stdin, as armvm's console has them. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
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

/* @f in the foreground of a terminal of its own, in a process of its own. */
static void on_terminal(void (*f)(void))
{
	int master, terminal, status;
	pid_t pid = fork();

	if (!pid) {
		CHECK(setsid() > 0);
		master = posix_openpt(O_RDWR | O_NOCTTY);
		CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
		terminal = open(ptsname(master), O_RDWR);
		CHECK(terminal >= 0 && dup2(terminal, STDIN_FILENO) == STDIN_FILENO);
		f();
		_exit(0);
	}
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
	static const struct rlimit no_core;

	setrlimit(RLIMIT_CORE, &no_core);
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

/* What stty has done while armvm was stopped. */
static void set_between(void)
{
	struct termios modes;

	terminal_init();
	terminal_raw();
	CHECK(!echoes());
	terminal_restore();
	CHECK(echoes());

	CHECK(!tcgetattr(STDIN_FILENO, &modes));
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

static void terminal_set_by_others(void **state)
{
	(void)state;
	on_terminal(set_between);
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
	CHECK(echoes());	/* stdin is what it was */
	close(STDIN_FILENO);
	close(STDERR_FILENO);
	CHECK(!open_standard_files());
	CHECK(fcntl(STDIN_FILENO, F_GETFD) == 0);
	CHECK(fcntl(STDERR_FILENO, F_GETFD) == 0);
	CHECK(open("/dev/null", O_RDONLY) > STDERR_FILENO);
}

static void standard_files_are_open(void **state)
{
	(void)state;
	on_terminal(close_some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_outlives_signals),
		cmocka_unit_test(ignored_signals_stay_so),
		cmocka_unit_test(terminal_set_by_others),
		cmocka_unit_test(terminal_of_others),
		cmocka_unit_test(console_stops_in_a_read),
		cmocka_unit_test(standard_files_are_open),
	};

	/* A test that hangs has failed. */
	alarm(30);
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
