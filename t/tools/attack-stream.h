/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_STREAM_H
#define T_ATTACK_STREAM_H

/*
 * The XMPP stream of somebody who keeps no rules: what goes out is text as it is given, what
 * comes in is text, one stanza at a time. Either the login of an account on 127.0.0.1, or an
 * external component (XEP-0114), which speaks for every JID of its domain as another server
 * could. No certificate is looked at. Failures end the program with a line.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct stream {
	int fd;
	struct ssl_st *ssl;	/* owned; NULL: a component's */
	struct buf out, in;
	bool over;
};

/* Blocks until it is logged in. The full JID is user@localhost/resource. */
struct stream *stream_login(unsigned port, const char *user, const char *password,
			    const char *resource);
struct stream *stream_component(unsigned port, const char *domain, const char *secret);
void stream_destroy(struct stream *s);

/* Writes and reads what can be without waiting; over when the server has closed it. */
void stream_pump(struct stream *s);

/* Writes what is left, and says goodbye. */
void stream_flush(struct stream *s);

/* The next whole stanza, malloc'd, or NULL. */
char *stream_next(struct stream *s);

/*
 * The value of the first attribute of that name in a stanza; false if there is
 * none, or it is too long.
 */
bool stanza_attribute(const char *stanza, const char *name, char *value, size_t size);

#endif
