/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In-band paths over a connection with the server that is none: what they send is
 * written down here, and answered when the test says so. Time passes when it says so.
 */
#include <stdlib.h>
#include <uv.h>

#include "alloc.h"
#include "base64.h"
#include "ibb-path.h"
#include "ibb.h"
#include "tap.h"

enum { SENT_MAX = 1024 };

enum kind { OPEN, BLOCK, CLOSE, RESULT, ERROR };

struct sent {
	enum kind kind;
	char to[64];
	char what[40];			/* the sid; or the condition of an error */
	uint16_t seq;
	char text[8192];		/* of a block, base64 */
	iq_answer answer;
	void *arg;
	uint64_t handle;		/* 0: no answer is awaited (any more) */
};

/* The connection, as far as a path sees it. */
struct account {
	bool ready;			/* for bulk */
	unsigned places;		/* for requests that wait for an answer; 0: any number */
	bool mute;			/* nothing can be acknowledged */
	unsigned fails_in;		/* the block after so many has no connection any more; 0:
					   none */
	uint64_t handles;
	struct sent sent[SENT_MAX];
	unsigned n;
};

static uv_loop_t loop;
static struct device_key *key;
static struct ibb_paths all;
static struct account server;

static uint64_t put(enum kind kind, const char *to, const char *what, iq_answer answer, void *arg)
{
	struct sent *s = &server.sent[server.n++ % SENT_MAX];

	*s = (struct sent){
		.kind = kind, .answer = answer, .arg = arg, .handle = answer ? ++server.handles : 0
	};
	snprintf(s->to, sizeof(s->to), "%s", to);
	snprintf(s->what, sizeof(s->what), "%s", what);
	return s->handle;
}

uint64_t account_open_stream(struct account *x, const char *to, const char *sid, size_t block_size,
			     iq_answer answer, void *arg)
{
	return put(OPEN, to, sid, answer, arg);
}

void account_close_stream(struct account *x, const char *to, const char *sid)
{
	put(CLOSE, to, sid, NULL, NULL);
}

uint64_t account_send_block(struct account *x, const char *to, const char *sid, uint16_t seq,
			    const void *data, size_t n, iq_answer answer, void *arg)
{
	struct sent *s = &x->sent[x->n % SENT_MAX];
	uint64_t handle;

	if (x->fails_in && --x->fails_in == 0)
		return 0;
	handle = put(BLOCK, to, sid, answer, arg);
	s->seq = seq;
	base64_encode(data, n, s->text);
	return handle;
}

void account_forget(struct account *x, uint64_t handle)
{
	for (unsigned i = 0; i < SENT_MAX; i++)
		if (x->sent[i].handle == handle)
			x->sent[i].handle = 0;
}

bool account_bulk_ready(struct account *x)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SENT_MAX; i++)
		n += x->sent[i].handle != 0;
	return x->ready && (!x->places || n < x->places);
}

bool account_reply_result(struct account *x, const char *to, const char *id)
{
	put(RESULT, to, id, NULL, NULL);
	return !x->mute;
}

void account_reply_error(struct account *x, const char *to, const char *id, const char *condition)
{
	put(ERROR, to, condition, NULL, NULL);
}

/* In place of libuv's: time passes when a test says so, beside the loop's own. */
static uint64_t later;

