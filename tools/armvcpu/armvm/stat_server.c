// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands the machine's statistics to "armvm stat".
 *
 * Over a socket in the user's runtime directory, which is his alone: who connects
 * gets the files of statistics, read-only as they are, and reads them himself from
 * then on, so that a running guest is not disturbed. To take the descriptors out of
 * this process (pidfd_getfd) would need the right to trace it, which many systems
 * do not give to a user even for his own processes, and would find VM and vCPU
 * files, which are good for more than reading.
 *
 * The connection stays open as long as the machine is on. When it closes the client
 * lets go of the files, which keep the old VM.
 */
#include "stat_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "machine.h"
#include "util.h"

/**
 * stat_directory() - where the sockets are
 * @buffer: for the name
 * @size: its bytes
 *
 * Return: $XDG_RUNTIME_DIR, else /run/user/UID if that is there, for root /run; NULL
 * when there is none.
 */
const char *stat_directory(char *buffer, size_t size)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (xdg && *xdg == '/')
		return xdg;
	snprintf(buffer, size, "/run/user/%u", (unsigned int)geteuid());
	if (!stat(buffer, &st) && S_ISDIR(st.st_mode))
		return buffer;
	if (geteuid())
		return NULL;
	snprintf(buffer, size, "/run");
	return buffer;
}

/**
 * stat_server_start() - listen; not being able to is no error
 * @server: all zero
 */
void stat_server_start(struct stat_server *server)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buffer[64];
	const char *dir = stat_directory(buffer, sizeof(buffer));
	mode_t mask;
	int n, err = 0;

	server->fd = -1;
	if (!dir) {
		note("no directory for a socket: armvm stat will not find this machine");
		return;
	}
	n = snprintf(server->path, sizeof(server->path), "%s/" STAT_PREFIX "%d" STAT_SUFFIX,
		     dir, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof(addr.sun_path)) {
		note("%s: the name is too long for a socket", dir);
		return;
	}
	memcpy(addr.sun_path, server->path, (size_t)n + 1);
	server->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return;
	/* Of a process that had this number and was killed. */
	unlink(server->path);
	mask = umask(077);
	if (bind(server->fd, (struct sockaddr *)&addr, sizeof(addr)))
		err = errno;
	umask(mask);
	if (!err && listen(server->fd, STAT_CLIENTS)) {
		err = errno;
		unlink(server->path);
	}
	if (err) {
		note("%s: %s", server->path, strerror(err));
		close(server->fd);
		server->fd = -1;
	}
}

/* The VM's first, then the vCPUs'. */
static unsigned int open_files(struct machine *m, int *fds)
{
	unsigned int i, n = 0;

	fds[n] = armvcpu_vm_stats(&m->vm);
	if (fds[n] < 0)
		return 0;
	n++;
	for (i = 0; i < m->nr_vcpus; i++) {
		fds[n] = armvcpu_vcpu_stats(&m->vcpus[i].cpu);
		if (fds[n] < 0)
			break;
		n++;
	}
	return n;
}

static int send_files(int to, int *fds, unsigned int count)
{
	char magic[] = STAT_MAGIC;
	struct iovec iov = { magic, sizeof(magic) };
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE((MAX_CPUS + 1) * sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

/* Those that went away make room. */
static void forget_closed(struct stat_server *server)
{
	unsigned int i;
	char c;

	for (i = 0; i < server->nr_clients;) {
		ssize_t n = recv(server->client[i], &c, 1, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			i++;
			continue;
		}
		close(server->client[i]);
		server->client[i] = server->client[--server->nr_clients];
	}
}

/**
 * stat_server_accept() - somebody asks
 * @server: the server
 * @m: the machine, powered on; the caller is the one that powers it off
 *
 * Return: 0, or -1 when he still waits to be accepted.
 */
int stat_server_accept(struct stat_server *server, struct machine *m)
{
	int fds[MAX_CPUS + 1], fd;
	unsigned int count, i;

	fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return 0;
		note("%s: %s", server->path, strerror(errno));
		return -1;
	}
	forget_closed(server);
	count = server->nr_clients < STAT_CLIENTS ? open_files(m, fds) : 0;
	if (count && !send_files(fd, fds, count))
		server->client[server->nr_clients++] = fd;
	else
		close(fd);
	for (i = 0; i < count; i++)
		close(fds[i]);
	return 0;
}

/**
 * stat_server_hang_up() - the machine goes off
 * @server: the server
 */
void stat_server_hang_up(struct stat_server *server)
{
	while (server->nr_clients)
		close(server->client[--server->nr_clients]);
}

/**
 * stat_server_stop() - listen no more
 * @server: the server, started or not
 */
void stat_server_stop(struct stat_server *server)
{
	stat_server_hang_up(server);
	if (server->fd < 0)
		return;
	close(server->fd);
	unlink(server->path);
	server->fd = -1;
}
