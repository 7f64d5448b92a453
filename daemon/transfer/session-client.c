/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-client.h"

#include <stdlib.h>

#include "alloc.h"
#include "text.h"

struct session_client {
	struct conn *conn;		/* borrowed, until the connection or the session ends */
	struct session *session;	/* borrowed likewise */
};

static void send_note(struct session_client *c, const char *kind, const char *text)
{
	conn_send_note(c->conn, kind, text);
}

static void send_moving(struct session_client *c, uint64_t sent, uint64_t total, uint64_t rate)
{
	struct buf fields = { 0 };

	fields_add(&fields, "kind", "moving");
	fields_add_u64(&fields, "sent", sent);
	fields_add_u64(&fields, "total", total);
	fields_add_u64(&fields, "rate", rate);
	conn_send_fields(c->conn, FRAME_NOTE, &fields);
	buf_finish(&fields);
}

static void send_ready(struct session_client *c, const struct session_ready *ready)
{
	struct buf fields = { 0 };

	fields_add(&fields, "jid", ready->jid);
	fields_add(&fields, "device", ready->device);
	fields_add(&fields, "path", ready->path);
	fields_add(&fields, "trust", ready->trust);
	conn_send_fields(c->conn, FRAME_READY, &fields);
	buf_finish(&fields);
}

static void send_data(struct session_client *c, const void *data, size_t n)
{
	for (size_t done = 0; done < n; done += FRAME_MAX)
		conn_send(c->conn, FRAME_DATA, (const char *)data + done,
			  n - done < FRAME_MAX ? n - done : FRAME_MAX);
}

static void send_stderr_data(struct session_client *c, const void *data, size_t n)
{
	conn_send(c->conn, FRAME_STDERR, data, n);
}

static void send_data_end(struct session_client *c)
{
	conn_send(c->conn, FRAME_END, NULL, 0);
}

static void send_exited(struct session_client *c, uint32_t status)
{
	struct buf fields = { 0 };

	fields_add_u64(&fields, "status", status);
	conn_send_fields(c->conn, FRAME_EXIT, &fields);
	buf_finish(&fields);
}

static void send_failed(struct session_client *c, const struct message *m)
{
	conn_send_error(c->conn, m);
}

static void send_credit(struct session_client *c, size_t n)
{
	uint8_t bytes[4];

	put_be32(bytes, n);
	conn_send(c->conn, FRAME_CREDIT, bytes, sizeof(bytes));
}

static void close_client(struct session_client *c)
{
	conn_close(c->conn);
	free(c);
}

const struct session_client_ops session_client_ops = {
	.note = send_note,
	.moving = send_moving,
	.ready = send_ready,
	.data = send_data,
	.stderr_data = send_stderr_data,
	.data_end = send_data_end,
	.exited = send_exited,
	.failed = send_failed,
	.credit = send_credit,
	.close = close_client,
};

static void on_frame(void *owner, const struct frame *frame)
{
	struct session_client *c = owner;

	if (frame->type == FRAME_DATA)
		session_data(c->session, frame->payload, frame->len);
	else if (frame->type == FRAME_END)
		session_data_end(c->session);
	else
		session_broken(c->session);
}

static void on_drained(void *owner)
{
	struct session_client *c = owner;

	session_drained(c->session);
}

static void on_closed(void *owner)
{
	struct session_client *c = owner;
	struct session *s = c->session;

	free(c);
	session_abandoned(s);
}

static const struct conn_events conn_events = {
	.frame = on_frame,
	.drained = on_drained,
	.closed = on_closed,
};

void session_client_create(struct conn *conn, struct sessions *all, struct fields open)
{
	struct session_client *c = xcalloc(1, sizeof(*c));

	c->conn = conn;
	c->session = session_create(all, c);
	conn_set_owner(conn, &conn_events, c);
	session_open(c->session, open);
}
