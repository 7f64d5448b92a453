/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection is accepted, and its user is checked. It must say HELLO and then one OPEN
 * or COMMAND within a few seconds; from then on its owner is a session or a command. It is
 * always read, so that the end of a client is noticed at once.
 *
 * Frames to be sent are kept until the sender has returned to the loop, so that frames of
 * one moment leave together: the client is woken once, and not for each frame.
 *
 * Its owner is done with a client before that has read all: git writes what it fetched to a
 * slow disk, or its user has stopped it, or looks at a list by pages. What it is owed stays
 * for as long as it lives. It is our own user's, and its place is one of CLIENTS_MAX.
 */
#include "conn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "bounds.h"
#include "log.h"
#include "peer-cred.h"

enum {
	HELLO_TIMEOUT = 5000,
	READ_SIZE = 64 * 1024,
	ENOUGH = 128 * 1024, /* bytes; with more waiting, they are sent at once */
	/* ms in which a client that is owed bytes takes none, before they are dropped */
	UNREAD_MAX = 24 * 3600 * 1000,
};

struct conn {
	struct list link;		/* conns::ring; first */
	struct conns *conns;
	uv_pipe_t pipe;
	uv_timer_t timer;
	struct buf in;
	struct buf out;			/* frames that are sent with the next turn of the loop */
	size_t open_frame;		/* bytes in the last frame of out, if that is of data and
					   may be extended; 0: it is not */
	struct buf writing;		/* what the socket did not take; in use by write unless
					   empty */
	uv_write_t write;
	uv_idle_t soon;
	const struct conn_events *events;	/* NULL: no owner yet, or none any more */
	void *owner;
	const void *party;		/* as conn_give() has set it; only compared */
	bool hello, closing;
	size_t unread;			/* while closing: bytes that were left at the last look */
	bool failed;			/* uv_write() failed: the connection ends in the next
					   turn */
	int open_handles;
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->open_handles)
		return;
	buf_finish(&c->in);
	buf_finish(&c->out);
	buf_finish(&c->writing);
	free(c);
}

static void destroy(struct conn *c)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	list_remove(&c->link);
	c->conns->count--;
	uv_close((uv_handle_t *)&c->pipe, on_handle_closed);
	uv_close((uv_handle_t *)&c->timer, on_handle_closed);
	uv_close((uv_handle_t *)&c->soon, on_handle_closed);
}

static void gone(struct conn *c)
{
	const struct conn_events *events = c->events;

	c->events = NULL;
	destroy(c);
	if (events)
		events->closed(c->owner);
}

static void flush(struct conn *c);
static void on_soon(uv_idle_t *idle);

/* Everything was sent. */
static void drained(struct conn *c)
{
	if (c->closing)
		destroy(c);
	else if (c->events && c->events->drained)
		c->events->drained(c->owner);
}

static void on_written(uv_write_t *req, int status)
{
	struct conn *c = req->data;

	buf_reset(&c->writing);
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (status < 0)
		gone(c);
	else if (buf_len(&c->out))
		flush(c);
	else
		drained(c);
}

/* Hands the bytes of out to the socket, and what the socket does not take to libuv. */
static void flush(struct conn *c)
{
	struct buf empty = c->writing;
	uv_buf_t bytes = uv_buf_init(buf_data(&c->out), buf_len(&c->out));
	int n;

	if (c->failed)
		return;
	uv_idle_stop(&c->soon);
	if (buf_len(&c->writing) || !buf_len(&c->out))
		return;
	n = uv_try_write((uv_stream_t *)&c->pipe, &bytes, 1);
	c->open_frame = 0;
	if (n > 0)
		buf_consume(&c->out, n);
	if (!buf_len(&c->out)) {
		drained(c);
		return;
	}
	/* An error of uv_try_write() comes again in on_written(). */
	c->writing = c->out;
	c->out = empty;
	bytes = uv_buf_init(buf_data(&c->writing), buf_len(&c->writing));
	if (!uv_write(&c->write, (uv_stream_t *)&c->pipe, &bytes, 1, on_written))
		return;
	/*
	 * No callback will tell the end of the write. The owner is told, but not from
	 * within its own call.
	 */
	buf_reset(&c->writing);
	c->failed = true;
	uv_idle_start(&c->soon, on_soon);
}

static void on_soon(uv_idle_t *idle)
{
	struct conn *c = idle->data;

	if (c->failed)
		gone(c);
	else
		flush(c);
}

/*
 * Appends to the last frame, if it is one of data: few large frames are less work for the
 * reader. Returns the number of bytes appended.
 */
static size_t extend(struct conn *c, const void *data, size_t n)
{
	size_t room = c->open_frame ? FRAME_MAX - c->open_frame : 0;
	char *header;

	n = n < room ? n : room;
	if (n == 0)
		return 0;
	buf_append(&c->out, data, n);
	c->open_frame += n;
	header = buf_data(&c->out) + buf_len(&c->out) - c->open_frame - FRAME_HEADER;
	frame_header((unsigned char *)header, FRAME_DATA, c->open_frame);
	return n;
}

void conn_send(struct conn *c, enum frame_type type, const void *payload, size_t n)
{
	const char *rest = payload;	/* NULL, where n is 0 */
	size_t done = 0;

	if (uv_is_closing((uv_handle_t *)&c->pipe) || c->closing)
		return;
	if (type == FRAME_DATA)
		done = extend(c, payload, n);
	if (done)
		rest += done;
	if (done < n || type != FRAME_DATA) {
		frame_put(&c->out, type, rest, n - done);
		c->open_frame = type == FRAME_DATA ? n - done : 0;
	}
	if (buf_len(&c->out) >= ENOUGH)
		flush(c);
	else
		uv_idle_start(&c->soon, on_soon);
}

