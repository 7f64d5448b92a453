/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command may have its broker read the configuration again, and end. So none is run from
 * within an event of the login; each has a timer, which is due at once when the login has ended.
 */
#include "held-command.h"

#include <stdlib.h>

#include "alloc.h"
#include "login.h"

/*
 * ms; longer than the source of the password may take, and shorter than a client waits for its
 * answer
 */
enum { HOLD_LIMIT = 45 * 1000 };

struct held_command {
	struct held_command *next;	/* broker::held_commands */
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* borrowed, until closed */
	struct buf command;		/* owned; fields */
	void (*run)(struct broker *b, struct conn *conn, struct fields command);
	uv_timer_t timer;
};

static void on_timer_closed(uv_handle_t *timer)
{
	struct held_command *h = timer->data;

	buf_finish(&h->command);
	free(h);
}

/* The only way to end h, which lives until the loop runs again. */
static void finish(struct held_command *h)
{
	struct held_command **at = &h->broker->held_commands;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}

static void on_closed(void *owner)
{
	finish(owner);
}

static const struct conn_events conn_events = { .closed = on_closed };

static void on_due(uv_timer_t *timer)
{
	struct held_command *h = timer->data;
	struct fields command = { buf_data(&h->command), buf_len(&h->command) };

	conn_set_owner(h->conn, NULL, NULL);
	finish(h);
	h->run(h->broker, h->conn, command);
}

bool held_command_must(const struct broker *b)
{
	return b->config->account && !b->context.online_at && !b->context.stopping &&
	       !b->context.draining && !login_trouble(b);
}

static void tell(const struct broker *b, struct conn *conn)
{
	char *text = xasprintf("waiting for the %s %s",
			       b->login.asking ? "password of" : "login as", b->config->jid);

	conn_send_note(conn, "progress", text);
	free(text);
}

void held_command_create(struct broker *b, struct conn *conn, struct fields command,
			 void (*run)(struct broker *b, struct conn *conn, struct fields command))
{
	struct held_command *h = xcalloc(1, sizeof(*h)), **end = &b->held_commands;

	h->broker = b;
	h->conn = conn;
	/* The link of an invitation has a secret. */
	h->command.secret = true;
	buf_append(&h->command, command.data, command.len);
	h->run = run;
	uv_timer_init(b->loop, &h->timer);
	h->timer.data = h;
	uv_timer_start(&h->timer, on_due, HOLD_LIMIT, 0);
	while (*end)
		end = &(*end)->next;
	*end = h;
	conn_set_owner(conn, &conn_events, h);
	tell(b, conn);
	/* The source of the password may hang, and another one be configured by now. */
	login_wanted(b);
}

void held_commands_wake(struct broker *b)
{
	if (held_command_must(b))
		return;
	for (struct held_command *h = b->held_commands; h; h = h->next)
		uv_timer_start(&h->timer, on_due, 0, 0);
}
