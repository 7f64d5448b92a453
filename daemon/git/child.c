/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One uv_process and three pipes. The child is over for its owner when the process has exited
 * and its output was delivered. The end of its output is not waited for: a process that it
 * left in the background may hold that open for hours. So at the exit the bytes in each pipe
 * are counted. These are read, and what comes within LAST_WORDS. The memory is freed when the
 * last handle is closed.
 *
 * git writes a pack in pieces of 8 KiB, and a reader that sleeps on the pipe wakes up for
 * each. That would cost more than everything else we do with it. So when much comes, a pipe
 * that was read empty is left alone for a millisecond to fill, and is enlarged for that.
 * Small output is never delayed.
 */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"
#include "process.h"

enum {
	READ_SIZE = 64 * 1024,
	LAST_WORDS = 200,		/* ms after the exit for output of processes below it */
	LULL = 20,			/* ms; a longer pause ends a flow */
	MUCH = 256 * 1024,		/* bytes; beyond that the reads of a flow are spaced */
	GATHER = 1,			/* ms between spaced reads */
	PIPE_SIZE = 1024 * 1024,	/* bytes; as much as git writes in two of those */
};

/* One step of ending a child. The steps follow each other until it has exited. */
struct step {
	bool spares;		/* the signal goes to all processes below the child, but not to
				   it */
	int signum;
	uint64_t wait;		/* ms until the next step */
};

enum { STEPS_MAX = 4 };

static const struct step plain_steps[STEPS_MAX] = {
	{ false, SIGTERM, 5 * 1000 },
	{ false, SIGKILL, 0 },
};

static const struct step protected_steps[STEPS_MAX] = {
	{ true, SIGTERM, 5 * 1000 },
	{ true, SIGKILL, 60 * 1000 },
	{ false, SIGTERM, 60 * 1000 },
	{ false, SIGKILL, 0 },
};

/* A pipe, and what was left in it at the exit. */
struct child_stream {
	uv_pipe_t pipe;
	size_t left;		/* bytes in it at the exit, not yet read */
	bool ended;		/* end of file was read */
};

