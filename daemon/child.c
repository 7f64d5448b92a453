/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One uv_process and three pipes. The child is over for its owner when the
 * process has exited and its output has ended; standard error is given a
 * moment more, because a hook's background process may hold it for hours. The
 * memory goes when the last handle is closed.
 *
 * git writes a pack in pieces of 8 KiB, and whoever sleeps on the pipe is woken
 * for each: that would cost more than everything else we do with it. So when
 * much comes, a pipe that was read empty is left alone for a millisecond, and
 * made large enough to fill meanwhile. What is small is never held up.
 */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"

enum {
	READ_SIZE = 64 * 1024,
	ERROR_GRACE = 200,		/* ms for the rest of standard error after the exit */
	TERM_AFTER = 500,		/* ms from the end of its input to SIGTERM */
	KILL_AFTER = 5000,
	LULL = 20,			/* ms without output end what counts as one flow */
	MUCH = 256 * 1024,		/* bytes of a flow, from where on its reads are spaced */
	GATHER = 1,			/* ms between them */
	PIPE_SIZE = 1024 * 1024,	/* of what fills meanwhile: what git writes in two of those */
};

struct child {
	uv_process_t process;
	uv_pipe_t in, out, err;
	uv_timer_t timer;
	uv_timer_t gather;		/* runs while the pipe is left to fill */
	const struct child_events *events;
	void *owner;			/* NULL after child_destroy() */
	void (*gone)(void *arg);	/* of child_leave(); NULL: nobody waits for the end */
	void *gone_arg;
	uint64_t last_output;		/* ms */
	size_t flow;			/* bytes of output without a lull */
	bool paused;			/* by the owner */
	bool widened;			/* the pipe is as large as we may make it */
	bool exited, out_ended, err_ended, told, destroyed;
	bool in_closed, process_closed, termed;
	int status, term_signal;
	int open_handles;
	char buffer[READ_SIZE];
};

struct write {
	uv_write_t req;
	struct child *child;
	size_t len;
	char data[];
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct child *c = handle->data;

	if (--c->open_handles == 0)
		free(c);
}

static void close_handle(void *handle)
{
	uv_handle_t *h = handle;

	if (!uv_is_closing(h))
		uv_close(h, on_handle_closed);
}

/* Everything but the process, which is reaped by its exit. */
static void close_all(struct child *c)
{
	close_handle(&c->in);
	close_handle(&c->out);
	close_handle(&c->err);
	close_handle(&c->gather);
	if (c->exited) {
		close_handle(&c->timer);
		close_handle(&c->process);
	}
}

static void on_grace_over(uv_timer_t *timer);

/* Says exited once, when everything was delivered. */
static void check_over(struct child *c)
{
	if (c->told || c->destroyed || !c->exited || !c->out_ended)
		return;
	if (!c->err_ended) {
		if (!uv_is_active((uv_handle_t *)&c->timer))
			uv_timer_start(&c->timer, on_grace_over, ERROR_GRACE, 0);
		return;
	}
	c->told = true;
	c->events->exited(c->owner, c->status, c->term_signal);
}

static void on_grace_over(uv_timer_t *timer)
{
	struct child *c = timer->data;

	c->err_ended = true;
	check_over(c);
}

static void on_process_exit(uv_process_t *process, int64_t status, int term_signal)
{
	struct child *c = process->data;

	c->exited = true;
	c->status = status;
	c->term_signal = term_signal;
	if (c->gone)
		c->gone(c->gone_arg);
	if (c->destroyed)
		close_all(c);
	else
		check_over(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct child *c = handle->data;

	*buf = uv_buf_init(c->buffer, sizeof(c->buffer));
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void read_output(struct child *c)
{
	if (!c->out_ended && !c->paused && !uv_is_active((uv_handle_t *)&c->out))
		uv_read_start((uv_stream_t *)&c->out, on_alloc, on_output);
}

static void on_gathered(uv_timer_t *timer)
{
	read_output(timer->data);
}

/* The more room, the fewer turns; the system may refuse, and the pipe works as it is. */
static void widen(struct child *c)
{
#ifdef F_SETPIPE_SZ
	uv_os_fd_t fd;

	if (!c->widened && !uv_fileno((uv_handle_t *)&c->out, &fd))
		fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
	c->widened = true;
}

/* n bytes were read, and the pipe was empty then if that is less than it could have been. */
static void gather(struct child *c, size_t n)
{
	uint64_t now = uv_now(c->out.loop);

	if (now - c->last_output > LULL)
		c->flow = 0;
	c->last_output = now;
	c->flow += n;
	if (c->flow < MUCH || n == READ_SIZE)
		return;
	widen(c);
	uv_read_stop((uv_stream_t *)&c->out);
	uv_timer_start(&c->gather, on_gathered, GATHER, 0);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	if (n > 0 && !c->destroyed) {
		gather(c, n);
		c->events->output(c->owner, buf->base, n);
	}
	if (n >= 0)
		return;
	uv_read_stop(stream);
	c->out_ended = true;
	check_over(c);
}

static void on_error_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	if (n > 0 && !c->destroyed)
		c->events->error_output(c->owner, buf->base, n);
	if (n >= 0)
		return;
	uv_read_stop(stream);
	c->err_ended = true;
	check_over(c);
}

struct child *child_spawn(uv_loop_t *loop, const char *const argv[], char *const envp[], const char *cwd,
			  const struct child_events *events, void *owner, int *error)
{
	struct child *c = xcalloc(1, sizeof(*c));
	uv_file out[2];
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->in },
		{ .flags = UV_INHERIT_FD },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->err },
	};
	uv_process_options_t options = {
		.exit_cb = on_process_exit,
		.file = argv[0],
		.args = (char **)argv,
		.env = (char **)envp,
		.cwd = cwd,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};

	/* What libuv makes is a pair of sockets, which keeps every write apart, and is twice the work. */
	*error = uv_pipe(out, UV_NONBLOCK_PIPE, 0);
	if (*error) {
		free(c);
		return NULL;
	}
	stdio[1].data.fd = out[1];
	c->events = events;
	c->owner = owner;
	uv_pipe_init(loop, &c->in, 0);
	uv_pipe_init(loop, &c->out, 0);
	uv_pipe_init(loop, &c->err, 0);
	uv_timer_init(loop, &c->timer);
	uv_timer_init(loop, &c->gather);
	c->in.data = c->out.data = c->err.data = c->timer.data = c->gather.data = c->process.data = c;
	c->open_handles = 6;
	uv_pipe_open(&c->out, out[0]);
	*error = uv_spawn(loop, &c->process, &options);
	close(out[1]);
	if (*error) {
		/* libuv leaves an inactive process handle behind, to be closed like the rest. */
		c->destroyed = c->exited = true;
		close_all(c);
		return NULL;
	}
	read_output(c);
	uv_read_start((uv_stream_t *)&c->err, on_alloc, on_error_output);
	return c;
}

