/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git-run.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "child-env.h"
#include "git-limits.h"
#include "repository.h"
#include "self-path.h"
#include "text.h"

enum { ARGS_MAX = 1024 };

struct git_run {
	struct child *child;		/* owned; NULL: git could not be started */
	uv_timer_t timer;		/* calls done if git could not be started; else limits
					   the silence */
	uint64_t started, printed_at;	/* ms */
	unsigned silence;		/* ms; 0: no limit */
	bool was_silent;		/* git was silent for too long and is being ended */
	void (*printed)(void *owner, const char *data, size_t n);
	git_run_fn *done;
	void *owner;			/* of done */
	struct buf output;
	struct buf line;		/* the unfinished line of standard error */
	struct buf error;		/* the line to report */
	struct buf before;		/* the one before that */
	bool grave;			/* error came after "fatal: " or "error: " */
	int failed;			/* the status if git could not be started */
	bool ended;
};

static void on_timer_closed(uv_handle_t *handle)
{
	struct git_run *run = handle->data;

	buf_finish(&run->output);
	buf_finish(&run->line);
	buf_finish(&run->error);
	buf_finish(&run->before);
	free(run);
}

void git_run_destroy(struct git_run *run)
{
	if (!run || run->ended)
		return;
	run->ended = true;
	child_destroy(run->child);
	uv_close((uv_handle_t *)&run->timer, on_timer_closed);
}

void git_run_bound(struct git_run *run, uint64_t memory)
{
	if (run->child)
		git_limits_bound(child_pid(run->child), memory);
}

static void say_done(struct git_run *run, int status)
{
	run->done(run->owner, status, buf_str(&run->output), buf_str(&run->error));
	git_run_destroy(run);
}

static void on_output(void *owner, const void *data, size_t n)
{
	struct git_run *run = owner;
	size_t room = GIT_RUN_OUTPUT_MAX - buf_len(&run->output);

	run->printed_at = uv_now(run->timer.loop);
	if (run->printed)
		run->printed(run->owner, data, n);
	else
		buf_append(&run->output, data, n < room ? n : room);
}

static const char *behind(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(line, prefix, n) ? line + n : NULL;
}

/*
 * Keeps the first "fatal: " or "error: ", which is the cause: later lines are consequences
 * and advice.
 */
static void take_line(struct git_run *run)
{
	const char *line = buf_str(&run->line), *cause = behind(line, "fatal: ");

	if (!cause)
		cause = behind(line, "error: ");
	if (*line && !run->grave && (cause || !behind(line, "hint: "))) {
		run->grave = cause;
		buf_reset(&run->before);
		if (cause)
			buf_append(&run->before, buf_data(&run->error), buf_len(&run->error));
		buf_reset(&run->error);
		cause = cause ? cause : line;
		text_escape(&run->error, cause, strlen(cause), false);
	}
	buf_reset(&run->line);
}

static void on_error_output(void *owner, const void *data, size_t n)
{
	struct git_run *run = owner;
	const char *p = data;

	run->printed_at = uv_now(run->timer.loop);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			take_line(run);
		else if (p[i] == '\r')
			buf_reset(&run->line);	/* it was progress */
		else if (p[i] && buf_len(&run->line) < GIT_RUN_ERROR_MAX)
			buf_append(&run->line, p + i, 1);
	}
}

