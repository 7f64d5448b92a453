/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-events.h"

#include "broker.h"
#include "login.h"
#include "push-queue.h"
#include "transfer-log.h"
#include "unsettled.h"

static const struct message *on_trouble(void *owner)
{
	return login_trouble(owner);
}

static void on_awaited(void *owner, struct message *out)
{
	struct broker *b = owner;

	if (b->xmpp && account_trouble(b->xmpp)->id != MSG_NONE)
		*out = *account_trouble(b->xmpp);
	else if (b->context.online_at)
		out->id = MSG_NONE;
	else
		login_awaits(b, out);
}

const struct session_ops broker_session_ops = {
	.trouble = on_trouble,
	.awaited = on_awaited,
};

static void on_over(void *owner, const struct transfer *t)
{
	const struct broker *b = owner;

	transfer_log_add(b->configured, t);
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	const struct broker *b = owner;

	transfer_log_request(b->configured, jid, share, service, false, "refused", reason);
}

static void on_unanswered(void *owner, const char *jid, const char *share, enum service service,
			  const char *reason)
{
	const struct broker *b = owner;

	transfer_log_request(b->configured, jid, share, service, false, "failed", reason);
}

static void on_push_noted(void *owner, const struct unsettled_push *push)
{
	struct broker *b = owner;

	unsettled_note(b->unsettled, push);
}

static void on_push_cut(void *owner, const struct unsettled_push *push)
{
	struct broker *b = owner;

	unsettled_add(b->unsettled, push);
}

static void on_push_settled(void *owner, const char *id)
{
	struct broker *b = owner;

	unsettled_drop(b->unsettled, id);
}

static void on_troubled(void *owner, const char *task, const char *jid, enum message_id id)
{
	struct broker *b = owner;

	push_queue_troubled(b->push_queue, task, jid, id);
}

const struct session_events broker_session_events = {
	.over = on_over,
	.refused = on_refused,
	.unanswered = on_unanswered,
	.push_noted = on_push_noted,
	.push_cut = on_push_cut,
	.push_settled = on_push_settled,
	.troubled = on_troubled,
};