uint64_t uv_now(const uv_loop_t *l)
{
	return l->time + later;
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

struct owner {
	struct path *path;		/* NULL: closed */
	char why[64];
	bool reopens;			/* as soon as it is closed */
	bool up;
	size_t says;			/* bytes, as soon as there is room */
	size_t urges;			/* the same, and the window does not matter */
};

static void on_established(void *arg, const unsigned char *fp)
{
	struct owner *o = arg;

	o->up = true;
}

static void on_plain(void *arg, struct buf *plain)
{
	buf_reset(plain);
}

static size_t on_fill(void *arg, struct buf *out, size_t max)
{
	struct owner *o = arg;
	size_t n = o->says < max ? o->says : max;

	memset(buf_reserve(out, n), 'x', n);
	buf_added(out, n);
	o->says -= n;
	return n;
}

static size_t on_urgent(void *arg, struct buf *out, size_t max)
{
	struct owner *o = arg;
	size_t n = o->urges < max ? o->urges : max;

	memset(buf_reserve(out, n), 'u', n);
	buf_added(out, n);
	o->urges -= n;
	return n;
}

static void on_closed(void *arg, const char *why);

static const struct path_events events = {
	.established = on_established,
	.plain = on_plain,
	.fill = on_fill,
	.urgent = on_urgent,
	.closed = on_closed,
};

static void on_closed(void *arg, const char *why)
{
	struct owner *o = arg;

	o->path = NULL;
	snprintf(o->why, sizeof(o->why), "%s", why);
	if (o->reopens)
		o->path = ibb_path_open(&all, "again@x.org/git", IBB_PATH_TRUSTED, &events, o);
}

static void begin(void)
{
	memset(&server, 0, sizeof(server));
	ibb_paths_init(&all, &loop);
	all.key = key;
	all.xmpp = &server;
}

static void end(struct owner *owners, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (owners[i].path)
			path_close(owners[i].path);
	for (unsigned i = 0; i < server.n && i < SENT_MAX; i++)
		answer(i, "disconnected");
	all.xmpp = NULL;
	uv_run(&loop, UV_RUN_DEFAULT);
	ibb_paths_finish(&all);
}

/* n paths of ours whose open was accepted: each has its TLS hello to send, in one block. */
static void open_some(struct owner *owners, unsigned n)
{
	char to[32];

	memset(owners, 0, n * sizeof(*owners));
	for (unsigned i = 0; i < n; i++) {
		snprintf(to, sizeof(to), "%c@x.org/git", 'a' + i);
		owners[i].path = ibb_path_open(&all, to, IBB_PATH_TRUSTED, &events, &owners[i]);
		answer(server.n - 1, NULL);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
}

/* Somebody opens one to us, in blocks of that size; the condition if it is refused. */
static const char *offer(struct owner *o, const char *from, const char *sid, size_t block,
			 enum ibb_path_standing standing)
{
	const struct ibb_stanza stanza = {
		.kind = IBB_OPEN, .from = from, .id = "id", .sid = sid, .block_size = block,
	};

	*o = (struct owner){ .path = NULL };
	o->path = ibb_path_accept(&all, &stanza, standing, &events, o);
	return o->path ? NULL : server.sent[(server.n - 1) % SENT_MAX].what;
}

static void hear(const char *from, const char *sid, uint16_t seq, const char *text)
{
	const struct ibb_stanza stanza = {
		.kind = IBB_DATA, .from = from, .id = "id", .sid = sid, .seq = seq, .text = text,
		.text_len = strlen(text),
	};

	ibb_paths_stanza(&all, &stanza);
}

/*
 * The block that a path has to send is its end: wherever it stands in line, all
 * others have their turn.
 */
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
		ibb_paths_bulk(&all);
		is_int(count(BLOCK, NULL), rows[i].blocks, rows[i].what);
		for (unsigned j = 0; j < rows[i].paths; j++)
			gone += !owners[j].path;
		is_int(gone, rows[i].gone, "... and nobody else does");
		end(owners, rows[i].paths);
	}
}

/* There is a place for one request alone: each waits until it is free, and nobody breaks. */
static void test_one_place(void)
{
	struct owner owners[3];
	char order[8] = "";

	begin();
	open_some(owners, 3);
	server.ready = true;
	server.places = 1;
	for (unsigned i = 0; i < 3; i++) {
		unsigned before = server.n;

		ibb_paths_bulk(&all);
		is_int(server.n, before + 1, "where one request can wait, one block is sent");
		order[i] = server.sent[before].to[0];
		answer(before, NULL);
	}
	is_str(order, "abc", "by each in its turn");
	ok(owners[0].path && owners[1].path && owners[2].path, "and none of them is broken");
	end(owners, 3);
}

