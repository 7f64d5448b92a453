/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway.h"

/*
 * The kernel is asked for the route to an address in the world, as by "ip route get": so rules
 * and metrics count as they do for a connection. The answer is there when send() has returned.
 */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Any address of which we know that no local network has it. Nothing is sent there. */
static const uint8_t world[4] = { 1, 1, 1, 1 };

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr attribute;
	uint8_t address[4];
};

static int ask(void *answer, size_t room)
{
	struct question q = {
		.header = { .nlmsg_len = sizeof(q),
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = AF_INET, .rtm_dst_len = 32 },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(world)), .rta_type = RTA_DST },
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK }, from;
	socklen_t len = sizeof(from);
	ssize_t got = -1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	memcpy(q.address, world, sizeof(world));
	if (fd < 0)
		return -1;
	if (sendto(fd, &q, sizeof(q), 0, (struct sockaddr *)&kernel, sizeof(kernel)) >= 0)
		got = recvfrom(fd, answer, room, 0, (struct sockaddr *)&from, &len);
	close(fd);
	return got >= 0 && from.nl_pid == 0 ? (int)got : -1;
}

static bool take(const struct rtattr *a, struct netaddr *out)
{
	if (RTA_PAYLOAD(a) != 4)
		return false;
	*out = (struct netaddr){ .v6 = false };
	memcpy(out->ip, RTA_DATA(a), 4);
	return true;
}

bool gateway_find(struct netaddr *gateway, struct netaddr *own)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	int n = ask(&answer, sizeof(answer)), left;
	struct rtmsg *route;
	bool found = false, ours = false;

	if (n < 0 || !NLMSG_OK(&answer.header, (unsigned)n) ||
	    answer.header.nlmsg_type != RTM_NEWROUTE ||
	    answer.header.nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return false;
	route = NLMSG_DATA(&answer.header);
	left = (int)RTM_PAYLOAD(&answer.header);
	for (struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_GATEWAY)
			found = take(a, gateway);
		else if (a->rta_type == RTA_PREFSRC)
			ours = take(a, own);
	}
	return found && ours;
}
