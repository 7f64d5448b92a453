/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outgoing: open (iq) -> result -> TLS ClientHello in the first data stanza -> handshake ->
 * established -> fill, encrypt and send, block by block as the window allows. Incoming: the
 * same from the other end. Each block is an iq whose answer is the acknowledgement. An error
 * or a missing answer ends the path, and the link above moves to another one.
 *
 * A block that is not full ends what the other side has to say for now, and mostly we have
 * something to say to it. So its answer waits a moment, and leaves just ahead of that. A server
 * with Nagle's algorithm (Prosody's default) would pass on the answer by itself, and keep what
 * comes behind it for a round trip. For the same reason the answers to the blocks of a burst
 * leave together, where that costs little of the round trip.
 *
 * A path takes a place in the quota when either side opens it, and leaves the place when
 * nothing can come for it any more. If our open is given up before its answer, the path waits
 * for that answer: the other side may accept, and must then be told that the path is closed.
 * A path that has to make room is told so from the loop, not within the call that needs the
 * place.
 */
#include "ibb-path.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "base64.h"
#include "hex.h"
#include "ibb.h"
#include "jid.h"
#include "log.h"
#include "random.h"

enum {
	SID_BYTES = 9,
	BLOCK_TEXT_MAX = 128 * 1024,	/* bytes; the base64 of the largest block of XEP-0047 */
	FILL_MIN = 512,			/* bytes; with less room than that wait for an
					   acknowledgement */
};

enum ibb_path_state {
	IBB_PATH_OPENING,	/* our open is unanswered */
	IBB_PATH_GIVEN_UP,	/* our open is unanswered, but its owner has closed the path */
	IBB_PATH_OPEN,		/* the bytestream is open; TLS is in its handshake or up */
	IBB_PATH_ROOM,		/* it had to make room; its owner is about to be told */
	IBB_PATH_CLOSED,	/* waits for its handles to close */
};

struct block {
	struct ibb_path *inband;
	uint64_t request;	/* of account_send_block(); 0: free */
	uint16_t seq;
};

struct ibb_path {
	struct tls_path tls;		/* first: a struct path * is one of us */
	struct ibb_paths *all;
	struct round_robin_entry turn;	/* ibb_paths::paths */
	struct quota_place place;
	bool kept;			/* path_keep(): a link uses it */
	unsigned taken;			/* blocks received before it was kept */
	uint64_t number;		/* counts all paths ever created */
	char *jid;			/* full; owned */
	char sid[2 * SID_BYTES + 1];
	enum ibb_path_state state;
	struct ibb ibb;
	struct block blocks[IBB_STANZAS_MAX];
	uint64_t open_request;
	uv_timer_t timer;		/* handshake, overdue acknowledgements */
	uv_idle_t soon;			/* runs send_some(), or on_room_made() in
					   IBB_PATH_ROOM */
	uv_timer_t pause;		/* until the token bucket allows more */
	char *held[IBB_STANZAS_MAX];	/* ids of blocks whose answers wait; owned */
	unsigned held_count;
	uv_timer_t answer;		/* until they have waited for long enough */
	int open_handles;
};

static struct ibb_path *of_turn(struct round_robin_entry *turn)
{
	return (struct ibb_path *)((char *)turn - offsetof(struct ibb_path, turn));
}

/*
 * The first path in the line, or the one after p; NULL at the end. The result must not be
 * kept over any call.
 */
static struct ibb_path *after(const struct ibb_paths *all, const struct ibb_path *p)
{
	struct list *next = p ? p->turn.link.next : all->paths.line.next;

	return next == &all->paths.line ? NULL : of_turn((struct round_robin_entry *)next);
}

static const char *state_name(enum ibb_path_state state)
{
	static const char *const names[] = { "opening", "given up", "open", "made room", "closed" };

	return names[state];
}

