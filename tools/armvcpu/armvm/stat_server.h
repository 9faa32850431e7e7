/* SPDX-License-Identifier: GPL-2.0-only */
/* Hands the machine's statistics to "armvm stat". */
#ifndef ARMVM_STAT_SERVER_H
#define ARMVM_STAT_SERVER_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define STAT_CLIENTS	8
#define STAT_SUFFIX	".stat"
#define STAT_PREFIX	"armvm-"
#define STAT_MAGIC	"armvm-stat 1"

struct machine;

/**
 * struct stat_server - a socket that gives away file descriptors
 * @fd: listens; -1: nobody can ask
 * @path: of it
 * @client: connections; each is closed when the machine goes off
 * @nr_clients: how many
 */
struct stat_server {
	int fd;
	char path[PATH_MAX];
	int client[STAT_CLIENTS];
	unsigned int nr_clients;
};

const char *stat_directory(char *buffer, size_t size);
void stat_server_start(struct stat_server *server);
int stat_server_accept(struct stat_server *server, struct machine *m);
void stat_server_hang_up(struct stat_server *server);
void stat_server_stop(struct stat_server *server);

#endif
