/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "last-word.h"

#include <string.h>

enum { LINE_MAX_LOOKED_AT = 2048 };

void last_word_init(struct last_word *l, const char *service)
{
	*l = (struct last_word){ .service = service };
}

void last_word_finish(struct last_word *l)
{
	buf_finish(&l->line);
}

static bool is_push(const struct last_word *l)
{
	return !strcmp(l->service, "receive-pack");
}

static bool is_archive(const struct last_word *l)
{
	return !strcmp(l->service, "upload-archive");
}

/* In a push, the capabilities follow the first NUL (gitprotocol-pack(5)). */
static void look_for_bands(struct last_word *l)
{
	const char *line = buf_str(&l->line);
	size_t n = strlen(line);

	if (n < buf_len(&l->line) && strstr(line + n + 1, "side-band"))
		l->bands = true;
}

/*
 * A push is read up to its pack. Of others only the fact counts that something was asked
 * for.
 */
void last_word_asks(struct last_word *l, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (!l->asked && pkt_line_next(&l->asks, &data, &n, &piece)) {
		size_t room = LINE_MAX_LOOKED_AT - buf_len(&l->line);

		if (!is_push(l) || piece.kind == PKT_FLUSH) {
			l->asked = true;
			return;
		}
		if (piece.first)
			buf_reset(&l->line);
		buf_append(&l->line, piece.bytes, piece.len < room ? piece.len : room);
		if (piece.last && !l->bands)
			look_for_bands(l);
	}
}

/* In a fetch, side bands begin with the pack and end with it. */
static void query_fetch(struct last_word *l, const struct pkt_piece *piece)
{
	for (size_t i = 0; i < piece->len && l->first_len < sizeof(l->first) - 1; i++)
		l->first[l->first_len++] = piece->bytes[i];
	if (piece->kind == PKT_FLUSH)
		l->bands = false;
	if (!piece->last)
		return;
	l->first[l->first_len] = '\0';
	l->bands |= (l->asked && (*l->first == 1 || *l->first == 2)) ||
		    !strncmp(l->first, "packfile", 8);
}

static void query_push(struct last_word *l, struct pkt_piece *piece)
{
	struct pkt_piece inner;

	if (!l->asked || !l->bands || !piece->len)
		return;
	if (piece->first) {
		l->band = *piece->bytes++;
		piece->len--;
	}
	while (l->band == 1 && pkt_line_next(&l->report, &piece->bytes, &piece->len, &inner))
		continue;
}

void last_word_answers(struct last_word *l, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (pkt_line_next(&l->answers, &data, &n, &piece)) {
		if (piece.first)
			l->first_len = 0;
		if (is_push(l))
			query_push(l, &piece);
		else if (is_archive(l))
			l->bands |= piece.kind == PKT_FLUSH;
		else
			query_fetch(l, &piece);
	}
}

static void put_error(struct buf *out, const char *line)
{
	buf_printf(out, "%04zxERR %s", strlen(line) + 8, line);
}

bool last_word_put(const struct last_word *l, const char *line, struct buf *out)
{
	struct buf inner = { 0 };

	if (!pkt_line_at_border(&l->answers) || !pkt_line_at_border(&l->report))
		return false;
	if (is_archive(l) && l->bands) {
		buf_printf(out, "%04zx\3%s", strlen(line) + 5, line);
	} else if (is_push(l) && l->asked && l->bands) {
		put_error(&inner, line);
		buf_printf(out, "%04zx\1", buf_len(&inner) + 5);
		buf_append(out, buf_data(&inner), buf_len(&inner));
		buf_finish(&inner);
	} else if (l->bands && !is_push(l)) {
		return false;
	} else {
		put_error(out, line);
	}
	return true;
}
