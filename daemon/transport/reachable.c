/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reachable.h"

#include <stdbool.h>
#include <uv.h>

#include "fnv.h"
#include "netaddr.h"
#include "sockaddr.h"

/* Whether the address reaches beyond this machine and its local links. */
static bool is_far(const struct netaddr *a)
{
	enum netaddr_scope scope = netaddr_scope(a);

	return scope != NETADDR_LOOPBACK && scope != NETADDR_LINK_LOCAL;
}

uint64_t reachable_digest(void)
{
	uv_interface_address_t *list;
	uint64_t sum = 0;
	int n;

	if (uv_interface_addresses(&list, &n) < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		struct netaddr a;

		if (sockaddr_to((struct sockaddr *)&list[i].address, &a) && is_far(&a))
			sum += fnv_bytes(fnv_text(FNV_START, list[i].name), a.ip, sizeof(a.ip));
	}
	uv_free_interface_addresses(list, n);
	return sum;
}