static void on_written(uv_write_t *req, int status)
{
	struct write *w = (struct write *)req;
	struct child *c = w->child;
	size_t n = w->len;

	free(w);
	if (!c->destroyed)
		c->events->wrote(c->owner, n);
}

void child_write(struct child *c, const void *data, size_t n)
{
	uv_buf_t whole = uv_buf_init((char *)data, n), rest;
	struct write *w;
	int done = 0;

	if (c->destroyed)
		return;
	if (c->in_closed) {
		c->events->wrote(c->owner, n);
		return;
	}
	if (uv_stream_get_write_queue_size((uv_stream_t *)&c->in) == 0) {
		done = uv_try_write((uv_stream_t *)&c->in, &whole, 1);
		if (done < 0)
			done = done == UV_EAGAIN ? 0 : (int)n;	/* it does not read any more */
	}
	if (done > 0)
		c->events->wrote(c->owner, done);
	if (c->destroyed || (size_t)done == n)
		return;
	w = xmalloc(sizeof(*w) + n - done);
	w->child = c;
	w->len = n - done;
	memcpy(w->data, (const char *)data + done, w->len);
	rest = uv_buf_init(w->data, w->len);
	if (uv_write(&w->req, (uv_stream_t *)&c->in, &rest, 1, on_written))
		free(w);
}

static void on_shut(uv_shutdown_t *req, int status)
{
	struct child *c = req->data;

	free(req);
	close_handle(&c->in);
}

void child_end_input(struct child *c)
{
	uv_shutdown_t *req;

	if (c->in_closed || c->destroyed)
		return;
	c->in_closed = true;
	req = xmalloc(sizeof(*req));
	req->data = c;
	if (uv_shutdown(req, (uv_stream_t *)&c->in, on_shut)) {
		free(req);
		close_handle(&c->in);
	}
}

void child_pause(struct child *c, bool pause)
{
	if (c->out_ended || c->destroyed)
		return;
	c->paused = pause;
	if (pause)
		uv_read_stop((uv_stream_t *)&c->out);
	else if (!uv_is_active((uv_handle_t *)&c->gather))
		read_output(c);
}

int child_pid(const struct child *c)
{
	return c->process.pid;
}

/* Its process group, so that hooks and their children end too. */
static void on_insist(uv_timer_t *timer)
{
	struct child *c = timer->data;

	if (c->exited)
		return;
	kill(-c->process.pid, c->termed ? SIGKILL : SIGTERM);
	if (!c->termed)
		uv_timer_start(timer, on_insist, KILL_AFTER - TERM_AFTER, 0);
	c->termed = true;
}

void child_limit(struct child *c, uint64_t ms)
{
	if (!c->exited && !c->destroyed)
		uv_timer_start(&c->timer, on_insist, ms, 0);
}

void child_destroy(struct child *c)
{
	if (!c || c->destroyed)
		return;
	c->destroyed = true;
	c->owner = NULL;
	if (c->exited) {
		close_all(c);
		return;
	}
	/*
	 * Its output is read to the end, for nobody: receive-pack wants to say that
	 * the push failed, and would die of SIGPIPE without removing its quarantine.
	 */
	close_handle(&c->in);
	c->paused = false;
	read_output(c);
	uv_timer_start(&c->timer, on_insist, TERM_AFTER, 0);
}

void child_leave(struct child *c, void (*gone)(void *arg), void *arg)
{
	if (c->exited) {
		child_destroy(c);
		gone(arg);
		return;
	}
	c->gone = gone;
	c->gone_arg = arg;
	child_destroy(c);
}
