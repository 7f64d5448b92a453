/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "wipe.h"

/*
 * The bytes lie in [off, end) of one allocation. Consuming only moves off. Appending makes
 * room: it moves the bytes to the front when at least half of the used part is already
 * consumed, and doubles the allocation otherwise. So a byte is moved a constant number of
 * times however it is appended and consumed.
 */

enum { BUF_FIRST = 256, PRINTED_FIRST = 64 };

static void enlarge(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST;

	assert(need <= SIZE_MAX / 4);
	while (cap < need)
		cap *= 2;
	if (b->secret) {
		char *base = xcalloc(1, cap);

		if (b->base) {
			memcpy(base, b->base, b->end);
			wipe(b->base, b->cap);
		}
		free(b->base);
		b->base = base;
	} else {
		b->base = xrealloc(b->base, cap);
	}
	b->cap = cap;
}

/* The bytes from one place to another are not held any more. */
static void leave(struct buf *b, size_t from, size_t to)
{
	if (b->secret && to > from)
		wipe(b->base + from, to - from);
}

void buf_grow(struct buf *b, size_t n)
{
	size_t len = buf_len(b);

	assert(n <= SIZE_MAX / 4);
	if (b->off > 0 && b->off >= len) {
		memmove(b->base, b->base + b->off, len);
		leave(b, len, b->end);
		b->off = 0;
		b->end = len;
	}
	if (!b->base || n > b->cap - b->end)
		enlarge(b, b->end + n);
}

void buf_added(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->end);
	b->end += n;
}

void buf_append(struct buf *b, const void *data, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), data, n);
	b->end += n;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	buf_reserve(b, PRINTED_FIRST);
	n = vsnprintf(b->base + b->end, b->cap - b->end, fmt, ap);
	assert(n >= 0);
	if ((size_t)n >= b->cap - b->end) {
		buf_reserve(b, (size_t)n + 1);
		vsnprintf(b->base + b->end, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	b->end += (size_t)n;
}

/* An empty queue starts again at the front, so that the memory is used again without a move. */
void buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	leave(b, b->off, b->off + n);
	b->off += n;
	if (b->off == b->end)
		b->off = b->end = 0;
}

void buf_reset(struct buf *b)
{
	leave(b, b->off, b->end);
	b->off = b->end = 0;
}

const char *buf_str(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return buf_data(b);
}

char *buf_detach(struct buf *b)
{
	size_t len = buf_len(b);
	char *s;

	buf_str(b);
	s = b->base;
	if (b->off > 0)
		memmove(s, s + b->off, len + 1);
	*b = (struct buf){ 0 };
	return s;
}

void buf_finish(struct buf *b)
{
	leave(b, 0, b->cap);
	free(b->base);
	*b = (struct buf){ 0 };
}
