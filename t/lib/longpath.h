/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_LONGPATH_H
#define T_LONGPATH_H

/*
 * One direction of a simulated path that is long and fast. Bytes enter a socket buffer;
 * LONGPATH_RATE of them leave it in each millisecond, and arrive delay milliseconds later.
 * Zero-initialise it, then set delay.
 */

#include <stdint.h>

#include "buf.h"

enum {
	LONGPATH_RATE = 100 * 1000,		/* bytes in a millisecond: 100 MB/s */
	LONGPATH_SOCKET = 512 * 1024,
	LONGPATH_DELAY_MAX = 256,
};

struct longpath {
	unsigned delay;
	struct buf socket;
	struct buf on_the_way[LONGPATH_DELAY_MAX + 1];	/* indexed by the time of arrival */
};

/* How many more bytes the socket buffer takes. */
static inline size_t longpath_room(const struct longpath *p)
{
	return buf_len(&p->socket) < LONGPATH_SOCKET ? LONGPATH_SOCKET - buf_len(&p->socket) : 0;
}

/* Advances by a millisecond: the bytes that arrive now are appended to out. */
static inline void longpath_step(struct longpath *p, struct buf *out, uint64_t now)
{
	struct buf *leaves = &p->on_the_way[(now + p->delay) % (LONGPATH_DELAY_MAX + 1)];
	struct buf *arrives = &p->on_the_way[now % (LONGPATH_DELAY_MAX + 1)];
	size_t n = buf_len(&p->socket) < LONGPATH_RATE ? buf_len(&p->socket) : LONGPATH_RATE;

	buf_append(leaves, buf_data(&p->socket), n);
	buf_consume(&p->socket, n);
	buf_append(out, buf_data(arrives), buf_len(arrives));
	buf_reset(arrives);
}

static inline void longpath_finish(struct longpath *p)
{
	buf_finish(&p->socket);
	for (unsigned i = 0; i <= LONGPATH_DELAY_MAX; i++)
		buf_finish(&p->on_the_way[i]);
}

#endif
