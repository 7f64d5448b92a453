/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STANZA_FILTER_H
#define CORE_STANZA_FILTER_H

/*
 * What of an XML stream goes on to a library that builds a tree of each stanza
 * (a child of the stream), walks it by recursion and copies every name. Whatever
 * a server passes on by default (half a megabyte in one stanza) may be sent by
 * strangers, so it must not end the connection: what is too much in
 * it is left out, and the stanza is marked. What no server passes on comes
 * from our own server, or somebody between: then the connection is to be cut.
 * A roster is the one large stanza that is good for anything.
 *
 * Events come in the order of the parser's. `at` is where in the stream the
 * parser is behind what it tells: a number of bytes that never falls.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

enum stanza_filter_verdict {
	STANZA_FILTER_PASS,
	STANZA_FILTER_BARE,	/* pass the element on without its attributes */
	STANZA_FILTER_SKIP,
};

struct stanza_filter {
	unsigned depth;		/* open elements; the stream's own is one */
	unsigned skipped;	/* of which the innermost so many were not passed on */
	unsigned elements;	/* of the stanza, passed on */
	bool own;		/* it comes from our own server or account */
	size_t weight;		/* of the stanza, as far as it was passed on */
	bool pruned;		/* something of the stanza, or of the last one, was left out */
	uint64_t read;		/* bytes of the stream */
	uint64_t stanza_at;	/* where what belongs to no earlier stanza begins */
	uint64_t token_at;	/* where what the parser has not told yet begins */
	uint64_t rescanned;	/* bytes of it that the parser looked at again in vain */
	const char *trouble;	/* why the connection is to be cut, for the user; NULL: it is not */
};

void stanza_filter_init(struct stanza_filter *s);

/* attributes are names and values in turn, NULL at the end. */
enum stanza_filter_verdict stanza_filter_start(struct stanza_filter *s, uint64_t at,
					       const char *name, const char *const *attributes);
/* True: pass it on; so it is for just those whose start was passed on. */
bool stanza_filter_end(struct stanza_filter *s, uint64_t at);
bool stanza_filter_text(struct stanza_filter *s, uint64_t at, size_t n);

/* The parser has had n more bytes, and told what it could. */
void stanza_filter_read(struct stanza_filter *s, size_t n);

/* Between two stanzas of a stream. */
static inline bool stanza_filter_between(const struct stanza_filter *s)
{
	return s->depth == 1;
}

#endif
