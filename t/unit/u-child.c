/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

/*
 * Real processes, that write as git does: much in small pieces, or little and then
 * wait for an answer. And that end as git does: in their own time, if they are let.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"
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
	size_t wrote;
};

static uv_loop_t loop;
static char directory[] = "/tmp/u-child.XXXXXX";

/* libuv says no, as it does without memory or descriptors. meson.build has these called instead. */
static bool no_writes, no_pipes;

int __wrap_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb);
int __real_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb);
int __wrap_uv_pipe_open(uv_pipe_t *pipe, uv_file file);
int __real_uv_pipe_open(uv_pipe_t *pipe, uv_file file);

int __wrap_uv_write(uv_write_t *req, uv_stream_t *handle, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb)
{
	return no_writes ? UV_ENOMEM : __real_uv_write(req, handle, bufs, n, cb);
}

int __wrap_uv_pipe_open(uv_pipe_t *pipe, uv_file file)
{
	return no_pipes ? UV_ENOTSOCK : __real_uv_pipe_open(pipe, file);
}

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
	struct seen *s = owner;

	s->wrote += n;
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
	s->child = child_spawn(&loop, argv, env, directory, &events, s, &error);
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

/* Others run on. */
static void end_one(struct seen *s)
{
	child_destroy(s->child);
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
	ok(s.events < PIECES / 4, "which is read in larger pieces than it wrote (%zu for %d)",
	   s.events, PIECES);
	end(&s);
}

