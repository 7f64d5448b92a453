/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams that prove themselves: eight bytes of length, then bytes of one long pattern from a place that
 * depends on the negotiation and the direction. A byte that is lost, repeated, out
 * of order or of another stream is not the one that belongs there.
 */
#include "sim.h"

#include <string.h>

static uint32_t offset_of(const char *id, bool of_server)
{
	uint32_t hash = of_server ? 2166136261u : 40503u;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	return hash % PATTERN;
}

void stream_init(struct stream *s, const char *id, bool of_server, uint64_t total)
{
	*s = (struct stream){ .offset = offset_of(id, of_server), .total = total + STREAM_HEADER };
	put_be64(s->header, s->total);
}

/* The bytes at done, and how many of them are next to each other. */
static const uint8_t *bytes_at(const struct world *w, const struct stream *s, size_t *n)
{
	if (s->done < STREAM_HEADER) {
		*n = *n < STREAM_HEADER - s->done ? *n : STREAM_HEADER - s->done;
		return s->header + s->done;
	}
	*n = *n < PATTERN_ROOM - PATTERN ? *n : PATTERN_ROOM - PATTERN;
	return w->pattern + (s->offset + s->done) % PATTERN;
}

const uint8_t *stream_take(const struct world *w, struct stream *s, size_t *n)
{
	const uint8_t *bytes = bytes_at(w, s, n);

	s->done += *n;
	return bytes;
}

bool stream_write(struct world *w, struct stream *s, struct channel *ch, uint64_t upto)
{
	upto = upto < s->total ? upto : s->total;
	while (s->done < upto && channel_room(ch)) {
		size_t n = channel_room(ch);
		const uint8_t *bytes;

		n = n < upto - s->done ? n : upto - s->done;
		bytes = stream_take(w, s, &n);
		channel_write(ch, bytes, n);
	}
	return s->done == s->total;
}

void stream_read(struct world *w, struct stream *s, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		size_t n = size;

		if (s->done < STREAM_HEADER) {
			s->header[s->done++] = *p++;
			size--;
			if (s->done == STREAM_HEADER)
				s->total = get_be64(s->header);
			continue;
		}
		if (memcmp(p, bytes_at(w, s, &n), n))
			violation(w, "byte %lu or one of the next %zu is not what was sent",
				  (unsigned long)s->done, n);
		s->done += n;
		p += n;
		size -= n;
	}
	if (s->done > STREAM_HEADER && s->done > s->total)
		violation(w, "more bytes arrive than were sent");
}

bool stream_complete(const struct stream *s)
{
	return s->done >= STREAM_HEADER && s->done == s->total;
}
