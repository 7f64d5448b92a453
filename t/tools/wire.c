/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: wire <directory>
 *
 * Writes down what goes over TCP and UDP between the addresses of this machine, in a network
 * of the script's own: all that any process of it sends or is sent. The bytes of each direction
 * of a connection are in a file of the directory, <source port>-<destination port>, in the
 * order in which they passed. SIGTERM ends it; then it prints how many packets there were, and
 * how many the kernel had no room for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 70 * 1024, ROOM = 256 * 1024 * 1024 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* Behind the headers of IP: where the protocol's begins; 0 if there is none. */
static size_t ip_header(const uint8_t *p, size_t n, unsigned *protocol)
{
	if (n >= 20 && p[0] >> 4 == 4) {
		*protocol = p[9];
		return (p[0] & 15u) * 4;
	}
	if (n >= 40 && p[0] >> 4 == 6) {
		*protocol = p[6];
		return 40;
	}
	return 0;
}

static size_t transport_header(const uint8_t *p, size_t n, unsigned protocol)
{
	if (protocol == IPPROTO_TCP && n >= 20)
		return (p[12] >> 4) * 4u;
	if (protocol == IPPROTO_UDP && n >= 8)
		return 8;
	return 0;
}

static void keep(const uint8_t *p, size_t n)
{
	unsigned protocol = 0;
	size_t ip = ip_header(p, n, &protocol), more;
	char name[32];
	int fd;

	if (!ip || ip > n)
		return;
	p += ip;
	n -= ip;
	more = transport_header(p, n, protocol);
	if (!more || more >= n)
		return;
	snprintf(name, sizeof(name), "%u-%u", be16(p), be16(p + 2));
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, p + more, n - more) != (ssize_t)(n - more))
		die(name);
	close(fd);
}

/* False when nothing has come that was not read yet. */
static bool take(int fd)
{
	static uint8_t packet[PACKET_MAX];
	struct sockaddr_ll from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t n =
		recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0)
		die("recvfrom");
	/* The loopback interface shows each packet twice, as it goes and as it comes. */
	if (from.sll_pkttype != PACKET_OUTGOING)
		keep(packet, (size_t)n);
	return true;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), room = ROOM;
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .events = POLLIN } };
	sigset_t term;

	if (argc != 2 || chdir(argv[1]))
		die("usage: wire <directory>");
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("socket");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	fds[1].fd = signalfd(-1, &term, SFD_CLOEXEC);
	puts("listening");
	fflush(stdout);
	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0)
			die("poll");
		while (take(fd))
			;
	}
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		die("statistics");
	printf("packets %u dropped %u\n", stats.tp_packets, stats.tp_drops);
	return 0;
}
