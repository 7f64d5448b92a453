/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-command.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "inquirer.h"
#include "push-queue.h"

/* An answer that waits for the disk. */
struct pending_answer {
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* owned until it is closed */
	bool dropped;			/* an entry was dropped; it is loaded again if its file
					   cannot be removed */
};

static void done(struct conn *conn)
{
	conn_send_fields(conn, FRAME_DONE, &(struct buf){ 0 });
}

static void refuse(struct conn *conn, enum message_id id, const char *entry)
{
	struct message m;

	message_set(&m, id, "id", entry, NULL);
	conn_send_error(conn, &m);
}

/* Refuses to retry or drop an entry, because it is being pushed or does not exist. */
static void refuse_entry(struct broker *b, struct conn *conn, const char *id)
{
	refuse(conn, queue_command_has(b, id) ? MSG_ENTRY_BUSY : MSG_NO_SUCH_ENTRY, id);
}

static void on_settled(void *owner, const struct message *trouble)
{
	struct pending_answer *a = owner;

	if (trouble)
		conn_send_error(a->conn, trouble);
	else
		done(a->conn);
	conn_close(a->conn);
	if (trouble && a->dropped)
		push_queue_reload(a->broker->push_queue);
	free(a);
}

static void on_closed(void *owner)
{
	struct pending_answer *a = owner;

	push_queue_forget(a->broker->push_queue, a);
	free(a);
}

static const struct conn_events conn_events = {
	.closed = on_closed,
};

static void answer_later(struct broker *b, struct conn *conn, const char *id, bool dropped)
{
	struct pending_answer *a = xcalloc(1, sizeof(*a));

	a->broker = b;
	a->conn = conn;
	a->dropped = dropped;
	conn_set_owner(conn, &conn_events, a);
	push_queue_settle(b->push_queue, id, on_settled, a);
}

uint64_t queue_command_reload(struct broker *b, struct conn *conn)
{
	struct buf fields = { 0 };
	uint64_t n = 0;

	push_queue_reload(b->push_queue);
	for (const struct queue_entry *e = push_queue_first(b->push_queue); e; e = e->next) {
		fields_add(&fields, "kind", "entry");
		fields_add(&fields, "id", e->id);
		conn_send_fields(conn, FRAME_ROW, &fields);
		inquirer_want(b->inquirer, e->jid);
		n++;
	}
	buf_finish(&fields);
	return n;
}

bool queue_command_has(const struct broker *b, const char *id)
{
	for (const struct queue_entry *e = push_queue_first(b->push_queue); e; e = e->next)
		if (!strcmp(e->id, id))
			return true;
	return false;
}

void queue_command_retry(struct broker *b, struct conn *conn, struct fields command)
{
	const char *id = fields_get(command, "id");

	if (push_queue_retry(b->push_queue, id))
		answer_later(b, conn, id, false);
	else
		refuse_entry(b, conn, id);
}

void queue_command_drop(struct broker *b, struct conn *conn, struct fields command)
{
	const char *id = fields_get(command, "id");

	if (id && push_queue_drop(b->push_queue, id))
		answer_later(b, conn, id, true);
	else
		refuse_entry(b, conn, id ? id : "");
}
