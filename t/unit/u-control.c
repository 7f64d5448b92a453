/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc.h"
#include "control.h"

/*
 * The Unix socket, with one client of ours, that reads only when it is told to. Sessions
 * are not there: what a session would send, the test sends.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"

enum {
	RECORD = 16 * 1024,		/* what a record of a link brings at a time */
	TURNS = 200,			/* of the loop, more than anything takes here */
};

static uv_loop_t loop;
static struct conn *conn;
static unsigned drained, closed;
static int client;
static struct buf got;
static bool ended;		/* the broker has closed the connection */

/* libuv says no, as it does without memory. meson.build has these called instead. */
static bool no_writes, no_listening;

int __wrap_uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb cb);
int __real_uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb cb);

int __wrap_uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb cb)
{
	return no_listening ? UV_ENOMEM : __real_uv_listen(stream, backlog, cb);
}

int __wrap_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb);
int __real_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb);

int __wrap_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb)
{
	return no_writes ? UV_ENOMEM : __real_uv_write(req, handle, bufs, n, cb);
}

/* The timer that was set last; the test says when its time has come. */
static struct {
	uv_timer_t *timer;
	uv_timer_cb due;
	uint64_t in;
} last;

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb due, uint64_t in, uint64_t repeat);
int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb due, uint64_t in, uint64_t repeat);

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb due, uint64_t in, uint64_t repeat)
{
	last.timer = timer;
	last.due = due;
	last.in = in;
	return __real_uv_timer_start(timer, due, in, repeat);
}

static void on_frame(void *owner, const struct frame *frame)
{
}

static void on_drained(void *owner)
{
	drained++;
}

static void on_closed(void *owner)
{
	closed++;
}

static const struct conn_events events = {
	.frame = on_frame,
	.drained = on_drained,
	.closed = on_closed,
};

static void on_open(void *owner, struct conn *c, struct fields open)
{
	conn = c;
	conn_set_owner(c, &events, NULL);
}

static void on_command(void *owner, struct conn *c, struct fields command)
{
}

static char heard_task[16];

static void on_other_version(void *owner, const char *task)
{
	snprintf(heard_task, sizeof(heard_task), "%s", task);
}

static const struct control_events control_events = {
	.open = on_open,
	.command = on_command,
	.other_version = on_other_version,
};

static void turn(unsigned times)
{
	while (times-- > 0)
		uv_run(&loop, UV_RUN_NOWAIT);
}

/* Takes what is there, at most n bytes. */
static void hear(size_t n)
{
	ssize_t some = read(client, buf_reserve(&got, n), n);

	if (some > 0)
		buf_added(&got, some);
	ended = some == 0;
}

static void hear_all(void)
{
	for (int i = 0; i < TURNS && !ended; i++) {
		turn(1);
		hear(RECORD);
	}
}

static struct frame next(void)
{
	static struct frame frame;
	long size = frame_parse(&got, &frame);

	if (size <= 0)
		return (struct frame){ 0 };
	buf_consume(&got, size);
	return frame;
}

/* A client says HELLO, with that protocol and maybe a task, and what it wants. */
static void greet(const char *path, unsigned protocol, const char *task)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct buf out = { 0 }, fields = { 0 };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(client, (struct sockaddr *)&address, sizeof(address));
	fcntl(client, F_SETFL, O_NONBLOCK);
	fields_add_u64(&fields, "protocol", protocol);
	if (task)
		fields_add(&fields, "task", task);
	frame_put_fields(&out, FRAME_HELLO, &fields);
	frame_put_fields(&out, FRAME_OPEN, &fields);
	ok(write(client, buf_data(&out), buf_len(&out)) == (ssize_t)buf_len(&out),
	   "a client opens a session");
	buf_finish(&out);
	buf_finish(&fields);
	conn = NULL;
	ended = false;
	closed = 0;
	*heard_task = '\0';
	buf_reset(&got);
}

static void meet(const char *path)
{
	greet(path, FRAME_PROTOCOL, NULL);
	turn(10);
	hear(RECORD);
	ok(conn && next().type == FRAME_HELLO, "and is greeted");
	drained = 0;		/* the greeting was */
}

static void part(void)
{
	close(client);
	turn(10);
	buf_finish(&got);
}

static void other_versions_are_greeted_and_left(const char *path)
{
	static const unsigned protocols[] = { 0, FRAME_PROTOCOL + 1, FRAME_PROTOCOL + 98 };
	struct frame frame;
	struct fields f;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		greet(path, protocols[i], i ? "q7" : NULL);
		hear_all();
		frame = next();
		ok(frame.type == FRAME_HELLO && frame_fields(&frame, &f) &&
			   fields_get_u64(f, "protocol", 0) == FRAME_PROTOCOL,
		   "it hears which one is ours");
		ok(ended && !conn && !next().type, "and nothing else, for it is asked nothing");
		is_str(heard_task, i ? "q7" : "", "the task that it had is known");
		part();
	}
}

static void data_is_gathered(const char *path)
{
	static char data[RECORD];
	struct frame frame;

	meet(path);
	for (int i = 0; i < 5; i++) {
		memset(data, 'a' + i, sizeof(data));
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	}
	conn_send(conn, FRAME_STDERR, "oops", 4);
	conn_send(conn, FRAME_DATA, "x", 1);
	is_int(conn_queued(conn) > 0, true, "what is sent waits for the loop");
	turn(2);
	is_int(drained, 1, "and leaves in one go");
	is_int(conn_queued(conn), 0, "all of it");
	hear(8 * RECORD);
	frame = next();
	ok(frame.type == FRAME_DATA && frame.len == 4 * RECORD,
	   "data come in frames as large as may be");
	ok(frame.payload[0] == 'a' && frame.payload[RECORD] == 'b' &&
		   frame.payload[4 * RECORD - 1] == 'd',
	   "in order");
	frame = next();
	ok(frame.type == FRAME_DATA && frame.len == RECORD && frame.payload[0] == 'e',
	   "the rest in another");
	is_int(next().type, FRAME_STDERR, "something else stays where it was said");
	frame = next();
	ok(frame.type == FRAME_DATA && frame.len == 1, "and what follows it behind it");
	part();
	is_int(closed, 1, "the session hears that its client has gone");
}

