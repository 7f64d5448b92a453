/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a path. Outgoing: open (iq) -> result -> TLS ClientHello in the first data stanza ->
 * handshake -> established. Incoming: the same from the other end. An error or a missing answer
 * ends the path, and the link above moves to another one.
 *
 * If our open is given up before its answer, the path waits for that answer: the other side may
 * accept, and must then be told that the path is closed.
 */
#include "ibb-path-internal.h"

#include <stdlib.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"

static const char *state_name(enum ibb_path_state state)
{
	static const char *const names[] = { "opening", "given up", "open", "made room", "closed" };

	return names[state];
}

void ibb_path_enter(struct ibb_path *p, enum ibb_path_state state, const char *because)
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

void ibb_path_let_go(struct ibb_path *p)
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

void ibb_path_finish(struct ibb_path *p, const char *because)
{
	if (p->state != IBB_PATH_ROOM)
		ibb_path_let_go(p);
	ibb_path_enter(p, IBB_PATH_CLOSED, because);
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	uv_close((uv_handle_t *)&p->soon, on_handle_closed);
	uv_close((uv_handle_t *)&p->pause, on_handle_closed);
	uv_close((uv_handle_t *)&p->answer, on_handle_closed);
}

void ibb_path_say_close(struct ibb_path *p)
{
	ibb_blocks_answer(p);
	if (p->all->xmpp)
		account_close_stream(p->all->xmpp, p->jid, p->sid);
}

void ibb_path_break(struct ibb_path *p, const char *why)
{
	if (p->state == IBB_PATH_CLOSED)
		return;
	ibb_path_finish(p, why);
	if (!p->tls.path.over)
		path_over(&p->tls.path, why);
}

static void on_timer(uv_timer_t *timer);

void ibb_path_schedule(struct ibb_path *p)
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
		ibb_path_break(p, PATH_HANDSHAKE_UNANSWERED);
	else if (ibb_deadline(&p->ibb) <= uv_now(p->all->loop))
		ibb_path_break(p, "the other side does not acknowledge");
	else
		ibb_path_schedule(p);
}

static void on_soon(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	ibb_blocks_send(idle->data);
}

void ibb_path_begin(struct ibb_path *p, size_t block_max, const char *because)
{
	ibb_init(&p->ibb, block_max, uv_now(p->all->loop));
	ibb_path_enter(p, IBB_PATH_OPEN, because);
	uv_timer_start(&p->timer, on_timer, LINK_HELLO_TIMEOUT, 0);
	uv_idle_start(&p->soon, on_soon);
}

static void on_kick(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;

	uv_idle_start(&p->soon, on_soon);
}

static void on_close(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;

	if (p->state == IBB_PATH_OPENING) {
		ibb_path_enter(p, IBB_PATH_GIVEN_UP, "closed by us");
		return;
	}
	if (p->state == IBB_PATH_OPEN) {
		ibb_blocks_send_last(p);
		ibb_path_say_close(p);
	}
	ibb_path_finish(p, "closed by us");
}

/* What was sent already cannot be taken back; the rest is dropped. */
static void on_cut(struct path *path)
{
	struct ibb_path *p = (struct ibb_path *)path;

	buf_reset(&p->tls.cipher);
	if (p->state == IBB_PATH_OPENING) {
		ibb_path_enter(p, IBB_PATH_GIVEN_UP, "cut by us");
		return;
	}
	ibb_path_say_close(p);
	ibb_path_finish(p, "cut by us");
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

const struct path_ops ibb_path_ops = {
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
