/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socks5.h"

#include <stdint.h>
#include <string.h>

/*
 * We send 5 1 0 (version, one method, no authentication), the proxy answers 5 0. We ask
 * to be connected to the hash; the proxy answers with a status and an address, whose
 * length follows from its type. That answer has at most 262 bytes, and is kept until it
 * is whole. An answer that comes before the request is accepted, because TLS
 * authenticates the peer later.
 */

enum { VERSION = 5, COMMAND_CONNECT = 1 };

enum { ADDRESS_V4 = 1, ADDRESS_NAME = 3, ADDRESS_V6 = 4 };

static const char *const replies[] = {
	NULL,
	"the proxy has a general failure",
	"the proxy does not allow it",
	"the proxy says the network is unreachable",
	"the proxy says the bytestream is unreachable",
	"the proxy refuses the bytestream",
	"the proxy says it took too long",
	"the proxy does not know the command",
	"the proxy does not know the kind of address",
};

void socks5_start(struct socks5 *s, const char *hash, struct buf *out)
{
	static const char greeting[] = { VERSION, 1, 0 };

	*s = (struct socks5){ .state = SOCKS5_GREETED };
	strncpy(s->hash, hash, SOCKS5_HASH_LEN);
	buf_append(out, greeting, sizeof(greeting));
}

static void fail(struct socks5 *s, const char *error)
{
	s->state = SOCKS5_FAILED;
	s->error = error;
}

static void take_method(struct socks5 *s, struct buf *out)
{
	static const char request[] = { VERSION, COMMAND_CONNECT, 0, ADDRESS_NAME,
					SOCKS5_HASH_LEN };
	const uint8_t *p = (const uint8_t *)buf_data(&s->in);

	if (p[0] != VERSION || p[1] != 0) {
		fail(s, p[0] != VERSION ? "not a SOCKS5 proxy" : "the proxy wants a password");
		return;
	}
	buf_consume(&s->in, 2);
	buf_append(out, request, sizeof(request));
	buf_append(out, s->hash, SOCKS5_HASH_LEN);
	buf_append(out, "\0\0", 2);
	s->state = SOCKS5_ASKED;
}

/* The length of the address in an answer of which five bytes are there; 0: unknown type. */
static size_t address_size(const uint8_t *p)
{
	switch (p[3]) {
	case ADDRESS_V4:
		return 4;
	case ADDRESS_NAME:
		return 1 + (size_t)p[4];
	case ADDRESS_V6:
		return 16;
	default:
		return 0;
	}
}

static void take_reply(struct socks5 *s)
{
	const uint8_t *p = (const uint8_t *)buf_data(&s->in);
	size_t n = buf_len(&s->in), size;

	if (p[0] != VERSION) {
		fail(s, "not a SOCKS5 proxy");
		return;
	}
	if (p[1] != 0) {
		fail(s, p[1] < sizeof(replies) / sizeof(replies[0]) ? replies[p[1]] :
		     "the proxy says no in a way of its own");
		return;
	}
	if (n < 5)
		return;
	size = address_size(p);
	if (size == 0) {
		fail(s, "the proxy answers with an unknown kind of address");
		return;
	}
	size += 4 + 2;
	if (n < size)
		return;
	buf_consume(&s->in, size);
	s->state = SOCKS5_DONE;
}

void socks5_input(struct socks5 *s, const void *data, size_t n, struct buf *out)
{
	if (s->state == SOCKS5_FAILED)
		return;
	buf_append(&s->in, data, n);
	if (s->state == SOCKS5_GREETED && buf_len(&s->in) >= 2)
		take_method(s, out);
	if (s->state == SOCKS5_ASKED && buf_len(&s->in) >= 2)
		take_reply(s);
}

void socks5_finish(struct socks5 *s)
{
	buf_finish(&s->in);
}
