/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ciphertext goes into TLS, plaintext to the owner, and back. The memory lasts until the
 * kind's handles are closed, so the owner may close the path from within its events.
 */
#include "tls-path.h"

#include <assert.h>

enum {
	TLS_RECORD = 16384,
	TLS_OVERHEAD = 22,	/* bytes a record: header, type, tag */
	LITTLE = 4096,		/* bytes; while no more passes at a time, no larger buffer is
				   kept */
};

void tls_path_init(struct tls_path *p, const struct path_ops *ops, enum path_kind kind,
		   const char *name, const struct device_key *key, bool client,
		   const struct pass_use *use, const struct path_events *events, void *owner)
{
	*p = (struct tls_path){ .tls = NULL };
	path_init(&p->path, ops, kind, name, events, owner);
	p->tls = tls_create(key, client, use, &p->cipher);
}

void tls_path_finish(struct tls_path *p)
{
	buf_finish(&p->plain_in);
	buf_finish(&p->plain_out);
	buf_finish(&p->cipher);
	tls_destroy(p->tls);
	p->tls = NULL;
}

void tls_path_write(struct path *path, const void *data, size_t n)
{
	tls_write(((struct tls_path *)path)->tls, data, n);
}

bool tls_path_exporter(const struct path *path, const char *label, unsigned char *out, size_t n)
{
	return tls_exporter(((const struct tls_path *)path)->tls, label, out, n);
}

/* Frees a large empty buffer when little passes through it. */
static void rest(struct buf *b, size_t passed)
{
	if (!buf_len(b) && passed < LITTLE && b->cap > LITTLE)
		buf_finish(b);
}

const char *tls_path_take(struct tls_path *p, const void *data, size_t n)
{
	int result = tls_input(p->tls, data, n, &p->plain_in);

	if (!p->path.up && tls_established(p->tls))
		path_established(&p->path, tls_peer_fingerprint(p->tls));
	if (buf_len(&p->plain_in))
		path_plain(&p->path, &p->plain_in);
	rest(&p->plain_in, n);
	if (p->path.over || !result)
		return NULL;
	return result < 0 ? "TLS failed" : "closed by the other side";
}

/* asks: path_fill() or path_urgent(). */
static bool fill(struct tls_path *p, size_t room,
		 size_t (*asks)(struct path *p, struct buf *out, size_t max))
{
	size_t overhead = (room / (TLS_RECORD + TLS_OVERHEAD) + 1) * TLS_OVERHEAD, n;
	bool good;

	assert(room > overhead);
	asks(&p->path, &p->plain_out, room - overhead);
	n = buf_len(&p->plain_out);
	good = n && !p->path.over && tls_write(p->tls, buf_data(&p->plain_out), n) == 0;
	buf_reset(&p->plain_out);
	if (n)
		rest(&p->plain_out, n);
	return good;
}

bool tls_path_fill(struct tls_path *p, size_t room)
{
	return fill(p, room, path_fill);
}

bool tls_path_fill_urgent(struct tls_path *p, size_t room)
{
	return fill(p, room, path_urgent);
}
