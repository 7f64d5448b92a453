/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

void sockaddr_from(const struct netaddr *a, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(a->port);
		memcpy(&v6->sin6_addr, a->ip, 16);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		memcpy(&v4->sin_addr, a->ip, 4);
	}
}

bool sockaddr_to(const struct sockaddr *sa, struct netaddr *out)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;

	memset(out, 0, sizeof(*out));
	if (sa->sa_family == AF_INET) {
		out->port = ntohs(v4->sin_port);
		memcpy(out->ip, &v4->sin_addr, 4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	out->port = ntohs(v6->sin6_port);
	out->v6 = !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	if (out->v6)
		memcpy(out->ip, &v6->sin6_addr, 16);
	else
		memcpy(out->ip, v6->sin6_addr.s6_addr + 12, 4);
	return true;
}
