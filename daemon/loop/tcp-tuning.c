/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tcp-tuning.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/sockios.h>
#endif

void tcp_acknowledge_now(int fd)
{
#ifdef TCP_QUICKACK
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
#endif
}

void tcp_hold(int fd, bool on)
{
#ifdef TCP_CORK
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &(int){ on }, sizeof(int));
#endif
}

void tcp_limit_unsent(int fd, size_t n)
{
#ifdef TCP_NOTSENT_LOWAT
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){ (int)n }, sizeof(int));
#endif
}

bool tcp_congestion(int fd, char name[TCP_CONGESTION_SIZE])
{
	memset(name, 0, TCP_CONGESTION_SIZE);
#ifdef TCP_CONGESTION
	socklen_t len = TCP_CONGESTION_SIZE - 1;

	if (!getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		return *name;
#endif
	return false;
}

void tcp_prefer_bbr(int fd)
{
#ifdef TCP_CONGESTION
	char now[TCP_CONGESTION_SIZE];

	if (tcp_congestion(fd, now) && (!strcmp(now, "cubic") || !strcmp(now, "reno")))
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", strlen("bbr"));
#endif
}

size_t tcp_unsent(int fd)
{
	int n = 0;

#if defined(SIOCOUTQNSD)
	if (ioctl(fd, SIOCOUTQNSD, &n))
		n = 0;
#elif defined(FIONWRITE)
	/* This counts sent bytes that are not acknowledged, too: more than is asked for. */
	if (ioctl(fd, FIONWRITE, &n))
		n = 0;
#elif defined(SO_NWRITE)
	socklen_t len = sizeof(n);

	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &n, &len))
		n = 0;
#endif
	return n > 0 ? (size_t)n : 0;
}

uint64_t tcp_next_retransmission(int fd)
{
#if defined(__linux__) && defined(TCP_INFO)
	struct tcp_info info;
	socklen_t len = sizeof(info);
	uint64_t wait;

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || !info.tcpi_retransmits)
		return 0;
	wait = info.tcpi_rto / 1000;
	if (wait > info.tcpi_last_data_sent)
		return wait - info.tcpi_last_data_sent;
#endif
	return 0;
}
