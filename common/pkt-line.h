/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PKT_LINE_H
#define COMMON_PKT_LINE_H

/*
 * Reads git's pkt-lines (gitprotocol-common(5)) as they pass by, and keeps no
 * byte of them: a packet comes in as many pieces as the bytes do. Zero it to begin.
 */

#include <stdbool.h>
#include <stddef.h>

struct pkt_line {
	char header[4];
	unsigned header_len;
	size_t left;		/* of the packet's payload */
	bool first;		/* no piece of it has been given out */
	bool bad;		/* not in pkt-lines, from here on */
};

enum pkt_kind {
	PKT_DATA,
	PKT_FLUSH,		/* 0000 */
	PKT_DELIM,		/* 0001 */
	PKT_RESPONSE_END,	/* 0002 */
};

/* Of PKT_DATA, a part of one packet's payload, which may be empty. */
struct pkt_piece {
	enum pkt_kind kind;
	const char *bytes;	/* in what was given to pkt_line_next() */
	size_t len;
	bool first, last;	/* of its packet */
};

/*
 * The next piece of *data, which is moved on. False when all is read, or when
 * it is not in pkt-lines (bad).
 */
bool pkt_line_next(struct pkt_line *p, const char **data, size_t *n, struct pkt_piece *piece);

/* Whether a packet could begin here. */
bool pkt_line_at_border(const struct pkt_line *p);

#endif
