/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PKT_LINE_H
#define COMMON_PKT_LINE_H

/*
 * Parses git's pkt-lines (gitprotocol-common(5)) as they pass by, without keeping their
 * bytes: a packet is given out in pieces as its bytes come in. Zero-initialise it.
 */

#include <stdbool.h>
#include <stddef.h>

struct pkt_line {
	char header[4];
	unsigned header_len;
	size_t left;		/* bytes of the packet's payload still to come */
	bool first;		/* no piece of this packet has been given out */
	bool bad;		/* the bytes are no pkt-lines from here on */
};

enum pkt_kind {
	PKT_DATA,
	PKT_FLUSH,		/* 0000 */
	PKT_DELIM,		/* 0001 */
	PKT_RESPONSE_END,	/* 0002 */
};

/* A packet, or of PKT_DATA a part of one packet's payload, which may be empty. */
struct pkt_piece {
	enum pkt_kind kind;
	const char *bytes;	/* points into the data given to pkt_line_next() */
	size_t len;
	bool first, last;	/* this piece begins or ends its packet */
};

/*
 * Gives the next piece of *data, and moves *data and *n behind it. False when all is read,
 * or when the bytes are no pkt-lines (bad).
 */
bool pkt_line_next(struct pkt_line *p, const char **data, size_t *n, struct pkt_piece *piece);

/* Whether the next byte begins a packet. */
bool pkt_line_at_border(const struct pkt_line *p);

#endif