static void enter(struct ibb_path *p, enum ibb_path_state state, const char *because)
{
	log_debug("in-band %s %s: %s -> %s, %s", p->sid, p->jid, state_name(p->state),
		  state_name(state), because);
	p->state = state;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct ibb_path *p = handle->data;

	if (--p->open_handles)
		return;
	tls_path_finish(&p->tls);
	while (p->held_count)
		free(p->held[--p->held_count]);
	free(p->jid);
	free(p);
}

/* Removes the path from the line and the quota, and forgets its requests. */
static void let_go(struct ibb_path *p)
{
	round_robin_remove(&p->turn);
	quota_leave(&p->place);
	if (p->all->xmpp) {
		if (p->open_request)
			account_forget(p->all->xmpp, p->open_request);
		for (size_t i = 0; i < ARRAY_SIZE(p->blocks); i++)
			if (p->blocks[i].request)
				account_forget(p->all->xmpp, p->blocks[i].request);
	}
	p->open_request = 0;
}

/* The only way to end a path. Its memory is freed when its handles are closed. */
static void finish(struct ibb_path *p, const char *because)
{
	if (p->state != IBB_PATH_ROOM)
		let_go(p);
	enter(p, IBB_PATH_CLOSED, because);
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	uv_close((uv_handle_t *)&p->soon, on_handle_closed);
	uv_close((uv_handle_t *)&p->pause, on_handle_closed);
	uv_close((uv_handle_t *)&p->answer, on_handle_closed);
}

/* Sends the answers that wait. False if one cannot be sent. */
static bool answer_held(struct ibb_path *p)
{
	bool sent = true;

	for (unsigned i = 0; i < p->held_count; i++) {
		sent = sent && p->all->xmpp &&
		       account_reply_result(p->all->xmpp, p->jid, p->held[i]);
		free(p->held[i]);
	}
	p->held_count = 0;
	uv_timer_stop(&p->answer);
	return sent;
}

static void send_close(struct ibb_path *p)
{
	answer_held(p);
	if (p->all->xmpp)
		account_close_stream(p->all->xmpp, p->jid, p->sid);
}

/* The path broke: ends it and tells the owner. */
static void broken(struct ibb_path *p, const char *why)
{
	if (p->state == IBB_PATH_CLOSED)
		return;
	finish(p, why);
	if (!p->tls.path.over)
		path_over(&p->tls.path, why);
}

static void on_timer(uv_timer_t *timer);

static void schedule(struct ibb_path *p)
{
	uint64_t now = uv_now(p->all->loop), at;

	if (!p->tls.path.up)
		return;		/* the handshake's timer runs */
	at = ibb_deadline(&p->ibb);
	if (at == UINT64_MAX)
		uv_timer_stop(&p->timer);
	else if (!uv_is_active((uv_handle_t *)&p->timer))
		uv_timer_start(&p->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct ibb_path *p = timer->data;

	if (!p->tls.path.up)
		broken(p, PATH_HANDSHAKE_UNANSWERED);
	else if (ibb_deadline(&p->ibb) <= uv_now(p->all->loop))
		broken(p, "the other side does not acknowledge");
	else
		schedule(p);
}

static void send_some(struct ibb_path *p);

static void on_block_answer(void *arg, const char *error)
{
	struct block *b = arg;
	struct ibb_path *p = b->inband;

	b->request = 0;
	if (error) {
		broken(p, error);
		return;
	}
	ibb_acked(&p->ibb, b->seq, uv_now(p->all->loop));
	schedule(p);
	send_some(p);
}

static struct block *free_block(struct ibb_path *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->blocks); i++)
		if (!p->blocks[i].request)
			return &p->blocks[i];
	return NULL;
}

static bool send_block(struct ibb_path *p, size_t n)
{
	struct block *b = free_block(p);

	if (!b || !answer_held(p))
		return false;
	b->inband = p;
	b->seq = ibb_sent(&p->ibb, n, uv_now(p->all->loop));
	path_spend(&p->tls.path, n, uv_now(p->all->loop));
	b->request = account_send_block(p->all->xmpp, p->jid, p->sid, b->seq,
					buf_data(&p->tls.cipher), n, on_block_answer, b);
	buf_consume(&p->tls.cipher, n);
	schedule(p);
	return b->request != 0;
}

