/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STUN_H
#define CORE_STUN_H

/*
 * A binding request of STUN (RFC 8489) and its answer: at which address and port a server sees
 * us. It is the whole protocol that is needed: without attributes in the request, without
 * authentication, over UDP or TCP. Who can answer can lie, so no MESSAGE-INTEGRITY and no
 * FINGERPRINT is looked at; the id keeps those out who do not see the request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netaddr.h"

enum {
	STUN_HEADER = 20,
	STUN_ID = 12,		 /* bytes that nobody can guess */
	STUN_MESSAGE_MAX = 1024, /* a longer one is none */
	STUN_PORT = 3478,	 /* of servers */
};

/* Writes the request. */
void stun_request(const uint8_t id[STUN_ID], uint8_t out[STUN_HEADER]);

/*
 * How many bytes the message has that begins with these n bytes, for a stream. 0: more bytes are
 * needed to know. -1: it is no message of STUN, or a longer one.
 */
int stun_size(const uint8_t *data, size_t n);

/*
 * Takes a whole message. False if it is no success response to the request with this id, breaks
 * a rule, has an attribute that has to be understood and is not, or no address.
 */
bool stun_response(const uint8_t *data, size_t n, const uint8_t id[STUN_ID], struct netaddr *out);

/* Whether the host is the domain or a name below it. Case does not count. */
bool stun_host_is_of(const char *host, const char *domain);

#endif
