/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interface-addresses.h"

#include <stdlib.h>
#include <uv.h>

#include "alloc.h"
#include "sockaddr.h"

static int compare(const void *a, const void *b)
{
	return netaddr_compare(a, b);
}

struct netaddr *interface_addresses(size_t *n)
{
	uv_interface_address_t *interfaces;
	struct netaddr *list;
	int count;

	*n = 0;
	if (uv_interface_addresses(&interfaces, &count) < 0)
		return NULL;
	list = xcalloc(count + 1, sizeof(*list));
	for (int i = 0; i < count; i++)
		*n += sockaddr_to((struct sockaddr *)&interfaces[i].address, &list[*n]);
	uv_free_interface_addresses(interfaces, count);
	qsort(list, *n, sizeof(*list), compare);
	return list;
}
