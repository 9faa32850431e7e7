/* SPDX-License-Identifier: GPL-2.0-only */
/* Joins stdin and stdout to the UART. */
#ifndef ARMVM_CONSOLE_H
#define ARMVM_CONSOLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pl011.h"

#define CONSOLE_PENDING	4096

/**
 * enum console_action - what a key after Ctrl-A asks for
 * @CONSOLE_NONE: nothing
 * @CONSOLE_QUIT: to end armvm
 * @CONSOLE_HELP: to show the keys
 */
enum console_action {
	CONSOLE_NONE,
	CONSOLE_QUIT,
	CONSOLE_HELP,
};

/**
 * struct console - the user's side of the UART
 * @uart: characters go there
 * @quit: the user typed Ctrl-A X
 * @owner: for @quit
 * @thread: reads stdin
 * @started: @thread exists
 * @wake_fd: eventfd: the UART has room, or @stopping is set
 * @stopping: ends @thread, with SIGUSR1 if it sleeps in a read
 * @done: @thread has ended, or is about to
 * @escape: the last key was Ctrl-A
 * @pending: read, but not yet taken by the UART
 * @pending_count: characters in @pending
 */
struct console {
	struct pl011 *uart;
	void (*quit)(void *owner);
	void *owner;
	pthread_t thread;
	bool started;
	int wake_fd;
	bool stopping;
	bool done;
	bool escape;
	uint8_t pending[CONSOLE_PENDING];
	size_t pending_count;
};

void terminal_init(void);
void terminal_raw(void);
void terminal_restore(void);
bool terminal_is_used(void);

int console_start(struct console *console);
void console_stop(struct console *console);
void console_transmit(void *unused, uint8_t c);
void console_drained(void *console);
enum console_action console_key(bool *escape, uint8_t *key, bool *pass);

#endif
