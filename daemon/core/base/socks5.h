/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SOCKS5_H
#define CORE_SOCKS5_H

/*
 * The client side of SOCKS5 (RFC 1928) as XEP-0065 uses it: no authentication, CONNECT to
 * a domain name that is a hash, port 0. The greeting is one write; the request is
 * another, after the answer to the greeting. Servers refuse the two if they come joined
 * or split.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { SOCKS5_HASH_LEN = 40 };

enum socks5_state {
	SOCKS5_GREETED,		/* the greeting is out */
	SOCKS5_ASKED,		/* the request is out */
	SOCKS5_DONE,		/* the bytes that follow are the bytestream's */
	SOCKS5_FAILED,
};

struct socks5 {
	enum socks5_state state;
	char hash[SOCKS5_HASH_LEN + 1];
	struct buf in;
	const char *error;	/* why it failed; a constant */
};

/* Appends the greeting to out. hash is what s5b_hash() makes: lower-case hex. */
void socks5_start(struct socks5 *s, const char *hash, struct buf *out);
/*
 * Takes bytes from the proxy, and appends to out what is to be sent as one write. Bytes
 * after the proxy's last answer stay in s->in for the caller.
 */
void socks5_input(struct socks5 *s, const void *data, size_t n, struct buf *out);
void socks5_finish(struct socks5 *s);

#endif