static void last_words(const char *path)
{
	static char data[RECORD];
	struct frame frame;
	size_t bytes = 0;

	meet(path);
	/* More than the socket takes. */
	for (int i = 0; i < 100; i++)
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	conn_send(conn, FRAME_EXIT, NULL, 0);
	ok(conn_queued(conn) > 0, "a client that does not read makes the broker wait");
	drained = 0;
	turn(10);
	is_int(drained, 0, "and nobody is told that it has left");
	conn_close(conn);
	hear_all();
	while ((frame = next()).type == FRAME_DATA)
		bytes += frame.len;
	is_int(bytes, 100 * sizeof(data), "what was said before the end still comes");
	ok(frame.type == FRAME_EXIT && ended, "up to the last word");
	is_int(closed, 0, "and who has closed it hears no more of it");
	part();
}

/* git is stopped by its user, or writes to a slow disk. */
static void owed(const char *path, struct control *control)
{
	static char data[RECORD];
	enum { SENT = 100 * RECORD, TAKEN = 40 * RECORD };

	meet(path);
	for (int i = 0; i < 100; i++)
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	is_int(control_reading(control), 0, "a client whose owner still sends is the owner's");
	conn_close(conn);
	turn(10);
	is_int(control_reading(control), 1, "one that is owed bytes is known");
	ok(last.in >= 12 * 3600 * 1000, "it has hours for them");
	last.due(last.timer);
	for (int i = 0; i < TURNS && buf_len(&got) < TAKEN; i++) {
		hear(RECORD);
		turn(1);
	}
	last.due(last.timer);
	turn(10);
	is_int(control_reading(control), 1, "and as many again when it has taken some");
	last.due(last.timer);
	hear_all();
	ok(ended && buf_len(&got) < SENT, "one that takes none gets no more");
	is_int(control_reading(control), 0, "and is forgotten");
	part();
}

static void hung_up(const char *path)
{
	static char data[RECORD];

	meet(path);
	close(client);
	for (int i = 0; i < 100; i++)
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	is_int(closed, 0, "a client that has gone is not noticed while one sends");
	turn(10);
	is_int(closed, 1, "but then, once");
	client = -1;
	part();
}

static void no_memory(const char *path)
{
	static char data[RECORD];

	meet(path);
	no_writes = true;
	for (int i = 0; i < 100; i++)
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	is_int(closed, 0, "a write that cannot be made is not told while one sends");
	turn(10);
	is_int(closed, 1, "but then, once: nobody waits for what never leaves");
	part();
	meet(path);
	for (int i = 0; i < 100; i++)
		conn_send(conn, FRAME_DATA, data, sizeof(data));
	conn_close(conn);
	hear_all();
	ok(ended && closed == 0, "nor does a connection that is being closed");
	no_writes = false;
	part();
}

/* A service manager listens, and goes on when the broker has ended. */
static void inherited_is_left(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int manager = socket(AF_UNIX, SOCK_STREAM, 0);
	struct control *control;
	struct message trouble;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ok(!bind(manager, (struct sockaddr *)&address, sizeof(address)) && !listen(manager, 5),
	   "a service manager listens");
	uv_loop_init(&loop);
	no_listening = false;
	control = control_create(&loop, path, dup(manager), &control_events, NULL, &trouble);
	ok(control && control_in_place(control), "the broker takes its socket over");
	meet(path);
	part();
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	ok(!connect(client, (struct sockaddr *)&address, sizeof(address)),
	   "the socket is there when the broker has ended");
	close(client);
	control = control_create(&loop, path, dup(manager), &control_events, NULL, &trouble);
	unlink(path);
	ok(!control_in_place(control) && !control_serve(control, path, &trouble) &&
		   control_in_place(control),
	   "one whose file has gone is replaced by one of the broker's");
	control_destroy(control);
	ok(access(path, F_OK), "which the broker removes");
	uv_run(&loop, UV_RUN_DEFAULT);
	close(manager);
}

int main(void)
{
	char dir[] = "/tmp/gx.XXXXXX", path[64];
	struct control *control;
	struct message trouble;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	uv_loop_init(&loop);
	signal(SIGPIPE, SIG_IGN);
	no_listening = true;
	ok(!control_create(&loop, path, -1, &control_events, NULL, &trouble) && access(path, F_OK),
	   "where nobody can listen no socket is left");
	no_listening = false;
	control = control_create(&loop, path, -1, &control_events, NULL, &trouble);
	ok(control, "the broker listens");
	other_versions_are_greeted_and_left(path);
	data_is_gathered(path);
	last_words(path);
	owed(path, control);
	hung_up(path);
	no_memory(path);
	no_listening = true;
	ok(control_serve(control, path, &trouble) < 0 && access(path, F_OK),
	   "nor where they cannot listen again");
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "every handle is closed");
	inherited_is_left(path);
	is_int(uv_loop_close(&loop), 0, "every handle of that is closed, too");
	rmdir(dir);
	return tap_done();
}
