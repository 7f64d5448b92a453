/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list-command.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "server-events.h"
#include "target-set.h"

/* A client that waits for its list. */
struct listing {
	struct conn *conn;	 /* owned until it is closed */
	struct share_list *list; /* owned until done() */
};

static void on_row(void *owner, const char *jid, const char *device, const struct share_row *row)
{
	struct listing *l = owner;
	struct buf fields = { 0 };

	fields_add(&fields, "kind", "share");
	fields_add(&fields, "jid", jid);
	fields_add(&fields, "device", device);
	share_row_write(row, &fields);
	command_row(l->conn, &fields);
	buf_finish(&fields);
}

static void send_device(struct conn *conn, const char *jid, const char *device, const char *state)
{
	struct buf fields = { 0 };

	fields_add(&fields, "kind", "device");
	fields_add(&fields, "jid", jid);
	fields_add(&fields, "device", device);
	fields_add(&fields, "state", state);
	command_row(conn, &fields);
	buf_finish(&fields);
}

static void on_device(void *owner, const char *jid, const char *device, const char *outcome)
{
	struct listing *l = owner;

	send_device(l->conn, jid, device, outcome);
}

static void on_done(void *owner)
{
	struct listing *l = owner;

	command_done(l->conn, NULL);
	conn_close(l->conn);
	free(l);
}

const struct share_list_events list_command_events = {
	.row = on_row,
	.device = on_device,
	.done = on_done,
};

static void on_closed(void *owner)
{
	struct listing *l = owner;

	share_list_destroy(l->list);
	free(l);
}

static const struct conn_events conn_events = {
	.closed = on_closed,
};

/* Adds the trusted devices of a buddy who are online, and names those that wait. */
static unsigned add_devices(struct broker *b, struct listing *l, const struct buddy *buddy)
{
	unsigned added = 0;

	for (const struct resource *r = buddy->resources; r; r = r->next) {
		if (!r->broker || !strcmp(r->device, b->context.device) ||
		    presence_device(b->context.presence, buddy->jid, r->device) != r)
			continue;
		if (context_trusts_device(&b->context, buddy->jid, r->device)) {
			share_list_add(l->list, buddy->jid, r->device);
			added++;
		} else if (context_device_waits(&b->context, buddy->jid, r->device) ||
			   !context_knows_device(&b->context, buddy->jid, r->device)) {
			send_device(l->conn, buddy->jid, r->device, "pending");
		}
	}
	return added;
}

/* Ends the command with the reason why no device of jid can be asked. */
static void refuse(struct broker *b, struct listing *l, const char *jid)
{
	struct address to = { .share = "" };
	struct message m;

	strcpy(to.jid, jid);
	message_set(&m, target_set_none(&b->context, &to), "jid", jid, "me", b->context.jid,
		    "device", "", NULL);
	command_fail_with(l->conn, &m);
	share_list_destroy(l->list);
	free(l);
}

void list_command(struct broker *b, struct conn *conn, struct fields command)
{
	const char *only = fields_get(command, "jid");
	const struct buddy *buddy;
	char jid[JID_MAX];
	struct listing *l;
	unsigned added = 0;

	if ((only && !command_jid(conn, command, jid)) || !command_online(b, conn))
		return;
	l = xcalloc(1, sizeof(*l));
	l->conn = conn;
	l->list = share_list_create(&b->share_lists, l);
	for (buddy = presence_buddies(b->context.presence); buddy; buddy = buddy->next)
		if (!only || !strcmp(buddy->jid, jid))
			added += add_devices(b, l, buddy);
	/* To compare a device, the user first needs to see its key. */
	if (only)
		broker_meet_devices(b, jid, true);
	if (only && !added) {
		refuse(b, l, jid);
		return;
	}
	conn_set_owner(conn, &conn_events, l);
	share_list_start(l->list);
}