struct child {
	uv_process_t process;
	uv_pipe_t in;
	struct child_stream out, err;
	uv_timer_t timer;		/* the next step of ending it; after the exit,
					   LAST_WORDS */
	uv_timer_t gather;		/* runs while the pipe is left to fill */
	const struct child_events *events;
	void *owner;			/* NULL after child_destroy() */
	void (*gone)(void *arg);	/* of child_leave(), else NULL */
	void *gone_arg;
	uint64_t last_output;		/* ms */
	size_t flow;			/* bytes of output without a lull */
	bool paused;			/* by the owner */
	bool widened;			/* the pipe has been enlarged, as far as allowed */
	bool exited, told, destroyed;
	bool waited;			/* LAST_WORDS have passed since the exit */
	bool in_closed;			/* closed, or will be when what waits was written */
	bool protected;
	struct sink *sink;		/* borrowed; NULL: none */
	unsigned step;			/* the next step of ending it */
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

static void close_pipes(struct child *c)
{
	close_handle(&c->in);
	close_handle(&c->out.pipe);
	close_handle(&c->err.pipe);
	close_handle(&c->gather);
}

static void close_all(struct child *c)
{
	close_pipes(c);
	close_handle(&c->timer);
	close_handle(&c->process);
}

static bool is_delivered(const struct child *c, const struct child_stream *s)
{
	return s->ended || (c->waited && s->left == 0);
}

/* Calls exited, once, when all output was delivered. */
static void check_over(struct child *c)
{
	if (c->told || c->destroyed || !c->exited || !is_delivered(c, &c->out) ||
	    !is_delivered(c, &c->err))
		return;
	c->told = true;
	uv_timer_stop(&c->timer);
	close_pipes(c);
	c->events->exited(c->owner, c->status, c->term_signal);
}

static void on_last_words(uv_timer_t *timer)
{
	struct child *c = timer->data;

	c->waited = true;
	check_over(c);
}

static void count_left(struct child_stream *s)
{
	uv_os_fd_t fd;
	int n = 0;

	if (!s->ended && !uv_fileno((uv_handle_t *)&s->pipe, &fd) && !ioctl(fd, FIONREAD, &n) &&
	    n > 0)
		s->left = n;
}

/* Calls the gone of child_leave(), once. */
static void tell_gone(struct child *c)
{
	void (*gone)(void *arg) = c->gone;

	c->gone = NULL;
	if (gone)
		gone(c->gone_arg);
}

static void on_process_exit(uv_process_t *process, int64_t status, int term_signal)
{
	struct child *c = process->data;

	c->exited = true;
	c->status = status;
	c->term_signal = term_signal;
	sink_release(c->sink, process->pid);
	tell_gone(c);
	if (c->destroyed) {
		close_all(c);
		return;
	}
	count_left(&c->out);
	count_left(&c->err);
	uv_timer_start(&c->timer, on_last_words, LAST_WORDS, 0);
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
	if (!c->out.ended && !c->paused && !uv_is_active((uv_handle_t *)&c->out.pipe) &&
	    !uv_is_closing((uv_handle_t *)&c->out.pipe))
		uv_read_start((uv_stream_t *)&c->out.pipe, on_alloc, on_output);
}

static void on_gathered(uv_timer_t *timer)
{
	read_output(timer->data);
}

/* More room means fewer turns. The system may refuse; the pipe then keeps its size. */
static void widen(struct child *c)
{
#ifdef F_SETPIPE_SZ
	uv_os_fd_t fd;

	if (!c->widened && !uv_fileno((uv_handle_t *)&c->out.pipe, &fd))
		fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
	c->widened = true;
}

/*
 * n bytes were read. Spaces the reads of a large flow, once the pipe was read empty (n <
 * READ_SIZE).
 */
static void gather(struct child *c, size_t n)
{
	uint64_t now = uv_now(c->timer.loop);

	if (now - c->last_output > LULL)
		c->flow = 0;
	c->last_output = now;
	c->flow += n;
	if (c->flow < MUCH || n == READ_SIZE)
		return;
	widen(c);
	uv_read_stop((uv_stream_t *)&c->out.pipe);
	uv_timer_start(&c->gather, on_gathered, GATHER, 0);
}

/* n bytes were read, or n < 0: the stream has ended. */
static void count_read(struct child *c, struct child_stream *s, ssize_t n)
{
	if (n < 0) {
		uv_read_stop((uv_stream_t *)&s->pipe);
		s->ended = true;
	} else {
		s->left -= (size_t)n < s->left ? (size_t)n : s->left;
	}
	if (n && !c->destroyed)
		check_over(c);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	if (n > 0 && !c->destroyed) {
		gather(c, n);
		c->events->output(c->owner, buf->base, n);
	}
	count_read(c, &c->out, n);
}

static void on_error_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	if (n > 0 && !c->destroyed)
		c->events->error_output(c->owner, buf->base, n);
	count_read(c, &c->err, n);
}

