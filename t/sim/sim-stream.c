/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams that can be verified: a header with their length, then bytes of one long pattern,
 * from a place that depends on the negotiation and the direction. A byte that is lost,
 * repeated, out of order or from another stream differs from the expected one. The header is
 * what git sends first to a receive-pack (gitprotocol-pack(5)), so a witness (witness.h)
 * sees a push that names a ref.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "hex.h"

static uint32_t offset_of(const char *id, bool of_server)
{
	uint32_t hash = of_server ? 2166136261u : 40503u;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	return hash % PATTERN;
}

/* In the header: the last 16 digits of the new object id. */
enum { LENGTH_AT = 4 + 40 + 1 + 24 };

void stream_init(struct sim_stream *s, const char *id, bool of_server, uint64_t total)
{
	static char header[STREAM_HEADER + 1];		/* with the length of the last one */
	char digits[2 * sizeof(uint64_t) + 1];
	uint8_t length[sizeof(uint64_t)];

	*s = (struct sim_stream){ .offset = offset_of(id, of_server),
				  .total = total + STREAM_HEADER };
	put_be64(length, s->total);
	hex_encode(length, sizeof(length), digits);
	if (!*header)
		snprintf(header, sizeof(header), "%04x%040d %024d%s refs/heads/main0000",
			 STREAM_HEADER - 4, 0, 1, digits);
	memcpy(header + LENGTH_AT, digits, strlen(digits));
	memcpy(s->header, header, STREAM_HEADER);
}

/* The bytes at done, in one piece of at most *n, whose size is put into *n. */
static const uint8_t *bytes_at(const struct world *w, const struct sim_stream *s, size_t *n)
{
	if (s->done < STREAM_HEADER) {
		*n = *n < STREAM_HEADER - s->done ? *n : STREAM_HEADER - s->done;
		return s->header + s->done;
	}
	*n = *n < PATTERN_ROOM - PATTERN ? *n : PATTERN_ROOM - PATTERN;
	return w->pattern + (s->offset + s->done) % PATTERN;
}

const uint8_t *stream_take(const struct world *w, struct sim_stream *s, size_t *n)
{
	const uint8_t *bytes = bytes_at(w, s, n);

	s->done += *n;
	return bytes;
}

bool stream_write(struct world *w, struct sim_stream *s, struct channel *ch, uint64_t upto)
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

static uint64_t length_of(struct world *w, const struct sim_stream *s)
{
	uint8_t length[sizeof(uint64_t)];
	char digits[2 * sizeof(length) + 1] = "";

	memcpy(digits, s->header + LENGTH_AT, sizeof(digits) - 1);
	if (!hex_decode(digits, length, sizeof(length)))
		violation(w, "a stream does not begin with a header");
	return get_be64(length);
}

void stream_read(struct world *w, struct sim_stream *s, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		size_t n = size;

		if (s->done < STREAM_HEADER) {
			s->header[s->done++] = *p++;
			size--;
			if (s->done == STREAM_HEADER)
				s->total = length_of(w, s);
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

bool stream_complete(const struct sim_stream *s)
{
	return s->done >= STREAM_HEADER && s->done == s->total;
}
