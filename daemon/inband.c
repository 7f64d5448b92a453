/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outgoing: open (iq) -> result -> TLS ClientHello in the first data stanza
 * -> handshake -> established -> fill, encrypt, send, block by block as the
 * window allows. Incoming: the same from the other end. Each block is an iq
 * whose answer is the acknowledgement; an error or no answer at all ends the path, and
 * the link above moves on to another one.
 */
#include "inband.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "base64.h"
#include "ibb.h"
#include "log.h"
#include "text.h"

enum {
	SID_BYTES = 9,
	BLOCK_TEXT_MAX = 128 * 1024,	/* base64 of the largest block XEP-0047 knows */
	TLS_OVERHEAD = 22,		/* of one record: header, type, tag */
	FILL_MIN = 512,			/* less room than that waits for an acknowledgement */
};

enum inband_state {
	INBAND_OPENING,		/* our open is unanswered */
	INBAND_HANDSHAKE,	/* the bytestream is open, TLS is not */
	INBAND_UP,		/* established */
	INBAND_CLOSED,		/* waits for its handles to close */
};

struct block {
	struct inband *path;
	uint64_t request;	/* of xmpp_send_block(); 0: free */
	uint16_t seq;
};

struct inband {
	struct inbands *all;
	struct inband *next;
	char *jid;			/* full; owned */
	char sid[2 * SID_BYTES + 1];
	enum inband_state state;
	const struct inband_events *events;
	void *owner;
	struct ibb ibb;
	struct tls *tls;		/* owned */
	struct buf plain_in, plain_out, cipher;
	struct block blocks[IBB_STANZAS_MAX];
	uint64_t open_request;
	uv_timer_t timer;		/* handshake, overdue acknowledgements */
	uv_idle_t soon;
	int open_handles;
};

static const char *state_name(enum inband_state state)
{
	static const char *const names[] = { "opening", "handshake", "up", "closed" };

	return names[state];
}

static void enter(struct inband *p, enum inband_state state, const char *because)
{
	log_debug("in-band %s %s: %s -> %s, %s", p->sid, p->jid, state_name(p->state),
		  state_name(state), because);
	p->state = state;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct inband *p = handle->data;

	if (--p->open_handles)
		return;
	buf_finish(&p->plain_in);
	buf_finish(&p->plain_out);
	buf_finish(&p->cipher);
	tls_destroy(p->tls);
	free(p->jid);
	free(p);
}

/* Takes it out of everything; its memory goes when the handles are closed. */
static void finish(struct inband *p, const char *because)
{
	struct inband **at = &p->all->first;

	enter(p, INBAND_CLOSED, because);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->all->turn == p)
		p->all->turn = p->next;
	if (p->all->xmpp) {
		if (p->open_request)
			xmpp_forget(p->all->xmpp, p->open_request);
		for (size_t i = 0; i < ARRAY_SIZE(p->blocks); i++)
			if (p->blocks[i].request)
				xmpp_forget(p->all->xmpp, p->blocks[i].request);
	}
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	uv_close((uv_handle_t *)&p->soon, on_handle_closed);
}

static void on_close_answer(void *arg, const char *error)
{
}

static void send_close(struct inband *p)
{
	struct buf xml = { 0 };

	if (!p->all->xmpp)
		return;
	buf_printf(&xml, "<close xmlns='http://jabber.org/protocol/ibb' sid='%s'/>", p->sid);
	xmpp_request(p->all->xmpp, p->jid, "set", buf_str(&xml), IBB_OPEN_TIMEOUT,
		     on_close_answer, NULL);
	buf_finish(&xml);
}

/* It broke: the owner is told. */
static void broken(struct inband *p, const char *why)
{
	const struct inband_events *events = p->events;
	void *owner = p->owner;

	if (p->state == INBAND_CLOSED)
		return;
	finish(p, why);
	events->closed(owner, why);
}

static void on_timer(uv_timer_t *timer);

static void schedule(struct inband *p)
{
	uint64_t now = uv_now(p->all->loop), at;

	if (p->state != INBAND_UP)
		return;		/* the handshake's timer runs */
	at = ibb_deadline(&p->ibb);
	if (at == UINT64_MAX)
		uv_timer_stop(&p->timer);
	else if (!uv_is_active((uv_handle_t *)&p->timer))
		uv_timer_start(&p->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct inband *p = timer->data;

	if (p->state == INBAND_HANDSHAKE)
		broken(p, "no answer to the TLS handshake");
	else if (ibb_deadline(&p->ibb) <= uv_now(p->all->loop))
		broken(p, "the other side does not acknowledge");
	else
		schedule(p);
}

static void send_some(struct inband *p);

static void on_block_answer(void *arg, const char *error)
{
	struct block *b = arg;
	struct inband *p = b->path;

	b->request = 0;
	if (error) {
		broken(p, error);
		return;
	}
	ibb_acked(&p->ibb, b->seq, uv_now(p->all->loop));
	schedule(p);
	send_some(p);
}

static struct block *free_block(struct inband *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->blocks); i++)
		if (!p->blocks[i].request)
			return &p->blocks[i];
	return NULL;
}

