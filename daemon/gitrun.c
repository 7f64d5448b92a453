/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gitrun.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "child.h"
#include "childenv.h"
#include "text.h"

enum { ARGS_MAX = 1024 };

struct gitrun {
	struct child *child;		/* owned */
	uv_timer_t timer;		/* the time limits */
	unsigned silence;		/* ms; 0: it may be silent */
	uint64_t until, printed_at;	/* ms */
	gitrun_fn *done;
	void *owner;			/* of done */
	struct buf output;
	struct buf line;		/* of standard error, not yet ended */
	struct buf error;		/* the line to be told */
	bool grave;			/* error is one behind "fatal: " or "error: " */
	bool ended;
};

static void on_timer_closed(uv_handle_t *handle)
{
	struct gitrun *run = handle->data;

	buf_finish(&run->output);
	buf_finish(&run->line);
	buf_finish(&run->error);
	free(run);
}

void gitrun_destroy(struct gitrun *run)
{
	if (!run || run->ended)
		return;
	run->ended = true;
	child_destroy(run->child);
	uv_close((uv_handle_t *)&run->timer, on_timer_closed);
}

static void say_done(struct gitrun *run, int status)
{
	run->done(run->owner, status, buf_str(&run->output), buf_str(&run->error));
	gitrun_destroy(run);
}

static void on_output(void *owner, const void *data, size_t n)
{
	struct gitrun *run = owner;
	size_t room = GITRUN_OUTPUT_MAX - buf_len(&run->output);

	run->printed_at = uv_now(run->timer.loop);
	buf_append(&run->output, data, n < room ? n : room);
}

static const char *behind(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(line, prefix, n) ? line + n : NULL;
}

/* The first complaint is the cause, what follows its consequences and advice. */
static void take_line(struct gitrun *run)
{
	const char *line = buf_str(&run->line), *cause = behind(line, "fatal: ");

	if (!cause)
		cause = behind(line, "error: ");
	if (*line && !run->grave && (cause || !behind(line, "hint: "))) {
		run->grave = cause;
		buf_reset(&run->error);
		cause = cause ? cause : line;
		text_escape(&run->error, cause, strlen(cause), false);
	}
	buf_reset(&run->line);
}

static void on_error_output(void *owner, const void *data, size_t n)
{
	struct gitrun *run = owner;
	const char *p = data;

	run->printed_at = uv_now(run->timer.loop);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			take_line(run);
		else if (p[i] == '\r')
			buf_reset(&run->line);	/* it was progress */
		else if (p[i] && buf_len(&run->line) < GITRUN_ERROR_MAX)
			buf_append(&run->line, p + i, 1);
	}
}

static void on_wrote(void *owner, size_t n)
{
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct gitrun *run = owner;

	take_line(run);
	if (term_signal && !buf_len(&run->error))
		buf_printf(&run->error, "git was ended by signal %d", term_signal);
	say_done(run, term_signal ? -1 : status);
}

static const struct child_events child_events = {
	.output = on_output,
	.error_output = on_error_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

static void on_limit(uv_timer_t *timer);

/* To the next moment at which there is something to decide. */
static void arm(struct gitrun *run)
{
	uint64_t now = uv_now(run->timer.loop), at = run->until;

	if (run->silence && run->printed_at + run->silence < at)
		at = run->printed_at + run->silence;
	uv_timer_start(&run->timer, on_limit, at > now ? at - now : 0, 0);
}

static void on_limit(uv_timer_t *timer)
{
	struct gitrun *run = timer->data;
	uint64_t now = uv_now(timer->loop);

	if (!run->child) {		/* it could not be started; error says why */
		say_done(run, -1);
		return;
	}
	if (now < run->until && now < run->printed_at + run->silence) {
		arm(run);
		return;
	}
	buf_reset(&run->error);
	if (now < run->until)
		buf_printf(&run->error, "git made no progress for %u s", run->silence / 1000);
	else
		buf_printf(&run->error, "git did not end within %d hours", GITRUN_LIMIT / 3600000);
	say_done(run, -1);
}

void gitrun_limit_silence(struct gitrun *run, unsigned ms)
{
	run->silence = ms;
	if (run->child)
		arm(run);
}

/* PATH with the directory of this program, where git-remote-xmpp is, before all else. */
static char *path_with_helper(void)
{
	const char *path = getenv("PATH");
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return xstrdup(path);
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	return path ? xasprintf("%s:%s", self, path) : xstrdup(self);
}

static struct child *spawn(struct gitrun *run, uv_loop_t *loop, const char *git_dir, const char *const args[],
			   const char *socket_path, const char *device, int *error)
{
	char *path = path_with_helper(), *where = xasprintf("--git-dir=%s", git_dir), **env;
	const char **argv;
	const char *const extra[] = {
		"PATH", path,
		"GIT_XMPP_SOCKET", socket_path,
		"GIT_XMPP_PREFER", device,
		"GIT_TERMINAL_PROMPT", "0",
		NULL,
	};
	struct child *child;
	size_t n = 0;

	while (args[n] && n < ARGS_MAX)
		n++;
	argv = xcalloc(n + 3, sizeof(*argv));
	argv[0] = "git";
	argv[1] = where;
	memcpy(argv + 2, args, n * sizeof(*argv));
	env = childenv_for_user(extra);
	child = child_spawn(loop, argv, env, git_dir, &child_events, run, error);
	childenv_destroy(env);
	free(argv);
	free(where);
	free(path);
	return child;
}

struct gitrun *gitrun_start(uv_loop_t *loop, const char *path, const char *const args[],
			    const char *socket_path, const char *device, gitrun_fn *done, void *owner)
{
	struct gitrun *run = xcalloc(1, sizeof(*run));
	int error;

	run->done = done;
	run->owner = owner;
	uv_timer_init(loop, &run->timer);
	run->timer.data = run;
	run->child = spawn(run, loop, path, args, socket_path, device, &error);
	if (run->child)
		child_end_input(run->child);
	else
		buf_printf(&run->error, "cannot run git in '%s': %s", path, uv_strerror(error));
	run->printed_at = uv_now(loop);
	run->until = run->printed_at + (run->child ? GITRUN_LIMIT : 0);
	arm(run);
	return run;
}