static void on_pause_over(uv_timer_t *timer)
{
	struct ibb_path *p = timer->data;

	/* Serve in round-robin order, not in the order in which they became ready. */
	ibb_paths_bulk(p->all);
}

/*
 * How many bytes the next block may carry now. 0: wait for an acknowledgement, for the
 * account or for the token bucket. urgent: a block of control records beyond the window.
 */
static size_t room_now(struct ibb_path *p, bool urgent)
{
	size_t room = urgent ? ibb_can_interrupt(&p->ibb) : ibb_can_send(&p->ibb), allowed;
	uint64_t wait;

	if (!p->kept && p->ibb.in_flight >= IBB_STANZAS_UNFINISHED)
		return 0;
	if (!room || !account_bulk_ready(p->all->xmpp))
		return 0;
	allowed = path_allowed(&p->tls.path, uv_now(p->all->loop), &wait);
	if (!allowed && !uv_is_active((uv_handle_t *)&p->pause))
		uv_timer_start(&p->pause, on_pause_over, wait, 0);
	return room < allowed ? room : allowed;
}

/* Encrypts what the next block has to carry. False if there is none, or no room for it. */
static bool stock_up(struct ibb_path *p, size_t room, bool urgent)
{
	if (urgent)
		return room == IBB_URGENT && tls_path_fill_urgent(&p->tls, room);
	/* The block that measures the base is small, and there is no other to wait for. */
	return (room >= FILL_MIN || !p->ibb.in_flight) && tls_path_fill(&p->tls, room);
}

static void send_some(struct ibb_path *p)
{
	struct buf *cipher = &p->tls.cipher;

	while (p->state == IBB_PATH_OPEN && p->all->xmpp) {
		size_t room = room_now(p, false);
		bool urgent = !room && p->kept && !buf_len(cipher);

		if (urgent)
			room = room_now(p, true);
		if (!room || (!buf_len(cipher) && !stock_up(p, room, urgent)))
			return;
		if (!send_block(p, buf_len(cipher) < room ? buf_len(cipher) : room)) {
			broken(p, "the connection with the server is lost");
			return;
		}
	}
}

static void on_soon(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	send_some(idle->data);
}

static void on_kick(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;

	uv_idle_start(&p->soon, on_soon);
}

static void on_close(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;
	struct buf *cipher = &p->tls.cipher;

	if (p->state == IBB_PATH_OPENING) {
		enter(p, IBB_PATH_GIVEN_UP, "closed by us");
		return;
	}
	if (p->state == IBB_PATH_OPEN) {
		/* A last word is short, so it may exceed the window. */
		while (path->up && p->all->xmpp && buf_len(cipher) &&
		       send_block(p, buf_len(cipher) < p->ibb.block_max ? buf_len(cipher)
									: p->ibb.block_max))
			;
		send_close(p);
	}
	finish(p, "closed by us");
}

/* What was sent already cannot be taken back; the rest is dropped. */
static void on_cut(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;

	buf_reset(&p->tls.cipher);
	if (p->state == IBB_PATH_OPENING) {
		enter(p, IBB_PATH_GIVEN_UP, "cut by us");
		return;
	}
	send_close(p);
	finish(p, "cut by us");
}

static bool on_unsent(const struct path *path)
{
	return buf_len(&((const struct ibb_path *)path)->tls.cipher);
}

static void on_keep(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;
	char bare[JID_MAX];

	p->kept = true;
	p->place.unfinished = false;
	if (p->place.quota && jid_bare_of(p->jid, bare))
		quota_trust(&p->place, bare);
	on_kick(path);
}

static bool on_throttled(const struct path *path)
{
	const struct ibb_path *p = (const struct ibb_path *)path;

	return throttle_on(&p->ibb.throttle, uv_now(p->all->loop));
}

/*
 * On a throttled path one block may take as long as the congestion controller measures. The
 * throttle measures for longer, so its rate is better.
 */
