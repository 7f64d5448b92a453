/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

/*
 * A growable queue of bytes: appended to at the end, consumed from the front.
 * Zero-initialise it (`struct buf b = { 0 };`); buf_finish() frees what it holds and leaves
 * it empty. Exits the program when memory runs out. A queue of secrets is marked before the
 * first is appended.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *base;	/* owned; NULL while nothing was ever appended */
	size_t off;	/* first byte not yet consumed */
	size_t end;	/* one past the last byte */
	size_t cap;
	bool secret;	/* no byte is left in memory where it is not held any more: not after it
			   was consumed, nor where the allocation was before it grew */
};

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->off;
}

/* The bytes held; valid until the next call that is not const. */
static inline char *buf_data(const struct buf *b)
{
	return b->base ? b->base + b->off : b->base;
}

/* Makes room for at least n more bytes where there is too little. */
void buf_grow(struct buf *b, size_t n);

/* Room for at least n more bytes, at the address returned; commit with buf_added(). */
static inline char *buf_reserve(struct buf *b, size_t n)
{
	if (!b->base || n > b->cap - b->end)
		buf_grow(b, n);
	return b->base + b->end;
}

void buf_added(struct buf *b, size_t n);
void buf_append(struct buf *b, const void *data, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/*
 * Drops n bytes from the front; n is at most buf_len(). No byte is moved: the dropped bytes
 * may still be read until the next append or reserve.
 */
void buf_consume(struct buf *b, size_t n);

/* Empties the buf and keeps its memory. */
void buf_reset(struct buf *b);

/* The content as a string: appends a NUL that buf_len() does not count. Never NULL. */
const char *buf_str(struct buf *b);

/* Gives the content away as a malloc'd string; the buf is empty afterwards. */
char *buf_detach(struct buf *b);
void buf_finish(struct buf *b);

#endif