static void test_lost(void)
{
	struct owner owners[3];

	begin();
	open_some(owners, 3);
	owners[1].reopens = true;
	ibb_paths_lost(&all, "the network is down");
	ok(!owners[0].path && !owners[2].path, "all paths are closed when the connection is lost");
	ok(owners[1].path, "but not one that was opened because of it");
	is_str(owners[1].why, "the network is down", "and they are told why");
	end(owners, 3);
	is_int(awaited(), 0, "no answer is awaited for what is gone");
}

enum { POOL = 4 * IBB_MAX };

static struct owner pool[POOL];
static unsigned pooled;

/* One more, from a resource of theirs; the condition if it is refused. */
static const char *offer_one(const char *who, unsigned resource, enum ibb_path_standing standing)
{
	char from[64], sid[19];
	const char *why;

	snprintf(from, sizeof(from), "%s/r%u", who, resource);
	snprintf(sid, sizeof(sid), "%x", pooled);
	why = offer(&pool[pooled], from, sid, IBB_BLOCK, standing);
	pooled += !why;
	return why;
}

/* As many as they get, from 70 resources one after the other. */
static unsigned take_all(const char *who, enum ibb_path_standing standing)
{
	unsigned n = 0;

	while (n < IBB_MAX && !offer_one(who, n % 70, standing))
		n++;
	return n;
}

static void test_shares(void)
{
	unsigned n;

	begin();
	pooled = 0;
	n = take_all("eve@evil.org", IBB_PATH_STRANGER);
	ok(n > 0 && n <= IBB_MAX / 8,
	   "who is not trusted gets an eighth, with however many resources: %u", n);
	is_str(offer_one("eve@evil.org", 99, IBB_PATH_STRANGER), "resource-constraint",
	       "and is told why no more");
	n = take_all("bob@x.org", IBB_PATH_TRUSTED);
	ok(n <= IBB_MAX / 2, "who is trusted gets half of what is free: %u", n);
	n = take_all("carol@x.org", IBB_PATH_TRUSTED);
	ok(n >= IBB_MAX / 8, "and so does the next one: %u", n);
	is_str(offer_one("bob@x.org", 99, IBB_PATH_TRUSTED), "resource-constraint",
	       "bob gets no more");
	ok(!offer_one("bob@x.org", 100, IBB_PATH_AWAITED), "but for a device whose link waits");
	is_str(offer_one("bob@x.org", 100, IBB_PATH_AWAITED), "resource-constraint",
	       "which gets one, not more");
	pool[pooled].path =
		ibb_path_open(&all, "bob@x.org/r100", IBB_PATH_AWAITED, &events, &pool[pooled]);
	ok(pool[pooled++].path, "and for what we open to it ourselves");
	end(pool, pooled);
	ok(all.places.used == 0, "all places are given back");
}

static void test_room(void)
{
	unsigned kept = 0, n;
	char who[32];

	begin();
	pooled = 0;
	n = take_all("bob@x.org", IBB_PATH_TRUSTED);
	while (all.places.used < IBB_MAX) {
		snprintf(who, sizeof(who), "u%u@x.org", pooled);
		offer_one(who, 0, IBB_PATH_TRUSTED);
	}
	ok(!offer_one("new@x.org", 0, IBB_PATH_TRUSTED),
	   "who has none finds a place when all are taken");
	is_int(count(CLOSE, "bob@x.org/r0"), 1, "the oldest of whoever has most is closed for it");
	ok(pool[0].path, "its owner is not told within the call");
	uv_run(&loop, UV_RUN_NOWAIT);
	ok(!pool[0].path, "but soon");
	is_str(pool[0].why, "others need its place", "and why");
	ok(!offer_one("new2@x.org", 0, IBB_PATH_TRUSTED), "another one finds a place");
	path_close(pool[1].path);
	pool[1].path = NULL;
	uv_run(&loop, UV_RUN_NOWAIT);
	is_str(pool[1].why, "", "whoever closes it meanwhile is not told");

	for (unsigned i = 2; i < n; i++)
		path_keep(pool[i].path, NULL);
	offer_one("new3@x.org", 0, IBB_PATH_TRUSTED);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (unsigned i = 2; i < n; i++)
		kept += pool[i].path != NULL;
	is_int(kept, n - 2, "of which a link is made makes no room");
	end(pool, pooled);
}

