/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection is accepted, checked to be of our own user, and must say HELLO
 * and then one OPEN or COMMAND within a few seconds; from there its owner is
 * a session or a command. It is always read, so that a client that goes away
 * is noticed at once.
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "command.h"
#include "log.h"
#include "session.h"

enum {
	HELLO_TIMEOUT = 5000,
	READ_SIZE = 64 * 1024,
	FLUSH_TIMEOUT = 2000,		/* a client that does not read its last words */
};

struct control {
	struct broker *broker;		/* borrowed */
	uv_pipe_t listener;
	char *path;			/* owned */
	struct conn *first;		/* owned */
	unsigned count;
};

struct conn {
	struct control *control;
	struct conn *next;
	uv_pipe_t pipe;
	uv_timer_t timer;
	struct buf in;
	const struct conn_events *events;	/* NULL: nobody yet, or not any more */
	void *owner;
	size_t queued;
	bool hello, closing;
	int open_handles;
};

struct conn_write {
	uv_write_t req;
	struct conn *conn;
	size_t len;
	char data[];
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->open_handles)
		return;
	buf_finish(&c->in);
	free(c);
}

static void destroy(struct conn *c)
{
	struct conn **at = &c->control->first;

	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->control->count--;
	uv_close((uv_handle_t *)&c->pipe, on_handle_closed);
	uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

static void gone(struct conn *c)
{
	const struct conn_events *events = c->events;

	c->events = NULL;
	destroy(c);
	if (events)
		events->closed(c->owner);
}

static void on_written(uv_write_t *req, int status)
{
	struct conn_write *w = (struct conn_write *)req;
	struct conn *c = w->conn;

	c->queued -= w->len;
	free(w);
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (status < 0)
		gone(c);
	else if (!c->queued && c->closing)
		destroy(c);
	else if (!c->queued && c->events)
		c->events->drained(c->owner);
}

/* What the socket did not take at once, from the done-th byte of header and payload on. */
static void queue(struct conn *c, const uv_buf_t parts[2], size_t done)
{
	size_t n = parts[0].len + parts[1].len - done, skip = done < parts[0].len ? done : parts[0].len;
	struct conn_write *w = xmalloc(sizeof(*w) + n);
	uv_buf_t bytes = uv_buf_init(w->data, n);

	w->conn = c;
	w->len = n;
	memcpy(w->data, parts[0].base + skip, parts[0].len - skip);
	if (parts[1].len)
		memcpy(w->data + parts[0].len - skip, parts[1].base + (done - skip), parts[1].len - (done - skip));
	c->queued += n;
	if (uv_write(&w->req, (uv_stream_t *)&c->pipe, &bytes, 1, on_written)) {
		c->queued -= n;
		free(w);
	}
}

void conn_send(struct conn *c, enum frame_type type, const void *payload, size_t n)
{
	unsigned char header[FRAME_HEADER];
	uv_buf_t parts[2] = {
		uv_buf_init((char *)header, sizeof(header)),
		uv_buf_init((char *)payload, n),
	};
	int done = 0;

	if (uv_is_closing((uv_handle_t *)&c->pipe) || c->closing)
		return;
	frame_header(header, type, n);
	if (!c->queued)
		done = uv_try_write((uv_stream_t *)&c->pipe, parts, n ? 2 : 1);
	/* An error comes again, by the callback of the write. */
	if (done < 0)
		done = 0;
	if ((size_t)done < sizeof(header) + n)
		queue(c, parts, done);
}

void conn_send_fields(struct conn *c, enum frame_type type, struct buf *fields)
{
	conn_send(c, type, buf_data(fields), buf_len(fields));
	buf_reset(fields);
}

void conn_send_error(struct conn *c, const struct message *m)
{
	struct buf fields = { 0 };

	message_to_fields(m, &fields);
	conn_send_fields(c, FRAME_ERROR, &fields);
	buf_finish(&fields);
}

size_t conn_queued(const struct conn *c)
{
	return c->queued;
}

static void on_timeout(uv_timer_t *timer)
{
	gone(timer->data);
}

void conn_close(struct conn *c)
{
	c->events = NULL;
	if (c->closing || uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (!c->queued) {
		destroy(c);
		return;
	}
	c->closing = true;
	uv_timer_start(&c->timer, on_timeout, FLUSH_TIMEOUT, 0);
}

void conn_set_owner(struct conn *c, const struct conn_events *events, void *owner)
{
	c->events = events;
	c->owner = owner;
}

struct broker *conn_broker(const struct conn *c)
{
	return c->control->broker;
}

static void send_hello(struct conn *c)
{
	struct buf fields = { 0 };

	fields_add_u64(&fields, "protocol", FRAME_PROTOCOL);
	fields_add(&fields, "program", "git-xmpp-daemon/" PROGRAM_VERSION);
	conn_send_fields(c, FRAME_HELLO, &fields);
	buf_finish(&fields);
}

/* HELLO, then what decides who owns the connection. -1: not our protocol. */
static int on_first_frames(struct conn *c, const struct frame *frame)
{
	struct fields f;

	if (!frame_fields(frame, &f))
		return -1;
	if (!c->hello) {
		if (frame->type != FRAME_HELLO)
			return -1;
		c->hello = true;
		/* A client of another protocol reads it in ours, and says so to its user. */
		return fields_get_u64(f, "protocol", 0) == FRAME_PROTOCOL ? 0 : -1;
	}
	uv_timer_stop(&c->timer);
	if (frame->type == FRAME_OPEN)
		session_create(c, f);
	else if (frame->type == FRAME_COMMAND)
		command_run(c, f);
	else
		return -1;
	return 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct conn *c = handle->data;

	*buf = uv_buf_init(buf_reserve(&c->in, READ_SIZE), READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct conn *c = stream->data;
	struct frame frame;
	long size;

	if (n < 0) {
		gone(c);
		return;
	}
	buf_added(&c->in, n);
	while (!c->closing && !uv_is_closing((uv_handle_t *)&c->pipe) &&
	       (size = frame_parse(&c->in, &frame)) != 0) {
		if (size < 0) {
			gone(c);
			return;
		}
		if (c->events) {
			c->events->frame(c->owner, &frame);
		} else if (on_first_frames(c, &frame) < 0) {
			conn_close(c);
			return;
		}
		buf_consume(&c->in, size);
	}
	if (c->closing)
		buf_reset(&c->in);
}

static bool same_user(uv_pipe_t *pipe)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == getuid();
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct conn *c;

	if (status < 0) {
		log_warning("cannot accept a client: %s", uv_strerror(status));
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->control = control;
	uv_pipe_init(control->broker->loop, &c->pipe, 0);
	uv_timer_init(control->broker->loop, &c->timer);
	c->pipe.data = c->timer.data = c;
	c->open_handles = 2;
	c->next = control->first;
	control->first = c;
	control->count++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) || !same_user(&c->pipe) ||
	    control->count > CLIENTS_MAX) {
		destroy(c);
		return;
	}
	uv_timer_start(&c->timer, on_timeout, HELLO_TIMEOUT, 0);
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	send_hello(c);
}

struct control *control_create(struct broker *broker, const char *path, struct message *trouble)
{
	struct control *control = xcalloc(1, sizeof(*control));
	mode_t mask;
	int error;

	control->broker = broker;
	control->path = xstrdup(path);
	uv_pipe_init(broker->loop, &control->listener, 0);
	control->listener.data = control;
	/* What is there was left by a broker that died: we hold the lock. */
	unlink(path);
	mask = umask(0177);
	error = uv_pipe_bind(&control->listener, path);
	umask(mask);
	if (!error)
		error = uv_listen((uv_stream_t *)&control->listener, CLIENTS_MAX, on_connection);
	if (error) {
		message_set(trouble, MSG_SOCKET_PATH, "path", path, "reason", uv_strerror(error), NULL);
		control_destroy(control);
		return NULL;
	}
	return control;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;

	free(control->path);
	free(control);
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	while (control->first)
		gone(control->first);
	unlink(control->path);
	uv_close((uv_handle_t *)&control->listener, on_listener_closed);
}