static uint64_t on_rate(const struct path *path)
{
	const struct ibb_path *p = (const struct ibb_path *)path;

	return on_throttled(path) ? p->ibb.throttle.rate : p->ibb.congestion.rate;
}

static const char *on_jid(const struct path *path)
{
	return ((const struct ibb_path *)path)->jid;
}

static const struct path_ops ops = {
	.kick = on_kick,
	.keep = on_keep,
	.write = tls_path_write,
	.exporter = tls_path_exporter,
	.close = on_close,
	.cut = on_cut,
	.unsent = on_unsent,
	.jid = on_jid,
	.rate = on_rate,
	.throttled = on_throttled,
};

void ibb_paths_init(struct ibb_paths *all, uv_loop_t *loop)
{
	*all = (struct ibb_paths){ .loop = loop };
	round_robin_init(&all->paths);
	quota_init(&all->places, IBB_MAX, false);
}

void ibb_paths_finish(struct ibb_paths *all)
{
	quota_finish(&all->places);
}

static bool any_unfinished(const struct ibb_paths *all, const char *full_jid)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (p->place.unfinished && !strcmp(p->jid, full_jid))
			return true;
	return false;
}

static enum quota_verdict ask(const struct ibb_paths *all, const char *full_jid, const char *bare,
			      enum ibb_path_standing standing, bool client,
			      struct quota_place **victim)
{
	enum quota_verdict verdict =
		quota_ask(&all->places, bare, standing != IBB_PATH_STRANGER, victim);

	/*
	 * An awaited device gets a path even beyond its quota. An open from its full JID
	 * proves nothing yet, so only one unfinished path of a JID may insist.
	 */
	if (verdict == QUOTA_NO && standing == IBB_PATH_AWAITED &&
	    (client || !any_unfinished(all, full_jid)))
		verdict = quota_insist(&all->places, victim);
	return verdict;
}

static void on_room_made(uv_idle_t *idle)
{
	broken(idle->data, "others need its place");
}

static void make_room(struct ibb_path *p)
{
	log_debug("in-band %s %s: makes room", p->sid, p->jid);
	send_close(p);
	let_go(p);
	enter(p, IBB_PATH_ROOM, "others need its place");
	uv_timer_stop(&p->timer);
	uv_timer_stop(&p->pause);
	uv_idle_stop(&p->soon);
	uv_idle_start(&p->soon, on_room_made);
}

/* Finds a place for one more path, and has another one make room if needed. */
static bool find_place(struct ibb_paths *all, const char *full_jid, const char *bare,
		       enum ibb_path_standing standing, bool client)
{
	struct quota_place *victim;
	enum quota_verdict verdict = ask(all, full_jid, bare, standing, client, &victim);

	if (verdict == QUOTA_ROOM)
		make_room((struct ibb_path *)((char *)victim - offsetof(struct ibb_path, place)));
	return verdict != QUOTA_NO;
}

/* NULL if there is no place. */
static struct ibb_path *create(struct ibb_paths *all, const char *full_jid,
			       enum ibb_path_standing standing, bool client,
			       const struct path_events *events, void *owner)
{
	struct ibb_path *p;
	char bare[JID_MAX];

	if (!jid_bare_of(full_jid, bare) || !find_place(all, full_jid, bare, standing, client))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	quota_take(&all->places, &p->place, bare, standing != IBB_PATH_STRANGER);
	/* A path that we open to an awaited device counts as in use, and never makes room. */
	if (client && standing == IBB_PATH_AWAITED)
		p->place.unfinished = false;

	p->all = all;
	p->jid = xstrdup(full_jid);
	tls_path_init(&p->tls, &ops, PATH_INBAND, "in-band", all->key, client, NULL, events, owner);
	uv_timer_init(all->loop, &p->timer);
	uv_idle_init(all->loop, &p->soon);
	uv_timer_init(all->loop, &p->pause);
	uv_timer_init(all->loop, &p->answer);
	p->timer.data = p->soon.data = p->pause.data = p->answer.data = p;
	p->open_handles = 4;
	p->number = ++all->opened;
	round_robin_add(&all->paths, &p->turn);
	return p;
}