static bool send_block(struct inband *p, size_t n)
{
	struct block *b = free_block(p);

	if (!b)
		return false;
	b->path = p;
	b->seq = ibb_sent(&p->ibb, n, uv_now(p->all->loop));
	b->request = xmpp_send_block(p->all->xmpp, p->jid, p->sid, b->seq, buf_data(&p->cipher), n,
				     on_block_answer, b);
	buf_consume(&p->cipher, n);
	schedule(p);
	return b->request != 0;
}

/* Asks the owner for plaintext that makes one block of at most room bytes. */
static void fill(struct inband *p, size_t room)
{
	if (p->state != INBAND_UP || room < FILL_MIN)
		return;
	buf_reset(&p->plain_out);
	p->events->fill(p->owner, &p->plain_out, room - TLS_OVERHEAD);
	if (p->state != INBAND_UP || !buf_len(&p->plain_out))
		return;
	if (tls_write(p->tls, buf_data(&p->plain_out), buf_len(&p->plain_out)) == 0)
		tls_output(p->tls, &p->cipher);
}

static void send_some(struct inband *p)
{
	while ((p->state == INBAND_HANDSHAKE || p->state == INBAND_UP) && p->all->xmpp) {
		size_t room = ibb_can_send(&p->ibb);

		if (!room || !xmpp_bulk_ready(p->all->xmpp))
			return;
		if (!buf_len(&p->cipher))
			fill(p, room);
		if (p->state == INBAND_CLOSED || !buf_len(&p->cipher))
			return;
		if (!send_block(p, buf_len(&p->cipher) < room ? buf_len(&p->cipher) : room)) {
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

void inband_kick(struct inband *p)
{
	if (p->state == INBAND_UP)
		uv_idle_start(&p->soon, on_soon);
}

static struct inband *create(struct inbands *all, const char *full_jid, bool client,
			     const struct inband_events *events, void *owner)
{
	struct inband *p = xcalloc(1, sizeof(*p));

	p->all = all;
	p->jid = xstrdup(full_jid);
	p->events = events;
	p->owner = owner;
	p->tls = tls_create(all->key, client);
	uv_timer_init(all->loop, &p->timer);
	uv_idle_init(all->loop, &p->soon);
	p->timer.data = p->soon.data = p;
	p->open_handles = 2;
	p->next = all->first;
	all->first = p;
	return p;
}

static void start_handshake(struct inband *p, size_t block_max, const char *because)
{
	ibb_init(&p->ibb, block_max, uv_now(p->all->loop));
	enter(p, INBAND_HANDSHAKE, because);
	uv_timer_start(&p->timer, on_timer, LINK_HELLO_TIMEOUT, 0);
	tls_output(p->tls, &p->cipher);
	uv_idle_start(&p->soon, on_soon);
}

static void on_open_answer(void *arg, const char *error)
{
	struct inband *p = arg;

	p->open_request = 0;
	if (error)
		broken(p, error);
	else
		start_handshake(p, IBB_BLOCK, "the other side took it");
}

struct inband *inband_open(struct inbands *all, const char *full_jid,
			   const struct inband_events *events, void *owner)
{
	unsigned char random[SID_BYTES];
	struct buf xml = { 0 };
	struct inband *p;

	if (!all->xmpp)
		return NULL;
	p = create(all, full_jid, true, events, owner);
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), p->sid);
	buf_printf(&xml, "<open xmlns='http://jabber.org/protocol/ibb' sid='%s' block-size='%d' stanza='iq'/>",
		   p->sid, IBB_BLOCK);
	p->open_request = xmpp_request(all->xmpp, full_jid, "set", buf_str(&xml), IBB_OPEN_TIMEOUT,
				       on_open_answer, p);
	buf_finish(&xml);
	if (!p->open_request) {
		finish(p, "not online");
		return NULL;
	}
	return p;
}

static struct inband *find(const struct inbands *all, const char *jid, const char *sid)
{
	for (struct inband *p = all->first; p; p = p->next)
		if (!strcmp(p->sid, sid) && !strcmp(p->jid, jid))
			return p;
	return NULL;
}

struct inband *inband_accept(struct inbands *all, const struct ibb_stanza *open,
			     const struct inband_events *events, void *owner)
{
	unsigned from_jid = 0, count = 0;
	struct inband *p;

	for (p = all->first; p; p = p->next, count++)
		from_jid += !strcmp(p->jid, open->from);
	if (strlen(open->sid) > 2 * SID_BYTES || strspn(open->sid, "0123456789abcdef") != strlen(open->sid) ||
	    !open->block_size || open->block_size > UINT16_MAX) {
		xmpp_reply_error(all->xmpp, open->from, open->id, "bad-request");
		return NULL;
	}
	if (find(all, open->from, open->sid) || from_jid >= IBB_PER_DEVICE || count >= IBB_MAX) {
		xmpp_reply_error(all->xmpp, open->from, open->id, "resource-constraint");
		return NULL;
	}
	p = create(all, open->from, false, events, owner);
	strcpy(p->sid, open->sid);
	xmpp_reply_result(all->xmpp, open->from, open->id);
	start_handshake(p, open->block_size < IBB_BLOCK ? open->block_size : IBB_BLOCK,
			"it was offered");
	return p;
}

void inband_set_owner(struct inband *p, const struct inband_events *events, void *owner)
{
	p->events = events;
	p->owner = owner;
}

/* Ciphertext has arrived. */
static void take(struct inband *p, const void *data, size_t n)
{
	int result = tls_input(p->tls, data, n, &p->plain_in);

	tls_output(p->tls, &p->cipher);
	if (p->state == INBAND_HANDSHAKE && tls_established(p->tls)) {
		enter(p, INBAND_UP, "TLS is established");
		uv_timer_stop(&p->timer);
		schedule(p);
		p->events->established(p->owner, tls_peer_fingerprint(p->tls));
	}
	if (p->state == INBAND_UP && buf_len(&p->plain_in))
		p->events->plain(p->owner, &p->plain_in);
	if (p->state == INBAND_CLOSED)
		return;
	if (result < 0)
		log_warning("in-band path to %s: %s", p->jid, tls_error(p->tls));
	if (result) {
		send_close(p);
		broken(p, result < 0 ? "TLS failed" : "closed by the other side");
		return;
	}
	send_some(p);
}

static void on_data(struct inband *p, const struct ibb_stanza *s)
{
	char *bytes;
	long n;

	if (p->state != INBAND_HANDSHAKE && p->state != INBAND_UP) {
		xmpp_reply_error(p->all->xmpp, s->from, s->id, "unexpected-request");
		return;
	}
	if (s->text_len > BLOCK_TEXT_MAX) {
		xmpp_reply_error(p->all->xmpp, s->from, s->id, "bad-request");
		return;
	}
	bytes = xmalloc(s->text_len / 4 * 3 + 1);
	n = base64_decode(s->text, s->text_len, bytes);
	if (n < 0 || ibb_received(&p->ibb, s->seq, n) < 0) {
		xmpp_reply_error(p->all->xmpp, s->from, s->id, n < 0 ? "bad-request" : "unexpected-request");
		send_close(p);
		broken(p, "a block is damaged or missing");
	} else {
		xmpp_reply_result(p->all->xmpp, s->from, s->id);
		take(p, bytes, n);
	}
	free(bytes);
}

void inbands_stanza(struct inbands *all, const struct ibb_stanza *s)
{
	struct inband *p = find(all, s->from, s->sid);

	if (!p) {
		xmpp_reply_error(all->xmpp, s->from, s->id, "item-not-found");
		return;
	}
	if (s->kind == IBB_DATA) {
		on_data(p, s);
		return;
	}
	xmpp_reply_result(all->xmpp, s->from, s->id);
	broken(p, "closed by the other side");
}

void inbands_bulk(struct inbands *all)
{
	struct inband *p = all->turn ? all->turn : all->first, *start = p;

	if (!p)
		return;
	/* Whoever goes first may take all there is: next time it is another one's turn. */
	all->turn = p->next;
	do {
		struct inband *next = p->next ? p->next : all->first;

		send_some(p);
		if (!all->first || !all->xmpp || !xmpp_bulk_ready(all->xmpp))
			return;
		p = next;
	} while (p != start && p->state != INBAND_CLOSED);
}

void inbands_lost(struct inbands *all, const char *full_jid, const char *why)
{
	struct inband *p;

again:
	for (p = all->first; p; p = p->next) {
		if (full_jid && strcmp(p->jid, full_jid))
			continue;
		broken(p, why);
		goto again;
	}
}

void inband_write(struct inband *p, const void *data, size_t n)
{
	if (p->state == INBAND_UP && tls_write(p->tls, data, n) == 0)
		tls_output(p->tls, &p->cipher);
}

void inband_close(struct inband *p)
{
	/* A last word is short; the window need not be asked for it. */
	while (p->state == INBAND_UP && p->all->xmpp && buf_len(&p->cipher) &&
	       send_block(p, buf_len(&p->cipher) < p->ibb.block_max ? buf_len(&p->cipher) : p->ibb.block_max))
		;
	if (p->state != INBAND_OPENING)
		send_close(p);
	finish(p, "closed by us");
}

const char *inband_jid(const struct inband *p)
{
	return p->jid;
}

uint64_t inband_rate(const struct inband *p)
{
	return p->ibb.pace.rate;
}
