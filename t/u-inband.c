/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In-band paths over a connection with the server that is none: what they send is
 * written down here, and answered when the test says so. Time passes when it says so.
 */
#include <stdlib.h>
#include <uv.h>

#include "alloc.h"
#include "inband.h"
#include "tap.h"

enum { SENT_MAX = 4096 };

enum kind { OPEN, BLOCK, CLOSE, RESULT, ERROR };

struct sent {
	enum kind kind;
	char to[64];
	char what[40];			/* the sid; or the condition of an error */
	xmpp_answer answer;
	void *arg;
	uint64_t handle;		/* 0: no answer is awaited (any more) */
};

/* The connection, as far as a path sees it. */
struct xmpp {
	bool ready;			/* for bulk */
	unsigned fails_in;		/* the block after so many has no connection any more; 0: none */
	uint64_t handles;
	struct sent sent[SENT_MAX];
	unsigned n;
};

static uv_loop_t loop;
static struct device_key *key;
static struct inbands all;
static struct xmpp server;

/* ---- the connection */

static uint64_t put(enum kind kind, const char *to, const char *what, xmpp_answer answer, void *arg)
{
	struct sent *s = &server.sent[server.n++ % SENT_MAX];

	*s = (struct sent){ .kind = kind, .answer = answer, .arg = arg, .handle = answer ? ++server.handles : 0 };
	snprintf(s->to, sizeof(s->to), "%s", to);
	snprintf(s->what, sizeof(s->what), "%s", what);
	return s->handle;
}

uint64_t xmpp_open_stream(struct xmpp *x, const char *to, const char *sid, size_t block_size,
			  xmpp_answer answer, void *arg)
{
	return put(OPEN, to, sid, answer, arg);
}

void xmpp_close_stream(struct xmpp *x, const char *to, const char *sid)
{
	put(CLOSE, to, sid, NULL, NULL);
}

uint64_t xmpp_send_block(struct xmpp *x, const char *to, const char *sid, uint16_t seq,
			 const void *data, size_t n, xmpp_answer answer, void *arg)
{
	if (x->fails_in && --x->fails_in == 0)
		return 0;
	return put(BLOCK, to, sid, answer, arg);
}

void xmpp_forget(struct xmpp *x, uint64_t handle)
{
	for (unsigned i = 0; i < SENT_MAX; i++)
		if (x->sent[i].handle == handle)
			x->sent[i].handle = 0;
}

bool xmpp_bulk_ready(struct xmpp *x)
{
	return x->ready;
}

void xmpp_reply_result(struct xmpp *x, const char *to, const char *id)
{
	put(RESULT, to, id, NULL, NULL);
}

void xmpp_reply_error(struct xmpp *x, const char *to, const char *id, const char *condition)
{
	put(ERROR, to, condition, NULL, NULL);
}

/* The other side, or the server, answers. */
static void answer(unsigned i, const char *error)
{
	struct sent *s = &server.sent[i];

	if (!s->handle)
		return;
	s->handle = 0;
	s->answer(s->arg, error);
}

/* How many there are of a kind; to: of one full JID, or NULL. */
static unsigned count(enum kind kind, const char *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < server.n && i < SENT_MAX; i++)
		n += server.sent[i].kind == kind && (!to || !strcmp(server.sent[i].to, to));
	return n;
}

static unsigned awaited(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SENT_MAX; i++)
		n += server.sent[i].handle != 0;
	return n;
}

/* ---- paths and their owners */

struct owner {
	struct path *path;		/* NULL: closed */
	char why[64];
	bool reopens;			/* as soon as it is closed */
};

static void on_established(void *arg, const unsigned char *fp)
{
}

static void on_plain(void *arg, struct buf *plain)
{
	buf_reset(plain);
}

static size_t on_fill(void *arg, struct buf *out, size_t max)
{
	return 0;
}

static void on_closed(void *arg, const char *why);

static const struct path_events events = {
	.established = on_established,
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_closed,
};

static void on_closed(void *arg, const char *why)
{
	struct owner *o = arg;

	o->path = NULL;
	snprintf(o->why, sizeof(o->why), "%s", why);
	if (o->reopens)
		o->path = inband_open(&all, "again@x.org/git", &events, o);
}

static void begin(void)
{
	memset(&server, 0, sizeof(server));
	inbands_init(&all, &loop, key);
	all.xmpp = &server;
}

static void end(struct owner *owners, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (owners[i].path)
			path_close(owners[i].path);
	all.xmpp = NULL;
	uv_run(&loop, UV_RUN_DEFAULT);
}

/* n paths of ours whose open was accepted: each has its TLS hello to send, in one block. */
static void open_some(struct owner *owners, unsigned n)
{
	char to[32];

	memset(owners, 0, n * sizeof(*owners));
	for (unsigned i = 0; i < n; i++) {
		snprintf(to, sizeof(to), "%c@x.org/git", 'a' + i);
		owners[i].path = inband_open(&all, to, &events, &owners[i]);
		answer(server.n - 1, NULL);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
}

/* ---- */

/* The block that a path has to send is its end: wherever it stands in line, all others have their turn. */
static void test_breaks_in_its_turn(void)
{
	static const struct { unsigned paths, fails_in, blocks, gone; const char *what; } rows[] = {
		{ 3, 0, 3, 0, "nobody breaks" },
		{ 3, 1, 2, 1, "the first one breaks in its turn" },
		{ 3, 2, 2, 1, "the one in the middle" },
		{ 3, 3, 2, 1, "the last one" },
		{ 2, 1, 1, 1, "the first of two" },
		{ 1, 1, 0, 1, "the only one" },
	};
	struct owner owners[3];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned gone = 0;

		begin();
		open_some(owners, rows[i].paths);
		server.ready = true;
		server.fails_in = rows[i].fails_in;
		inbands_bulk(&all);
		is_int(count(BLOCK, NULL), rows[i].blocks, rows[i].what);
		for (unsigned j = 0; j < rows[i].paths; j++)
			gone += !owners[j].path;
		is_int(gone, rows[i].gone, "... and nobody else does");
		end(owners, rows[i].paths);
	}
}

static void test_lost(void)
{
	struct owner owners[3];

	begin();
	open_some(owners, 3);
	owners[1].reopens = true;
	inbands_lost(&all, NULL, "the network is down");
	ok(!owners[0].path && !owners[2].path, "all paths are closed when the connection is lost");
	ok(owners[1].path, "but not one that was opened because of it");
	is_str(owners[1].why, "the network is down", "and they are told why");
	end(owners, 3);
	is_int(awaited(), 0, "no answer is awaited for what is gone");

	begin();
	open_some(owners, 3);
	inbands_lost(&all, "b@x.org/git", "offline");
	ok(owners[0].path && !owners[1].path && owners[2].path, "those to one device are closed when it goes");
	end(owners, 3);
}

int main(void)
{
	uv_loop_init(&loop);
	key = device_key_generate();
	test_breaks_in_its_turn();
	test_lost();
	device_key_destroy(key);
	ok(uv_loop_close(&loop) == 0, "nothing is left in the loop");
	return tap_done();
}