static void pausing(void)
{
	struct seen s;

	start(&s, flood);
	/* Long after its output became a flow, whose reads are spaced. */
	s.pause_at = PIECES * PIECE / 2;
	run(&s, s.pause_at, PATIENCE);
	ok(s.paused && !s.exited, "who is full stops a flow");
	run(&s, SIZE_MAX, 200);
	ok(!s.exited, "which waits");
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

	start(&s, "dd if=/dev/zero bs=8192 count=200 2>/dev/null; read line; printf %s \"$line\"; "
		  "read line");
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

static bool exists(const char *name)
{
	char *path = xasprintf("%s/%s", directory, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void make(const char *name)
{
	char *path = xasprintf("%s/%s", directory, name);

	close(creat(path, 0600));
	free(path);
}

/* Until the script has made the file, or for so long. */
static bool appears(const char *name, uint64_t ms)
{
	uint64_t until = uv_now(&loop) + ms;

	while (!exists(name) && uv_now(&loop) < until) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(5000);
		uv_update_time(&loop);
	}
	return exists(name);
}

/*
 * More than its pipes hold, once its input has ended: as receive-pack that
 * reports with a hook that says much.
 */
static const char last_words[] =
	"trap 'touch term' TERM; cat >/dev/null;"
	"dd if=/dev/zero bs=65536 count=40 2>/dev/null || exit 1;"
	"dd if=/dev/zero bs=65536 count=40 >&2 || exit 1;";

static void given_up_but_protected(void)
{
	char *script = xasprintf("touch begun-1; %s touch done-1", last_words);
	struct seen s;

	start(&s, script);
	child_protect(s.child, NULL);
	ok(appears("begun-1", PATIENCE), "a child that changes something runs");
	child_write(s.child, "half a pack", 11);
	end(&s);
	ok(exists("done-1"), "given up, it has its time, and a reader, up to its end");
	ok(!exists("term"), "and gets no signal");
	free(script);
}

static void given_up_and_plain(void)
{
	uint64_t before;
	struct seen s;

	start(&s, "exec 2>/dev/null; trap 'touch plain-term; exit' TERM; touch plain-begun; while "
		  ":; do sleep 0.05; done");
	appears("plain-begun", PATIENCE);
	before = uv_hrtime();
	end(&s);
	ok(exists("plain-term"), "one that changes nothing is told to end");
	ok(uv_hrtime() - before < 3 * 1000000000ull, "at once");
}

static void limited(void)
{
	struct seen s;

	/*
	 * The one below ends by SIGTERM; the shell goes on behind it, as git
	 * does when a hook has failed.
	 */
	start(&s, "trap 'touch leader-term' TERM; sh -c 'touch hung; sleep 1000'; sleep 0.1; touch "
		  "done-2; exit 5");
	child_protect(s.child, NULL);
	ok(appears("hung", PATIENCE), "a hook hangs");
	child_limit(s.child, 0);
	run(&s, SIZE_MAX, PATIENCE);
	ok(s.exited && s.status == 5 && exists("done-2"),
	   "what ends it is the hook's end; git finishes");
	ok(!exists("leader-term"), "and gets no signal itself");
	end(&s);
}

static void left(void)
{
	struct seen s;
	uint64_t before = uv_hrtime();

	start(&s, "touch left-begun; while ! test -e go; do sleep 0.05; done; touch done-3");
	child_protect(s.child, NULL);
	appears("left-begun", PATIENCE);
	child_destroy(s.child);
	children_leave(&loop, 100);
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(uv_hrtime() - before < 20 * 1000000000ull && !exists("done-3"),
	   "who stops does not wait for ever");
	make("go");
	ok(appears("done-3", PATIENCE), "who is left behind goes on");
}

/* A process in the background has its output: an agent, a deployment. */
static void grandchild(void)
{
	char *command;
	struct seen s;

	start(&s, "sleep 300 & echo $! >grandchild; echo hello; echo oops >&2; exit 4");
	run(&s, SIZE_MAX, 20 * 1000);
	ok(s.exited && s.status == 4,
	   "a child has ended when it has ended, whoever holds its output");
	is_int(s.bytes, 6, "with all that it said");
	end(&s);
	start(&s, "sleep 300 & echo $! >>grandchild; dd if=/dev/zero bs=60000 count=1 2>/dev/null");
	s.pause_at = 1;
	s.paused = true;
	child_pause(s.child, true);
	run(&s, SIZE_MAX, 600);
	ok(!s.exited, "what it said is waited for, when its reader is full");
	s.pause_at = 0;
	s.paused = false;
	child_pause(s.child, false);
	run(&s, SIZE_MAX, PATIENCE);
	ok(s.exited, "until there is room again");
	is_int(s.bytes, 60000, "with all of it");
	end(&s);
	command = xasprintf("kill $(cat '%s/grandchild')", directory);
	ok(system(command) == 0, "and they went on");
	free(command);
}

/* A broker that is killed. Its child is not ours, and writes more than the pipes hold. */
static void sink(void)
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid == 0) {
		struct sink *k = sink_create();
		char *script = xasprintf("touch begun-4; %s touch done-4", last_words);
		struct seen s;

		uv_loop_fork(&loop);
		start(&s, script);
		child_protect(s.child, k);
		appears("begun-4", PATIENCE);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a broker is killed");
	ok(appears("done-4", PATIENCE), "its git reports to the end all the same, by the sink");
}

static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* It is there for as long as it is needed, and again when it was killed. */
static void sink_comes_and_goes(void)
{
	struct sink *k = sink_create();
	unsigned before = descriptors();
	struct seen one, other;

	start(&one, "cat >/dev/null");
	child_protect(one.child, k);
	start(&other, "cat >/dev/null");
	child_protect(other.child, k);
	child_end_input(one.child);
	run(&one, SIZE_MAX, PATIENCE);
	end_one(&one);
	ok(one.exited && descriptors() > before, "with one child of two a sink is there");
	child_end_input(other.child);
	run(&other, SIZE_MAX, PATIENCE);
	end(&other);
	is_int(descriptors(), before, "and without any it is not");
	sink_destroy(k);
}

static void no_memory(void)
{
	static char much[1 << 20];
	struct seen s;

	start(&s, "sleep 0.3; cat >/dev/null");
	no_writes = true;
	child_write(s.child, much, sizeof(much));
	is_int(s.wrote, sizeof(much),
	       "what cannot be written is counted, so that no credit is lost");
	no_writes = false;
	end(&s);
}

static void no_pipe(void)
{
	const char *const argv[] = { "true", NULL };
	char *env[] = { NULL };
	struct seen s = { 0 };
	unsigned before = descriptors();
	int error = 0;

	no_pipes = true;
	ok(!child_spawn(&loop, argv, env, "/", &events, &s, &error),
	   "without a pipe nothing is started");
	no_pipes = false;
	is_int(error, UV_ENOTSOCK, "and says why");
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(descriptors(), before, "and nothing stays open");
}

static void not_started(void)
{
	const char *const argv[] = { "/nonexistent/git", NULL };
	char *env[] = { NULL };
	struct seen s = { 0 };
	int error = 0;

	ok(!child_spawn(&loop, argv, env, "/", &events, &s, &error),
	   "what is not there is not started");
	is_int(error, UV_ENOENT, "and says why");
	uv_run(&loop, UV_RUN_DEFAULT);
}

int main(void)
{
	char *command;

	if (!mkdtemp(directory))
		return 1;
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	much_in_small_pieces();
	pausing();
	conversation();
	destroyed_in_a_flow();
	given_up_but_protected();
	given_up_and_plain();
	limited();
	left();
	grandchild();
	sink();
	sink_comes_and_goes();
	no_memory();
	no_pipe();
	not_started();
	is_int(uv_loop_close(&loop), 0, "every handle is closed");
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the sandbox is removed");
	free(command);
	return tap_done();
}
