/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of a path, both ways. What is sent is filled, encrypted and sent block by block as the
 * window allows. Each block is an iq whose answer is the acknowledgement.
 *
 * A block that is not full ends what the other side has to say for now, and mostly we have
 * something to say to it. So its answer waits a moment, and leaves just ahead of that. A server
 * with Nagle's algorithm (Prosody's default) would pass on the answer by itself, and keep what
 * comes behind it for a round trip. For the same reason the answers to the blocks of a burst
 * leave together, where that costs little of the round trip.
 */
#include "ibb-path-internal.h"

#include <stdlib.h>

#include "alloc.h"
#include "base64.h"
#include "log.h"

enum {
	BLOCK_TEXT_MAX = 128 * 1024, /* bytes; the base64 of the largest block of XEP-0047 */
	FILL_MIN = 512,		     /* bytes; with less room than that wait for an
					acknowledgement */
};

bool ibb_blocks_answer(struct ibb_path *p)
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

static void on_block_answer(void *arg, const char *error)
{
	struct ibb_request *b = arg;
	struct ibb_path *p = b->inband;

	b->request = 0;
	if (error) {
		ibb_path_break(p, error);
		return;
	}
	ibb_acked(&p->ibb, b->seq, uv_now(p->all->loop));
	ibb_path_schedule(p);
	ibb_blocks_send(p);
}

static struct ibb_request *free_block(struct ibb_path *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->blocks); i++)
		if (!p->blocks[i].request)
			return &p->blocks[i];
	return NULL;
}

static bool send_block(struct ibb_path *p, size_t n)
{
	struct ibb_request *b = free_block(p);

	if (!b || !ibb_blocks_answer(p))
		return false;
	b->inband = p;
	b->seq = ibb_sent(&p->ibb, n, uv_now(p->all->loop));
	path_spend(&p->tls.path, n, uv_now(p->all->loop));
	b->request = account_send_block(p->all->xmpp, p->jid, p->sid, b->seq,
					buf_data(&p->tls.cipher), n, on_block_answer, b);
	buf_consume(&p->tls.cipher, n);
	ibb_path_schedule(p);
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

void ibb_blocks_send(struct ibb_path *p)
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
			ibb_path_break(p, IBB_PATH_SERVER_LOST);
			return;
		}
	}
}

void ibb_blocks_send_last(struct ibb_path *p)
{
	size_t n;

	while (p->tls.path.up && p->all->xmpp && (n = buf_len(&p->tls.cipher)))
		if (!send_block(p, n < p->ibb.block_max ? n : p->ibb.block_max))
			return;
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
		ibb_path_schedule(p);
	}
	if (why) {
		if (*tls_error(p->tls.tls))
			log_about(p->jid, LOG_WARNING, "in-band path to %s: %s", p->jid,
				  tls_error(p->tls.tls));
		ibb_path_say_close(p);
		ibb_path_break(p, why);
		return;
	}
	ibb_blocks_send(p);
}

static void on_answer_due(uv_timer_t *timer)
{
	struct ibb_path *p = timer->data;

	if (!ibb_blocks_answer(p))
		ibb_path_break(p, "a block cannot be acknowledged");
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
		return ibb_blocks_answer(p);
	if (!uv_is_active((uv_handle_t *)&p->answer))
		uv_timer_start(&p->answer, on_answer_due, delay, 0);
	return true;
}

void ibb_blocks_take(struct ibb_path *p, const struct ibb_stanza *s)
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
		ibb_path_say_close(p);
		ibb_path_break(p, "many blocks, and no HELLO");
		return;
	}
	bytes = xmalloc(s->text_len / 4 * 3 + 1);
	n = base64_decode(s->text, s->text_len, bytes);
	if (n < 0 || ibb_received(&p->ibb, s->seq, n) < 0) {
		account_reply_error(p->all->xmpp, s->from, s->id,
				    n < 0 ? "bad-request" : "unexpected-request");
		ibb_path_say_close(p);
		ibb_path_break(p, "a block is damaged or missing");
	} else if (!answer(p, s, n)) {
		ibb_path_say_close(p);
		ibb_path_break(p, "a block cannot be acknowledged");
	} else {
		take(p, bytes, n);
	}
	free(bytes);
}