/* What the link of a trusted device is made of counts for its owner alone. */
static void test_kept(void)
{
	begin();
	pooled = 0;
	offer_one("bob@x.org", 0, IBB_PATH_STRANGER);
	is_int(quota_held(&all.places, "bob@x.org", false), 1, "a path of somebody unknown");
	path_keep(pool[0].path, NULL);
	is_int(quota_held(&all.places, "bob@x.org", false), 0, "of which a link is made");
	is_int(quota_held(&all.places, "bob@x.org", true), 1, "is that of somebody trusted");
	end(pool, pooled);
}

static void test_block_sizes(void)
{
	static const struct { size_t size; const char *why, *what; } rows[] = {
		{ 0, "bad-request", "no size of blocks that can be read" },
		{ 1, "resource-constraint", "blocks of a byte" },
		{ IBB_BLOCK_MIN - 1, "resource-constraint", "blocks that are too small" },
		{ IBB_BLOCK_MIN, NULL, "the smallest ones" },
		{ IBB_BLOCK, NULL, "the largest ones" },
		{ IBB_BLOCK + 1, "resource-constraint", "blocks that we would not take" },
		{ 65535, "resource-constraint", "the largest that there can be" },
	};
	struct owner o;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		is_str(offer(&o, "bob@x.org/r", "0", rows[i].size, IBB_PATH_TRUSTED), rows[i].why,
		       rows[i].what);
		is_int(all.places.used, !rows[i].why, "... and it has a place, or not");
		end(&o, 1);
	}
	begin();
	is_str(offer(&o, "bob@x.org/r", "X", IBB_BLOCK, IBB_PATH_TRUSTED), "bad-request",
	       "a sid that is none of ours");
	is_str(offer(&o, "bob@x.org/r", "", IBB_BLOCK, IBB_PATH_TRUSTED), "bad-request",
	       "and none at all");
	offer(&o, "bob@x.org/r", "0", IBB_BLOCK, IBB_PATH_TRUSTED);
	is_str(offer(&pool[0], "bob@x.org/r", "0", IBB_BLOCK, IBB_PATH_TRUSTED),
	       "resource-constraint", "one in use");
	end(&o, 1);
}

/* XEP-0047: who opened is to close, also what it wanted no more before it was taken. */
static void test_given_up(void)
{
	static const struct { const char *answer; unsigned closes; const char *what; } rows[] = {
		{ NULL, 1, "taken after it was given up: it is closed" },
		{ "resource-constraint", 0, "refused: there is nothing to close" },
		{ "timeout", 1, "unanswered: it is closed, in case it was taken" },
		{ "disconnected", 0, "the connection is gone: nothing can be said" },
	};
	struct owner o;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		o = (struct owner){ .path = NULL };
		o.path = ibb_path_open(&all, "bob@x.org/r", IBB_PATH_TRUSTED, &events, &o);
		path_close(o.path);
		o.path = NULL;
		is_int(count(CLOSE, NULL), 0, "nothing is said before the answer");
		is_int(all.places.used, 1, "and the place is kept until then");
		answer(0, rows[i].answer);
		is_int(count(CLOSE, NULL), rows[i].closes, rows[i].what);
		is_int(all.places.used, 0, "and the place is free");
		is_str(o.why, "", "and nobody is told");
		end(&o, 1);
	}
	begin();
	o = (struct owner){ .path = NULL };
	o.path = ibb_path_open(&all, "bob@x.org/r", IBB_PATH_TRUSTED, &events, &o);
	answer(0, "timeout");
	is_int(count(CLOSE, NULL), 1,
	       "one that is still wanted and had no answer is closed as well");
	is_str(o.why, "timeout", "and its owner is told");
	end(&o, 1);
}