static void start_handshake(struct ibb_path *p, size_t block_max, const char *because)
{
	ibb_init(&p->ibb, block_max, uv_now(p->all->loop));
	enter(p, IBB_PATH_OPEN, because);
	uv_timer_start(&p->timer, on_timer, LINK_HELLO_TIMEOUT, 0);
	uv_idle_start(&p->soon, on_soon);
}

static void on_open_answer(void *arg, const char *error)
{
	struct ibb_path *p = arg;

	p->open_request = 0;
	/*
	 * After a time-out the other side may still accept the open; our close comes behind
	 * it.
	 */
	if (p->state == IBB_PATH_GIVEN_UP ? !error || !strcmp(error, "timeout")
					  : error && !strcmp(error, "timeout"))
		send_close(p);
	if (error || p->state == IBB_PATH_GIVEN_UP)
		broken(p, error ? error : "it was given up");
	else
		start_handshake(p, IBB_BLOCK, "the other side took it");
}

static struct ibb_path *find(const struct ibb_paths *all, const char *jid, const char *sid)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (!strcmp(p->sid, sid) && !strcmp(p->jid, jid))
			return p;
	return NULL;
}

struct path *ibb_path_open_as(struct ibb_paths *all, const char *full_jid, const char *sid,
			      enum ibb_path_standing standing, const struct path_events *events,
			      void *owner)
{
	struct ibb_path *p;

	if (!all->xmpp || strlen(sid) > 2 * SID_BYTES || find(all, full_jid, sid))
		return NULL;
	p = create(all, full_jid, standing, true, events, owner);
	if (!p)
		return NULL;
	strcpy(p->sid, sid);
	p->open_request =
		account_open_stream(all->xmpp, full_jid, p->sid, IBB_BLOCK, on_open_answer, p);
	if (!p->open_request) {
		finish(p, "it could not be asked for");
		return NULL;
	}
	return &p->tls.path;
}

struct path *ibb_path_open(struct ibb_paths *all, const char *full_jid,
			   enum ibb_path_standing standing, const struct path_events *events,
			   void *owner)
{
	unsigned char random[SID_BYTES];
	char sid[2 * SID_BYTES + 1];

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), sid);
	return ibb_path_open_as(all, full_jid, sid, standing, events, owner);
}

static bool well_formed(const struct ibb_stanza *open)
{
	size_t n = strlen(open->sid);

	return n && n <= 2 * SID_BYTES && strspn(open->sid, "0123456789abcdef") == n &&
	       open->block_size;
}

/* XEP-0047 2.1: after this refusal the other side may try again with smaller blocks. */
static bool fits(const struct ibb_stanza *open)
{
	return open->block_size >= IBB_BLOCK_MIN && open->block_size <= IBB_BLOCK;
}

struct path *ibb_path_accept(struct ibb_paths *all, const struct ibb_stanza *open,
			     enum ibb_path_standing standing, const struct path_events *events,
			     void *owner)
{
	struct ibb_path *p = NULL;

	if (!well_formed(open)) {
		account_reply_error(all->xmpp, open->from, open->id, "bad-request");
		return NULL;
	}
	if (fits(open) && !find(all, open->from, open->sid))
		p = create(all, open->from, standing, false, events, owner);
	if (!p) {
		account_reply_error(all->xmpp, open->from, open->id, "resource-constraint");
		return NULL;
	}
	strcpy(p->sid, open->sid);
	if (!account_reply_result(all->xmpp, open->from, open->id)) {
		finish(p, "it cannot be answered");
		return NULL;
	}
	start_handshake(p, open->block_size, "it was offered");
	return &p->tls.path;
}

/* Handles ciphertext that has arrived. */
static void take(struct ibb_path *p, const void *data, size_t n)
{
	bool was_up = p->tls.path.up;
	const char *why = tls_path_take(&p->tls, data, n);

	if (p->state == IBB_PATH_CLOSED)
		return;
	if (p->tls.path.up && !was_up) {
		uv_timer_stop(&p->timer);
		schedule(p);
	}
	if (why) {
		if (*tls_error(p->tls.tls))
			log_about(p->jid, LOG_WARNING, "in-band path to %s: %s", p->jid,
				  tls_error(p->tls.tls));
		send_close(p);
		broken(p, why);
		return;
	}
	send_some(p);
}

