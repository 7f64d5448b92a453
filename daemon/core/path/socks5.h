/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SOCKS5_H
#define CORE_SOCKS5_H

/*
 * The client side of SOCKS5 (RFC 1928) as XEP-0065 uses it: no authentication, CONNECT to a
 * domain name that is a hash, port 0. The greeting goes alone and the request in one write
 * after its answer, because servers refuse them joined or split.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { SOCKS5_HASH_LEN = 40 };

enum socks5_state {
	SOCKS5_GREETED,		/* the greeting is out */
	SOCKS5_ASKED,		/* the request is out */
	SOCKS5_DONE,		/* what follows is the bytestream's */
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
 * Bytes from the proxy; appends what is to be written, as one write, to out. Bytes after the answer
 * stay in s->in for the caller. Never reads more than the answer needs before it is complete.
 */
void socks5_input(struct socks5 *s, const void *data, size_t n, struct buf *out);
void socks5_finish(struct socks5 *s);

#endif
