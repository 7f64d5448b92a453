/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_STREAM_H
#define T_ATTACK_STREAM_H

/*
 * An XMPP stream of a client that keeps no rules. Output is text that is sent as it is;
 * input is text, one stanza at a time. The stream is either the login of an account on
 * 127.0.0.1, or an external component (XEP-0114), which speaks for every JID of its domain,
 * as another server could. No certificate is checked. A failure ends the program with a
 * line.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct stream {
	int fd;
	struct ssl_st *ssl;	/* owned; NULL for a component */
	struct buf out, in;
	bool over;
};

/* Blocks until the login is done. The full JID is user@localhost/resource. */
struct stream *stream_login(unsigned port, const char *user, const char *password,
			    const char *resource);
struct stream *stream_component(unsigned port, const char *domain, const char *secret);
void stream_destroy(struct stream *s);

/*
 * Writes and reads as much as is possible without waiting. Sets s->over when the server has
 * closed it.
 */
void stream_pump(struct stream *s);

/* Writes the rest of the output, and ends the stream. */
void stream_flush(struct stream *s);

/* The next whole stanza, malloc'd, or NULL. */
char *stream_next(struct stream *s);

/*
 * The value of the first attribute of this name in a stanza; false if there is none, or it
 * is too long.
 */
bool stanza_attribute(const char *stanza, const char *name, char *value, size_t size);

#endif
