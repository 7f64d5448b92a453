/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command answers when the inviter's presence is seen, so that what the user types next
 * finds them; but it does not wait for long, because they are buddies either way. If the inviter
 * is away, the link is handed over to join-waiting.c, and the answer says so.
 */
#include "join-command.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "join-attempt.h"
#include "join-proof.h"
#include "join-waiting.h"
#include "wipe.h"

enum { JOIN_SEEN_TIME = 5 * 1000 };	/* ms, for the inviter's presence */

struct join {
	struct join *next;		/* broker::joins */
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* borrowed, until closed */
	struct join_attempt *attempt;	/* owned; NULL: we have joined, and their presence is
					   awaited */
	struct invitation_link link;
	struct timer timer;
	char share[SHARE_NAME_MAX];	/* that the inviter gave us; empty: none */
	bool push;
};

/* The only way to end j. The connection has been closed. */
static void finish(struct join *j)
{
	struct join **at = &j->broker->joins;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	timer_stop(&j->timer);
	if (j->attempt)
		join_attempt_end(j->attempt);
	join_waiting_release(j->broker->join_waiting, &j->link);
	wipe(&j->link, sizeof(j->link));
	free(j);
}

static void finish_well(struct join *j)
{
	struct buf row = { 0 };

	fields_add(&row, "kind", "joined");
	fields_add(&row, "jid", j->link.jid);
	if (context_is_self(&j->broker->context, j->link.jid))
		fields_add(&row, "own", "1");
	if (*j->share) {
		fields_add(&row, "share", j->share);
		fields_add(&row, "right", j->push ? "push" : "fetch");
	}
	command_row(j->conn, &row);
	buf_finish(&row);
	command_done(j->conn, NULL);
	conn_close(j->conn);
	finish(j);
}

static void on_timer(void *owner)
{
	finish_well(owner);
}

static void on_joined(void *owner, const struct join_attempt *a)
{
	struct join *j = owner;

	j->attempt = NULL;
	strcpy(j->share, join_attempt_share(a, &j->push));
	join_waiting_over(j->broker->join_waiting, &j->link);
	timer_set(&j->timer, context_now(&j->broker->context) + JOIN_SEEN_TIME);
	if (join_attempt_sees(&j->broker->context, &j->link))
		finish_well(j);
}

static void say_waits(struct join *j, const struct joining *one)
{
	struct buf fields = { 0 };

	join_waiting_describe(one, &fields);
	command_row(j->conn, &fields);
	fields_add_u64(&fields, "status", 1);
	conn_send_fields(j->conn, FRAME_DONE, &fields);
	buf_finish(&fields);
}

static void on_failed(void *owner, const struct join_attempt *a, const struct message *why,
		      bool away)
{
	struct join *j = owner;
	struct message m = *why;
	const struct joining *one = NULL;

	j->attempt = NULL;
	if (away)
		one = join_waiting_add(j->broker->join_waiting, &j->link, &m);
	else
		join_waiting_over(j->broker->join_waiting, &j->link);
	if (one)
		say_waits(j, one);
	else
		conn_send_error(j->conn, &m);
	conn_close(j->conn);
	finish(j);
}

static const struct join_attempt_events attempt_events = {
	.joined = on_joined,
	.failed = on_failed,
};

static void on_closed(void *owner)
{
	finish(owner);
}

static const struct conn_events conn_events = {
	.closed = on_closed,
};

static void start(struct broker *b, struct conn *conn, const struct invitation_link *link)
{
	struct join *j = xcalloc(1, sizeof(*j));

	j->broker = b;
	j->conn = conn;
	j->link = *link;
	j->next = b->joins;
	b->joins = j;
	timer_init(&j->timer, &b->context.timers, on_timer, j);
	conn_set_owner(conn, &conn_events, j);
	join_waiting_hold(b->join_waiting, link);
	j->attempt =
		join_attempt_start(&b->join_attempts, link, 0, JOIN_ATTEMPTS, &attempt_events, j);
}

void join_command_run(struct broker *b, struct conn *conn, struct fields command)
{
	const char *text = fields_get(command, "link"), *why = "none was given";
	struct invitation_link link;
	enum message_id fault;

	if (!command_online(b, conn)) {
		conn_close(conn);
		return;
	}
	if (!text || invitation_link_parse(&link, text, &why)) {
		command_refuse(conn, MSG_BAD_INVITATION, "reason", why);
		conn_close(conn);
		return;
	}
	fault = join_attempt_fault(&b->context, &link);
	if (fault != MSG_NONE)
		command_fail(conn, fault, link.jid);
	else
		start(b, conn, &link);
	wipe(&link, sizeof(link));
}

void join_command_cancel(struct broker *b, struct conn *conn, struct fields command)
{
	char jid[JID_MAX];
	struct message trouble;
	bool any;

	if (!command_jid(conn, command, jid))
		conn_close(conn);
	else if (join_waiting_forget(b->join_waiting, jid, &any, &trouble))
		command_fail_with(conn, &trouble);
	else if (any)
		command_finish(conn, xasprintf("waits no more to join %s", jid));
	else
		command_fail(conn, MSG_NOT_JOINING, jid);
}

void join_command_wake(struct broker *b)
{
	struct join *j = b->joins, *next;

	for (; j; j = next) {
		next = j->next;
		if (!j->attempt && join_attempt_sees(&b->context, &j->link))
			finish_well(j);
	}
}
