/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pkt-line.h"

enum { HEADER = 4, PACKET_MAX = 65520 };

/* The length that a header gives, header included; -1 if it is no number. */
static long packet_size(const char header[HEADER])
{
	long size = 0;

	for (int i = 0; i < HEADER; i++) {
		char c = header[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return -1;
		size = size * 16 + digit;
	}
	return size;
}

/*
 * Evaluates a complete header. True if the packet has no payload, and is a piece at once.
 * False if one with payload begins, or the header is bad.
 */
static bool take_header(struct pkt_line *p, struct pkt_piece *piece)
{
	long size = packet_size(p->header);

	p->header_len = 0;
	*piece = (struct pkt_piece){ .first = true, .last = true };
	if (size >= 0 && size <= PKT_RESPONSE_END - PKT_FLUSH) {
		piece->kind = PKT_FLUSH + size;
		return true;
	}
	p->bad = size < HEADER || size > PACKET_MAX;
	if (p->bad || size == HEADER)
		return !p->bad;
	p->left = size - HEADER;
	p->first = true;
	return false;
}

bool pkt_line_next(struct pkt_line *p, const char **data, size_t *n, struct pkt_piece *piece)
{
	while (!p->left) {
		while (p->header_len < HEADER && *n && !p->bad) {
			p->header[p->header_len++] = *(*data)++;
			--*n;
		}
		if (p->header_len < HEADER || p->bad)
			return false;
		if (take_header(p, piece))
			return true;
	}
	if (!*n)
		return false;
	*piece = (struct pkt_piece){
		.bytes = *data,
		.len = *n < p->left ? *n : p->left,
		.first = p->first,
	};
	p->left -= piece->len;
	p->first = false;
	piece->last = !p->left;
	*data += piece->len;
	*n -= piece->len;
	return true;
}

bool pkt_line_at_border(const struct pkt_line *p)
{
	return !p->left && !p->header_len && !p->bad;
}
