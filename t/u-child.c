/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

/*
 * Real processes, that write as git does: much in small pieces, or little and then
 * wait for an answer.
 */

#include <string.h>

#include "tap.h"

enum {
	PIECE = 32 << 8,
	PIECES = 2000,
	PATIENCE = 30 * 1000,
};

struct seen {
	size_t bytes, events;
	bool exited, late;
	int status, signal;
	struct child *child;
	size_t pause_at;	/* bytes after which reading pauses for a moment; 0: never */
	bool paused;
	size_t while_paused;
};

static uv_loop_t loop;

static void on_output(void *owner, const void *data, size_t n)
{
	struct seen *s = owner;

	s->bytes += n;
	s->events++;
	if (s->paused)
		s->while_paused += n;
	if (s->pause_at && s->bytes >= s->pause_at) {
		s->pause_at = 0;
		s->paused = true;
		child_pause(s->child, true);
	}
}

static void on_error_output(void *owner, const void *data, size_t n)
{
}

static void on_wrote(void *owner, size_t n)
{
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct seen *s = owner;

	s->exited = true;
	s->status = status;
	s->signal = term_signal;
}

static const struct child_events events = {
	.output = on_output,
	.error_output = on_error_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

static void start(struct seen *s, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	char path[] = "PATH=/usr/bin:/bin", *env[] = { path, NULL };
	int error;

	*s = (struct seen){ .status = -1 };
	s->child = child_spawn(&loop, argv, env, "/", &events, s, &error);
}

static void on_time(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Until it has exited, or has said so many bytes; or for so long. */
static void run(struct seen *s, size_t bytes, uint64_t ms)
{
	uv_timer_t timer;

	s->late = false;
	timer.data = &s->late;
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_time, ms, 0);
	while (!s->exited && !s->late && s->bytes < bytes)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void end(struct seen *s)
{
	child_destroy(s->child);
	uv_run(&loop, UV_RUN_DEFAULT);
}

/* Slower than its reader, which would find one piece at a time if it looked all the time. */
static const char flood[] =
	"x=12345678901234567890123456789012; for i in 1 2 3 4 5 6 7 8; do x=$x$x; done;"
	"i=0; while [ $i -lt 2000 ]; do printf %s \"$x\"; i=$((i + 1)); done; exit 3";

static void much_in_small_pieces(void)
{
	struct seen s;

	start(&s, flood);
	run(&s, SIZE_MAX, PATIENCE);
	ok(s.exited && s.status == 3, "a child that writes much ends");
	is_int(s.bytes, PIECES * PIECE, "with all that it wrote");
	ok(s.events < PIECES / 4, "which is read in larger pieces than it wrote (%zu for %d)", s.events, PIECES);
	end(&s);
}

static void pausing(void)
{
	struct seen s;

	start(&s, flood);
	/* Long after its output became a flow, whose reads are spaced. */
	s.pause_at = PIECES * PIECE / 2;
	run(&s, SIZE_MAX, 200);
	ok(s.paused && !s.exited, "who is full stops a flow");
	is_int(s.while_paused, 0, "and no more of it comes");
	s.paused = false;
	child_pause(s.child, false);
	run(&s, SIZE_MAX, PATIENCE);
	is_int(s.bytes, PIECES * PIECE, "until there is room again");
	ok(s.exited, "up to its end");
	end(&s);
}

/* The first answer after a flow comes although nothing follows it. */
static void conversation(void)
{
	struct seen s;

	start(&s, "dd if=/dev/zero bs=8192 count=200 2>/dev/null; read line; printf %s \"$line\"; read line");
	run(&s, 200 * PIECE, PATIENCE);
	is_int(s.bytes, 200 * PIECE, "a child that waits for an answer has said all before it");
	child_write(s.child, "hello\n", 6);
	run(&s, 200 * PIECE + 5, PATIENCE);
	is_int(s.bytes, 200 * PIECE + 5, "and is heard after it");
	child_end_input(s.child);
	run(&s, SIZE_MAX, PATIENCE);
	ok(s.exited, "the end of its input ends it");
	end(&s);
}

static void destroyed_in_a_flow(void)
{
	struct seen s;

	start(&s, flood);
	run(&s, PIECES * PIECE / 2, PATIENCE);
	s.events = 0;
	end(&s);
	ok(!s.exited && s.events == 0, "nothing is heard of one that was given up in the middle");
}

static void not_started(void)
{
	const char *const argv[] = { "/nonexistent/git", NULL };
	char *env[] = { NULL };
	struct seen s = { 0 };
	int error = 0;

	ok(!child_spawn(&loop, argv, env, "/", &events, &s, &error), "what is not there is not started");
	is_int(error, UV_ENOENT, "and says why");
	uv_run(&loop, UV_RUN_DEFAULT);
}

int main(void)
{
	uv_loop_init(&loop);
	much_in_small_pieces();
	pausing();
	conversation();
	destroyed_in_a_flow();
	not_started();
	is_int(uv_loop_close(&loop), 0, "every handle is closed");
	return tap_done();
}