/*
 * Both ends of a path are ours here: what the one says to b@ is heard by the
 * other as from a@, and the other way round.
 */
static void pass_on(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct sent *s = &server.sent[i];

		if (s->kind != BLOCK)
			continue;
		hear(!strcmp(s->to, "b@x.org/r") ? "a@x.org/r" : "b@x.org/r", s->what, s->seq,
		     s->text);
		answer(i, NULL);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void test_unfinished(void)
{
	struct owner a = { .path = NULL }, b;
	unsigned from = 0, sent;

	begin();
	server.ready = true;
	a.path = ibb_path_open(&all, "b@x.org/r", IBB_PATH_STRANGER, &events, &a);
	offer(&b, "a@x.org/r", server.sent[0].what, IBB_BLOCK_MIN, IBB_PATH_STRANGER);
	answer(0, NULL);
	while (!(a.up && b.up) && from < server.n) {
		sent = server.n;
		ok(sent - from <= 4, "each has two blocks under way in the handshake, at most");
		pass_on(from, sent);
		from = sent;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	ok(a.up && b.up, "the handshake comes to its end that way");
	pass_on(from, server.n);
	sent = count(BLOCK, NULL);
	b.says = 10000;
	path_kick(b.path);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(count(BLOCK, NULL) - sent, IBB_STANZAS_UNFINISHED,
	       "so it is until a link is made of it");
	path_keep(b.path, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	ok(count(BLOCK, NULL) - sent > IBB_STANZAS_UNFINISHED, "then the window alone counts");
	ok(b.says > 0, "which is full");
	sent = count(BLOCK, NULL);
	b.urges = 40;
	path_kick(b.path);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(count(BLOCK, NULL) - sent, 1, "a control record has a place beyond it");
	is_int(b.urges, 0, "and has left");
	from = server.n - 1;
	b.urges = 40;
	path_kick(b.path);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(count(BLOCK, NULL) - sent, 1, "the next one waits");
	answer(from, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(count(BLOCK, NULL) - sent, 2, "for the answer to that");
	is_int(b.urges, 0, "and then leaves");
	path_close(a.path);
	end(&b, 1);
}

/* What the end of a burst says is answered by something, and its acknowledgement goes with that. */
static void test_answers(void)
{
	struct owner a = { .path = NULL }, b;
	unsigned from = 0, sent;
	char full[IBB_BLOCK_MIN + 1], text[2 * IBB_BLOCK_MIN];

	begin();
	server.ready = true;
	a.path = ibb_path_open(&all, "b@x.org/r", IBB_PATH_TRUSTED, &events, &a);
	offer(&b, "a@x.org/r", server.sent[0].what, IBB_BLOCK, IBB_PATH_TRUSTED);
	answer(0, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	from = server.n - 1;
	sent = count(RESULT, NULL);
	ok(server.sent[from].kind == BLOCK, "the first of a handshake");
	hear("a@x.org/r", server.sent[0].what, 0, server.sent[from].text);
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(count(RESULT, NULL) - sent, 1, "it is answered once");
	is_int(server.sent[from + 1].kind, RESULT, "first by what acknowledges it");
	is_int(server.sent[from + 2].kind, BLOCK,
	       "and by the next one of the handshake right behind");
	path_close(a.path);
	end(&b, 1);

	begin();
	offer(&b, "a@x.org/r", "0", IBB_BLOCK_MIN, IBB_PATH_TRUSTED);
	sent = count(RESULT, NULL);
	hear("a@x.org/r", "0", 0, "");
	is_int(count(RESULT, NULL) - sent, 0, "where nothing is to be said it waits");
	hear("a@x.org/r", "0", 1, "");
	is_int(count(RESULT, NULL) - sent, 2, "but not for more than one");
	hear("a@x.org/r", "0", 2, "");
	while (b.path && count(RESULT, NULL) - sent < 3)
		uv_run(&loop, UV_RUN_ONCE);
	ok(b.path, "nor for ever");
	hear("a@x.org/r", "0", 3, "");
	path_close(b.path);
	b.path = NULL;
	is_int(server.sent[server.n - 2].kind, RESULT, "a path that is closed does not owe it");
	is_int(server.sent[server.n - 1].kind, CLOSE, "and says it before");
	end(&b, 1);

	begin();
	offer(&b, "a@x.org/r", "0", IBB_BLOCK_MIN, IBB_PATH_TRUSTED);
	memset(full, 0x16, IBB_BLOCK_MIN);
	base64_encode(full, IBB_BLOCK_MIN, text);
	sent = count(RESULT, NULL);
	hear("a@x.org/r", "0", 0, text);
	is_int(count(RESULT, NULL) - sent, 1, "a full block has more behind it, and is answered");
	end(&b, 1);
}

/* A path whose queue never empties measures its base again, and goes on. */
static void test_measures(void)
{
	struct owner a = { .path = NULL }, b;
	unsigned from = 0, sent, seen;

	begin();
	server.ready = true;
	a.path = ibb_path_open(&all, "b@x.org/r", IBB_PATH_STRANGER, &events, &a);
	offer(&b, "a@x.org/r", server.sent[0].what, IBB_BLOCK_MIN, IBB_PATH_STRANGER);
	answer(0, NULL);
	while (!(a.up && b.up) && from < server.n) {
		sent = server.n;
		pass_on(from, sent);
		from = sent;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	pass_on(from, server.n);
	path_keep(b.path, NULL);
	b.says = 64 * 1024 * 1024;
	path_kick(b.path);
	uv_run(&loop, UV_RUN_NOWAIT);
	for (unsigned i = 0; i < 1000 && b.path; i++) {
		later += i < 10 ? 5 : 200;
		seen = server.n;
		for (unsigned j = seen < 64 ? 0 : seen - 64; j < seen; j++)
			answer(j % SENT_MAX, NULL);
		uv_run(&loop, UV_RUN_NOWAIT);
		if (!awaited())
			break;
	}
	ok(awaited() > 0, "something is always under way, while there is something to send");
	path_close(a.path);
	end(&b, 1);
}

/* Empty blocks are no handshake, but each of them has to be answered. */
static void test_says_nothing(void)
{
	struct owner o;
	unsigned seq = 0;

	begin();
	offer(&o, "bob@x.org/r", "0", IBB_BLOCK, IBB_PATH_TRUSTED);
	while (o.path && seq < 1000)
		hear("bob@x.org/r", "0", seq++, "");
	is_int(seq, IBB_TAKEN_UNFINISHED + 1,
	       "who says nothing in many blocks is not heard for long");
	is_int(count(CLOSE, NULL), 1, "and told that it is over");
	end(&o, 1);

	begin();
	offer(&o, "bob@x.org/r", "0", IBB_BLOCK, IBB_PATH_TRUSTED);
	server.mute = true;
	hear("bob@x.org/r", "0", 0, "");
	hear("bob@x.org/r", "0", 1, "");
	is_str(o.why, "a block cannot be acknowledged",
	       "a path whose blocks cannot be acknowledged is over");
	server.mute = true;
	offer(&o, "bob@x.org/r", "0", IBB_BLOCK, IBB_PATH_TRUSTED);
	ok(!o.path && all.places.used == 0, "and one whose opening cannot be is none");
	end(&o, 1);
}

int main(void)
{
	uv_loop_init(&loop);
	key = device_key_generate();
	test_breaks_in_its_turn();
	test_one_place();
	test_lost();
	test_shares();
	test_room();
	test_kept();
	test_block_sizes();
	test_given_up();
	test_unfinished();
	test_answers();
	test_says_nothing();
	test_measures();
	device_key_destroy(key);
	ok(uv_loop_close(&loop) == 0, "nothing is left in the loop");
	return tap_done();
}