static void on_wrote(void *owner, size_t n)
{
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct git_run *run = owner;

	take_line(run);
	if (run->was_silent) {
		buf_reset(&run->error);
		buf_printf(&run->error, "git made no progress for %u s", run->silence / 1000);
		status = -1;
	} else if (uv_now(run->timer.loop) - run->started >= GIT_RUN_LIMIT) {
		buf_reset(&run->error);
		buf_printf(&run->error, "git did not end within %d hours", GIT_RUN_LIMIT / 3600000);
		status = -1;
	}
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

static void on_not_started(uv_timer_t *timer)
{
	struct git_run *run = timer->data;

	say_done(run, run->failed);
}

static void on_silence(uv_timer_t *timer)
{
	struct git_run *run = timer->data;
	uint64_t at = run->printed_at + run->silence, now = uv_now(timer->loop);

	if (now < at) {
		uv_timer_start(timer, on_silence, at - now, 0);
		return;
	}
	run->was_silent = true;
	child_limit(run->child, 0);
}

void git_run_limit_silence(struct git_run *run, unsigned ms)
{
	run->silence = ms;
	if (run->child)
		uv_timer_start(&run->timer, on_silence, ms, 0);
}

/* PATH, with the directory of this program, where git-remote-xmpp is, at its end. */
static char *path_with_helper(const char *path)
{
	char self[PATH_MAX];

	if (!self_directory(self))
		return xstrdup(path);
	return path && *path ? xasprintf("%s:%s", path, self) : xstrdup(self);
}

enum { VARIABLES_MAX = 16 };

static char **make_env(const struct git_run_host *host, const struct git_run_task *task,
		       const char *git_dir)
{
	const char *const *given = task->variables;
	const char *extra[2 * VARIABLES_MAX + 28], *path = getenv("PATH");
	size_t n = 0;
	char **env, *whole;

	for (size_t i = 0; given && given[i] && i < 2 * VARIABLES_MAX; i += 2) {
		if (!strcmp(given[i], "PATH")) {
			path = given[i + 1];
			continue;
		}
		extra[n++] = given[i];
		extra[n++] = given[i + 1];
	}
	whole = path_with_helper(path);
	const char *const ours[] = {
		"PATH", whole, "GIT_XMPP_SOCKET", host->socket_path, "GIT_XMPP_PREFER",
		task->device,
		"GIT_XMPP_TASK", task->task,
		"GIT_XMPP_ACCOUNT", host->account && *host->account ? host->account : NULL,
		"GIT_XMPP_AUTOSTART", "false", "GIT_XMPP_NOTICES", "false",
		"GIT_XMPP_TRACE", NULL, "GIT_TERMINAL_PROMPT", "0",
		"GIT_ASKPASS", "",
		"LANGUAGE", "C",
	};
	memcpy(extra + n, ours, sizeof(ours));
	n += ARRAY_SIZE(ours);
	if (git_dir) {
		extra[n++] = "GIT_DIR";
		extra[n++] = git_dir;
	}
	extra[n] = NULL;
	env = child_env_for_user(extra);
	free(whole);
	return env;
}

static struct child *spawn(struct git_run *run, const struct git_run_host *host,
			   const struct git_run_task *task, int *error)
{
	char *top =
		task->directory ? xstrdup(task->directory) : repository_work_tree(task->git_dir);
	const char **argv;
	struct child *child;
	size_t n = 0;
	char **env;

	while (task->args[n] && n < ARGS_MAX)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = "git";
	memcpy(argv + 1, task->args, n * sizeof(*argv));
	env = make_env(host, task, top ? NULL : task->git_dir);
	child = child_spawn(host->loop, argv, env, top ? top : task->git_dir, &child_events, run,
			    error);
	if (!child)
		buf_printf(&run->error, "cannot run git in '%s': %s", top ? top : task->git_dir,
			   uv_strerror(*error));
	run->failed = *error == UV_ENOENT || *error == UV_ENOTDIR || *error == UV_EACCES
			      ? GIT_RUN_NO_PLACE
			      : -1;
	child_env_destroy(env);
	free(argv);
	free(top);
	return child;
}

const char *git_run_last_word(struct git_run *run)
{
	return buf_str(&run->before);
}

struct git_run *git_run_start(const struct git_run_host *host, const struct git_run_task *task,
			      git_run_fn *done, void *owner)
{
	struct git_run *run = xcalloc(1, sizeof(*run));
	int error = 0;

	run->printed = task->printed;
	run->done = done;
	run->owner = owner;
	run->started = run->printed_at = uv_now(host->loop);
	uv_timer_init(host->loop, &run->timer);
	run->timer.data = run;
	run->child = spawn(run, host, task, &error);
	if (!run->child) {
		uv_timer_start(&run->timer, on_not_started, 0, 0);
		return run;
	}
	if (!task->only_reads)
		child_protect(run->child, host->sink);
	child_end_input(run->child);
	child_limit(run->child, GIT_RUN_LIMIT);
	return run;
}