static void on_answer_due(uv_timer_t *timer)
{
	struct ibb_path *p = timer->data;

	if (!answer_held(p))
		broken(p, "a block cannot be acknowledged");
}

/*
 * For how long the answer to a block of n bytes may wait, in ms. Of the round trip we know what
 * our own blocks took.
 */
static uint64_t answer_delay(const struct ibb_path *p, size_t n)
{
	uint64_t rtt = p->ibb.congestion.base_rtt, most = IBB_ANSWER_DELAY;

	if (n < p->ibb.block_max && !p->held_count)
		return most;
	if (rtt == UINT64_MAX)
		return 0;
	return rtt / 8 < most ? rtt / 8 : most;
}

/* Answers a block of n bytes, now or soon. False if it cannot be sent. */
static bool answer(struct ibb_path *p, const struct ibb_stanza *s, size_t n)
{
	uint64_t delay = answer_delay(p, n);

	p->held[p->held_count++] = xstrdup(s->id);
	if (!delay || p->held_count == IBB_STANZAS_MAX)
		return answer_held(p);
	if (!uv_is_active((uv_handle_t *)&p->answer))
		uv_timer_start(&p->answer, on_answer_due, delay, 0);
	return true;
}

static void on_data(struct ibb_path *p, const struct ibb_stanza *s)
{
	char *bytes;
	long n;

	if (p->state != IBB_PATH_OPEN) {
		account_reply_error(p->all->xmpp, s->from, s->id, "unexpected-request");
		return;
	}
	if (s->text_len > BLOCK_TEXT_MAX) {
		account_reply_error(p->all->xmpp, s->from, s->id, "bad-request");
		return;
	}
	if (!p->kept && p->taken++ >= IBB_TAKEN_UNFINISHED) {
		account_reply_error(p->all->xmpp, s->from, s->id, "resource-constraint");
		send_close(p);
		broken(p, "many blocks, and no HELLO");
		return;
	}
	bytes = xmalloc(s->text_len / 4 * 3 + 1);
	n = base64_decode(s->text, s->text_len, bytes);
	if (n < 0 || ibb_received(&p->ibb, s->seq, n) < 0) {
		account_reply_error(p->all->xmpp, s->from, s->id,
				    n < 0 ? "bad-request" : "unexpected-request");
		send_close(p);
		broken(p, "a block is damaged or missing");
	} else if (!answer(p, s, n)) {
		send_close(p);
		broken(p, "a block cannot be acknowledged");
	} else {
		take(p, bytes, n);
	}
	free(bytes);
}

void ibb_paths_stanza(struct ibb_paths *all, const struct ibb_stanza *s)
{
	struct ibb_path *p = find(all, s->from, s->sid);

	if (!p) {
		account_reply_error(all->xmpp, s->from, s->id, "item-not-found");
		return;
	}
	if (s->kind == IBB_DATA) {
		on_data(p, s);
		return;
	}
	account_reply_result(all->xmpp, s->from, s->id);
	broken(p, "closed by the other side");
}

void ibb_paths_bulk(struct ibb_paths *all)
{
	struct round_robin_entry *turn;

	round_robin_begin(&all->paths);
	while (all->xmpp && account_bulk_ready(all->xmpp) && (turn = round_robin_next(&all->paths)))
		send_some(of_turn(turn));
}

/* The first path with a number up to last. */
static struct ibb_path *one_of(const struct ibb_paths *all, uint64_t last)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (p->number <= last)
			return p;
	return NULL;
}

void ibb_paths_lost(struct ibb_paths *all, const char *why)
{
	uint64_t last = all->opened;
	struct ibb_path *p;

	/* An owner may open new paths when told; their numbers are above last, and they stay. */
	while ((p = one_of(all, last)))
		broken(p, why);
}
