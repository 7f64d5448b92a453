/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SEEN_ADDRESS_H
#define DAEMON_SEEN_ADDRESS_H

/*
 * By which address of IPv4 the world sees us, behind a NAT: what our server says of our
 * connection (XEP-0279), which it knows anyway. A server may not know that protocol, or see us
 * by IPv6, or be in our own network; then nothing is known.
 */

#include <stdbool.h>

#include "netaddr.h"

struct account;
struct seen_address;

/* changed: the address is another one, or is known no more. */
struct seen_address *seen_address_create(void (*changed)(void *owner), void *owner);
void seen_address_destroy(struct seen_address *s);

/* Whether the server is asked at all. If not, nothing is known. */
void seen_address_allow(struct seen_address *s, bool allowed);
/* The connection with the server is up, or down (NULL). Borrowed. */
void seen_address_online(struct seen_address *s, struct account *xmpp);
/* The network has changed: the address may be another one. */
void seen_address_doubt(struct seen_address *s);

/* The port does not matter. NULL: not known. */
const struct netaddr *seen_address(const struct seen_address *s);

#endif
