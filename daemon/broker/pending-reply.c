/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pending-reply.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct pending_reply {
	struct pending_reply *next;	/* broker::pending_replies */
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* borrowed, until closed */
	char *jid, *message;		/* owned */
	const struct pending_reply_events *events;
	uint64_t request;		/* 0: none is open */
	uv_timer_t timer;
};

static void on_timer_closed(uv_handle_t *timer)
{
	struct pending_reply *w = timer->data;

	free(w->jid);
	free(w->message);
	free(w);
}

/* The only way to end w. The connection has been closed. */
static void finish(struct pending_reply *w)
{
	struct pending_reply **at = &w->broker->pending_replies;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->request && w->broker->xmpp)
		account_forget(w->broker->xmpp, w->request);
	uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}

static void on_closed(void *owner)
{
	finish(owner);
}

static const struct conn_events conn_events = {
	.closed = on_closed,
};

static void on_timeout(uv_timer_t *timer)
{
	pending_reply_done(timer->data, NULL);
}

struct pending_reply *pending_reply_create(struct broker *b, struct conn *conn, const char *jid,
					   const char *message, uint64_t limit,
					   const struct pending_reply_events *events)
{
	struct pending_reply *w = xcalloc(1, sizeof(*w));

	w->broker = b;
	w->conn = conn;
	w->jid = xstrdup(jid);
	w->message = xstrdup(message);
	w->events = events;
	w->next = w->broker->pending_replies;
	w->broker->pending_replies = w;
	uv_timer_init(w->broker->loop, &w->timer);
	w->timer.data = w;
	if (limit)
		uv_timer_start(&w->timer, on_timeout, limit, 0);
	conn_set_owner(conn, &conn_events, w);
	return w;
}

void pending_reply_request(struct pending_reply *w, uint64_t handle)
{
	w->request = handle;
	if (!handle)
		w->events->answered(w, "disconnected");
}

void pending_reply_answered(void *arg, const char *error)
{
	struct pending_reply *w = arg;

	w->request = 0;
	w->events->answered(w, error);
}

const char *pending_reply_jid(const struct pending_reply *w)
{
	return w->jid;
}

struct broker *pending_reply_broker(const struct pending_reply *w)
{
	return w->broker;
}

void pending_reply_done(struct pending_reply *w, const char *message)
{
	struct buf fields = { 0 };

	fields_add(&fields, "message", message ? message : w->message);
	conn_send_fields(w->conn, FRAME_DONE, &fields);
	buf_finish(&fields);
	conn_close(w->conn);
	finish(w);
}

void pending_reply_fail(struct pending_reply *w, const struct message *m)
{
	conn_send_error(w->conn, m);
	conn_close(w->conn);
	finish(w);
}

void pending_reply_refused(struct broker *b, const char *jid, const char *condition)
{
	struct pending_reply *w = b->pending_replies, *next;

	for (; w; w = next) {
		next = w->next;
		if (w->events->refused && !strcmp(w->jid, jid))
			w->events->refused(w, condition);
	}
}