void conn_send_fields(struct conn *c, enum frame_type type, struct buf *fields)
{
	c->out.secret |= fields->secret;
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

void conn_send_note(struct conn *c, const char *kind, const char *text)
{
	struct buf fields = { 0 };

	fields_add(&fields, "kind", kind);
	fields_add(&fields, "text", text);
	conn_send_fields(c, FRAME_NOTE, &fields);
	buf_finish(&fields);
}

size_t conn_queued(const struct conn *c)
{
	return buf_len(&c->out) + buf_len(&c->writing);
}

static void on_timeout(uv_timer_t *timer)
{
	gone(timer->data);
}

/* What the socket has not taken; of one write, it may have taken a part. */
static size_t unread(const struct conn *c)
{
	return buf_len(&c->out) + uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe);
}

static void on_unread(uv_timer_t *timer)
{
	struct conn *c = timer->data;
	size_t before = c->unread;

	c->unread = unread(c);
	if (c->unread < before)
		return;
	log_warning("a program left %zu bytes unread for a day; they are dropped", c->unread);
	gone(c);
}

void conn_close(struct conn *c)
{
	c->events = NULL;
	if (c->closing || uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	c->closing = true;
	if (!conn_queued(c)) {
		destroy(c);
		return;
	}
	c->unread = SIZE_MAX;
	uv_timer_start(&c->timer, on_unread, UNREAD_MAX, UNREAD_MAX);
	flush(c);
}

void conn_set_owner(struct conn *c, const struct conn_events *events, void *owner)
{
	c->events = events;
	c->owner = owner;
}

bool conn_has_owner(const struct conn *c)
{
	return c->events;
}

static void send_hello(struct conn *c)
{
	struct buf fields = { 0 };

	fields_add_u64(&fields, "protocol", FRAME_PROTOCOL);
	fields_add(&fields, "program", "git-xmpp-daemon/" PROGRAM_VERSION);
	conn_send_fields(c, FRAME_HELLO, &fields);
	buf_finish(&fields);
}

/*
 * Takes HELLO, then the frame that decides who owns the connection. -1 if the client does
 * not follow our protocol.
 */
static int on_first_frames(struct conn *c, const struct frame *frame)
{
	const char *task;
	struct fields f;

	if (!frame_fields(frame, &f))
		return -1;
	if (!c->hello) {
		if (frame->type != FRAME_HELLO)
			return -1;
		c->hello = true;
		if (fields_get_u64(f, "protocol", 0) == FRAME_PROTOCOL)
			return 0;
		/*
		 * A client of another protocol version sees ours in our HELLO, and tells
		 * its user.
		 */
		task = fields_get(f, "task");
		if (task && c->conns->events->other_version)
			c->conns->events->other_version(c->conns->owner, task);
		return -1;
	}
	uv_timer_stop(&c->timer);
	/* What git sends is much, and no secret of ours. */
	c->in.secret = frame->type != FRAME_OPEN;
	if (frame->type == FRAME_OPEN)
		c->conns->events->open(c->conns->owner, c, f);
	else if (frame->type == FRAME_COMMAND)
		c->conns->events->command(c->conns->owner, c, f);
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
		if (c->events && c->events->frame) {
			c->events->frame(c->owner, &frame);
		} else if (!c->events && on_first_frames(c, &frame) < 0) {
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
	uv_os_fd_t fd;
	uid_t uid;
	pid_t pid;

	return uv_fileno((uv_handle_t *)pipe, &fd) == 0 && peer_cred(fd, &uid, &pid) &&
	       uid == getuid();
}

void conns_init(struct conns *all, const struct control_events *events, void *owner)
{
	list_init(&all->ring);
	all->count = 0;
	all->events = events;
	all->owner = owner;
}

void conns_accept(struct conns *all, uv_stream_t *listener)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	/* A command may hold a password, or the link of an invitation. */
	c->in.secret = true;
	c->conns = all;
	uv_pipe_init(listener->loop, &c->pipe, 0);
	uv_timer_init(listener->loop, &c->timer);
	uv_idle_init(listener->loop, &c->soon);
	c->pipe.data = c->timer.data = c->soon.data = c->write.data = c;
	c->open_handles = 3;
	list_init(&c->link);
	list_append(&all->ring, &c->link);
	all->count++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) || !same_user(&c->pipe) ||
	    all->count > CLIENTS_MAX) {
		destroy(c);
		return;
	}
	uv_timer_start(&c->timer, on_timeout, HELLO_TIMEOUT, 0);
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	send_hello(c);
}

unsigned conns_reading(const struct conns *all)
{
	unsigned n = 0;

	for (const struct list *at = all->ring.next; at != &all->ring; at = at->next)
		n += ((const struct conn *)at)->closing;
	return n;
}

void conns_end(struct conns *all)
{
	while (!list_alone(&all->ring))
		gone((struct conn *)all->ring.next);
}

void conn_give(struct conn *c, const void *party)
{
	c->party = party;
}

static struct conn *find_given(const struct conns *all, const void *party)
{
	for (struct list *at = all->ring.next; at != &all->ring; at = at->next)
		if (((struct conn *)at)->party == party)
			return (struct conn *)at;
	return NULL;
}

void conns_dismiss(struct conns *all, const void *party, const struct message *why)
{
	struct conn *c;

	/* What an owner does when its client closes may close others. */
	while ((c = find_given(all, party))) {
		const struct conn_events *events = c->events;

		c->party = NULL;
		c->events = NULL;
		if (why)
			conn_send_error(c, why);
		if (events)
			events->closed(c->owner);
		conn_close(c);
	}
}
