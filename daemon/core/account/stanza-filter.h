/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STANZA_FILTER_H
#define CORE_STANZA_FILTER_H

/*
 * Limits what of an XML stream is passed on to a library that builds a tree of each stanza
 * (a child of the stream), walks it by recursion and copies every name.
 *
 * Strangers may send us whatever a server relays by default (half a megabyte in one
 * stanza), so that must not end the connection: what exceeds a bound is left out, and the
 * stanza is marked. What no server relays comes from our own server, or somebody in
 * between: then the connection is to be cut. The one large stanza of any use is a roster.
 *
 * Events come in the order of the parser's. `at` is the position in the stream, in bytes,
 * that the parser had reached when it told the event; it never falls.
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
	bool begun;		/* the stream's own start tag has come */
	unsigned depth;		/* open elements; the stream itself is one */
	unsigned skipped;	/* how many of the innermost open ones were not passed on */
	unsigned elements;	/* of the present stanza, as far as passed on */
	bool own;		/* the stanza comes from our own server or account */
	size_t weight;		/* of the present stanza, as far as passed on */
	bool pruned;		/* a part of the present or last stanza was left out */
	uint64_t read;		/* bytes of the stream, so far */
	uint64_t stanza_at;	/* where the bytes after the last complete stanza begin */
	uint64_t token_at;	/* where the bytes that the parser has not told yet begin */
	uint64_t rescanned;	/* bytes that the parser looked at again without an event */
	const char *trouble;	/* why the connection is to be cut, for the user; NULL: it is not */
};

void stanza_filter_init(struct stanza_filter *s);

/* attributes: names and values in turn, NULL at the end. */
enum stanza_filter_verdict stanza_filter_start(struct stanza_filter *s, uint64_t at,
					       const char *name, const char *const *attributes);
/* True if the end is to be passed on: just when the start was. */
bool stanza_filter_end(struct stanza_filter *s, uint64_t at);
bool stanza_filter_text(struct stanza_filter *s, uint64_t at, size_t n);

/* The parser has read n more bytes, and told all events that it found. */
void stanza_filter_read(struct stanza_filter *s, size_t n);

/* Whether the parser is between two stanzas. */
static inline bool stanza_filter_between(const struct stanza_filter *s)
{
	return s->depth == 1;
}

#endif