struct child *child_spawn(uv_loop_t *loop, const char *const argv[], char *const envp[],
			  const char *cwd, const struct child_events *events, void *owner,
			  int *error)
{
	struct child *c = xcalloc(1, sizeof(*c));
	uv_file out[2];
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
		  .data.stream = (uv_stream_t *)&c->in },
		{ .flags = UV_INHERIT_FD },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&c->err.pipe },
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

	/*
	 * libuv would make a pair of sockets, which keeps each write separate and is twice
	 * the work.
	 */
	*error = uv_pipe(out, UV_NONBLOCK_PIPE, 0);
	if (*error) {
		free(c);
		return NULL;
	}
	stdio[1].data.fd = out[1];
	c->events = events;
	c->owner = owner;
	uv_pipe_init(loop, &c->in, 0);
	uv_pipe_init(loop, &c->out.pipe, 0);
	uv_pipe_init(loop, &c->err.pipe, 0);
	uv_timer_init(loop, &c->timer);
	uv_timer_init(loop, &c->gather);
	c->in.data = c->out.pipe.data = c->err.pipe.data = c->timer.data = c->gather.data = c;
	c->open_handles = 5;
	*error = uv_pipe_open(&c->out.pipe, out[0]);
	if (*error) {
		close(out[0]);
	} else {
		/* Even if it fails, the process handle must be closed like the others. */
		*error = uv_spawn(loop, &c->process, &options);
		c->process.data = c;
		c->open_handles++;
	}
	close(out[1]);
	if (*error) {
		c->destroyed = true;
		close_pipes(c);
		close_handle(&c->timer);
		if (c->process.data)
			close_handle(&c->process);
		return NULL;
	}
	read_output(c);
	uv_read_start((uv_stream_t *)&c->err.pipe, on_alloc, on_error_output);
	return c;
}

void child_protect(struct child *c, struct sink *sink)
{
	uv_os_fd_t out, err;

	c->protected = true;
	if (uv_fileno((uv_handle_t *)&c->out.pipe, &out) ||
	    uv_fileno((uv_handle_t *)&c->err.pipe, &err))
		return;
	c->sink = sink;
	sink_hold(sink, c->process.pid, out, err);
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
			done = done == UV_EAGAIN ? 0 : (int)n;	/* the child does not read any
								   more */
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
	if (uv_write(&w->req, (uv_stream_t *)&c->in, &rest, 1, on_written)) {
		free(w);
		c->events->wrote(c->owner, n - done);	/* treated as if the child did not read
							   any more */
	}
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

void child_cut_input(struct child *c)
{
	if (c->in_closed || c->destroyed)
		return;
	c->in_closed = true;
	close_handle(&c->in);
}

void child_pause(struct child *c, bool pause)
{
	if (c->out.ended || c->told || c->destroyed)
		return;
	c->paused = pause;
	if (pause)
		uv_read_stop((uv_stream_t *)&c->out.pipe);
	else if (!uv_is_active((uv_handle_t *)&c->gather))
		read_output(c);
}

int child_pid(const struct child *c)
{
	return c->process.pid;
}

/*
 * Takes the next step of ending the child. The signal goes to its process group, so that the
 * processes below it end, too.
 */
static void on_step(uv_timer_t *timer)
{
	struct child *c = timer->data;
	const struct step *step = (c->protected ? protected_steps : plain_steps) + c->step++;

	if (step->spares)
		log_warning("process %d does not end: signal %d to the %u below it", c->process.pid,
			    step->signum, process_signal_followers(c->process.pid, step->signum));
	else
		kill(-c->process.pid, step->signum);
	if (step->wait)
		uv_timer_start(timer, on_step, step->wait, 0);
}

void child_limit(struct child *c, uint64_t ms)
{
	if (!c->exited && !c->destroyed)
		uv_timer_start(&c->timer, on_step, ms, 0);
}

void child_destroy(struct child *c)
{
	if (!c || c->destroyed)
		return;
	child_cut_input(c);
	c->destroyed = true;
	c->owner = NULL;
	if (c->exited) {
		close_all(c);
	} else if (c->protected) {
		c->paused = false;
		read_output(c);
	} else {
		close_pipes(c);
		on_step(&c->timer);
	}
}

static void on_left(uv_timer_t *timer)
{
	struct child *c = timer->data;

	tell_gone(c);
	close_all(c);
}

static void leave(uv_handle_t *handle, void *ms)
{
	struct child *c = handle->data;

	if (handle->type != UV_PROCESS || uv_is_closing(handle) || !c->protected)
		return;
	log_info("git process %d has not ended yet", c->process.pid);
	uv_timer_start(&c->timer, on_left, *(uint64_t *)ms, 0);
}

void children_leave(uv_loop_t *loop, uint64_t ms)
{
	uv_walk(loop, leave, &ms);
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
