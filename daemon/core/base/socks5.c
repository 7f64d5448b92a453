/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socks5.h"

#include <stdio.h>
#include <string.h>

/*
 * We send 5 and the methods that we know, the proxy answers 5 and one of them: 0, no
 * authentication, or 2, user and password (RFC 1929). We ask to be connected; the proxy answers
 * with a status and an address, whose length follows from its type. That answer has at most
 * 262 bytes, and is kept until it is whole. An answer that comes before the request is
 * accepted, because TLS authenticates the peer later.
 */

enum { VERSION = 5, COMMAND_CONNECT = 1 };

enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_NO_OTHER = 0xff };

enum { PASSWORD_VERSION = 1 };

enum { ADDRESS_V4 = 1, ADDRESS_NAME = 3, ADDRESS_V6 = 4 };

static const char *const replies[] = {
	NULL,
	"the proxy has a general failure",
	"the proxy does not allow it",
	"the proxy says the network is unreachable",
	"the proxy cannot reach it",
	"the proxy says that it is refused",
	"the proxy says it took too long",
	"the proxy does not know the command",
	"the proxy does not know the kind of address",
};

static void put_byte(struct buf *out, unsigned byte)
{
	char c = (char)byte;

	buf_append(out, &c, 1);
}

/* The length in one byte, then the text. */
static void put_text(struct buf *out, const char *text)
{
	put_byte(out, (unsigned)strlen(text));
	buf_puts(out, text);
}

void socks5_connect(struct socks5 *s, const char *host, uint16_t port, const char *user,
		    const char *password, struct buf *out)
{
	*s = (struct socks5){ .state = SOCKS5_GREETED, .port = port };
	snprintf(s->host, sizeof(s->host), "%s", host);
	if (user) {
		snprintf(s->user, sizeof(s->user), "%s", user);
		snprintf(s->password, sizeof(s->password), "%s", password);
	}
	put_byte(out, VERSION);
	put_byte(out, *s->user ? 2 : 1);
	put_byte(out, METHOD_NONE);
	if (*s->user)
		put_byte(out, METHOD_PASSWORD);
}

void socks5_start(struct socks5 *s, const char *hash, struct buf *out)
{
	socks5_connect(s, hash, 0, NULL, NULL, out);
}

static void fail(struct socks5 *s, const char *error)
{
	s->state = SOCKS5_FAILED;
	s->error = error;
}

static void ask(struct socks5 *s, struct buf *out)
{
	put_byte(out, VERSION);
	put_byte(out, COMMAND_CONNECT);
	put_byte(out, 0);
	put_byte(out, ADDRESS_NAME);
	put_text(out, s->host);
	put_byte(out, s->port >> 8);
	put_byte(out, s->port & 0xff);
	s->state = SOCKS5_ASKED;
}

static void take_method(struct socks5 *s, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)buf_data(&s->in);
	unsigned version = p[0], method = p[1];

	if (version != VERSION) {
		fail(s, "not a SOCKS5 proxy");
		return;
	}
	buf_consume(&s->in, 2);
	if (method == METHOD_NONE) {
		ask(s, out);
	} else if (method == METHOD_PASSWORD && *s->user) {
		put_byte(out, PASSWORD_VERSION);
		put_text(out, s->user);
		put_text(out, s->password);
		s->state = SOCKS5_NAMED;
	} else {
		fail(s, *s->user && method == METHOD_NO_OTHER ? "the proxy takes no password"
							      : "the proxy wants a password");
	}
}

static void take_verdict(struct socks5 *s, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)buf_data(&s->in);

	if (p[1] != 0) {
		fail(s, "the proxy refuses the password");
		return;
	}
	buf_consume(&s->in, 2);
	ask(s, out);
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
		fail(s, p[1] < sizeof(replies) / sizeof(replies[0])
				? replies[p[1]]
				: "the proxy says no in a way of its own");
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
	if (s->state == SOCKS5_NAMED && buf_len(&s->in) >= 2)
		take_verdict(s, out);
	if (s->state == SOCKS5_ASKED && buf_len(&s->in) >= 2)
		take_reply(s);
}

void socks5_finish(struct socks5 *s)
{
	buf_finish(&s->in);
}
