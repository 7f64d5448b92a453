/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SOCKS5_H
#define CORE_SOCKS5_H

/*
 * The client side of SOCKS5 (RFC 1928): CONNECT to a domain name. As XEP-0065 uses it the name
 * is a hash and the port 0; else it is a host that the proxy looks up. A user and a password
 * (RFC 1929) are told if the proxy asks for them. The greeting is one write; each request is
 * another, after the answer to the one before. Servers refuse them if they come joined or
 * split.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
	SOCKS5_HASH_LEN = 40,
	SOCKS5_TEXT_MAX = 256,		/* bytes of a host, a user, a password; NUL included */
};

enum socks5_state {
	SOCKS5_GREETED,		/* the greeting is out */
	SOCKS5_NAMED,		/* user and password are out */
	SOCKS5_ASKED,		/* the request is out */
	SOCKS5_DONE,		/* the bytes that follow are the bytestream's */
	SOCKS5_FAILED,
};

struct socks5 {
	enum socks5_state state;
	char host[SOCKS5_TEXT_MAX];
	uint16_t port;
	char user[SOCKS5_TEXT_MAX], password[SOCKS5_TEXT_MAX];	/* user empty: none */
	struct buf in;
	const char *error;	/* why it failed; a constant */
};

/* Appends the greeting to out. hash is what s5b_hash() makes: lower-case hex. */
void socks5_start(struct socks5 *s, const char *hash, struct buf *out);
/*
 * The same for a host, which has 1 to 255 bytes. user NULL: no authentication is offered; else
 * user and password have 1 to 255 bytes.
 */
void socks5_connect(struct socks5 *s, const char *host, uint16_t port, const char *user,
		    const char *password, struct buf *out);
/*
 * Takes bytes from the proxy, and appends to out what is to be sent as one write. Bytes
 * after the proxy's last answer stay in s->in for the caller.
 */
void socks5_input(struct socks5 *s, const void *data, size_t n, struct buf *out);
void socks5_finish(struct socks5 *s);

#endif
