/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One child for each service. The record is freed when the child has exited, or when a child
 * that was left is gone.
 *
 * upload-pack and receive-pack begin with a list, of what they can do or of refs, that ends with
 * a flush-pkt, and they write it line by line. A short list is passed on as a whole, because
 * in-band each line would be a stanza of its own. What a child said of its list when it exited
 * is dropped: it has failed.
 */
#include "service-process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "child-env.h"
#include "child.h"
#include "git-limits.h"
#include "hook-env.h"
#include "pkt-line.h"
#include "push-hooks.h"

enum { LIST_MAX = 4096 };	/* bytes; a longer list is passed on as it comes */

struct service_process {
	struct child *child;		/* owned */
	const struct service_events *events;
	void *owner;			/* borrowed */
	void (*gone)(void *arg);	/* argument of leave() */
	void *gone_arg;
	struct push_verdicts *verdicts;	/* of a push by rules (push-hooks.h); owned */
	bool listed;			/* the list was passed on, or there is none */
	struct buf list;
	struct pkt_line lines;
};

static void destroy(struct service_process *p)
{
	push_verdicts_destroy(p->verdicts);
	buf_finish(&p->list);
	free(p);
}

/* Whether the list ends within these bytes: with a flush-pkt, or with the reason for none. */
static bool ends_list(struct service_process *p, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (pkt_line_next(&p->lines, &data, &n, &piece))
		if (piece.kind == PKT_FLUSH ||
		    (piece.first && piece.len >= 4 && !memcmp(piece.bytes, "ERR ", 4)))
			return true;
	return p->lines.bad;
}

static void on_output(void *owner, const void *data, size_t n)
{
	struct service_process *p = owner;
	struct buf list;

	if (p->listed) {
		p->events->output(p->owner, data, n);
		return;
	}
	p->listed = ends_list(p, data, n) || buf_len(&p->list) + n > LIST_MAX;
	buf_append(&p->list, data, n);
	if (!p->listed)
		return;
	/* The record may be gone when output() returns. */
	list = p->list;
	p->list = (struct buf){ 0 };
	p->events->output(p->owner, buf_data(&list), buf_len(&list));
	buf_finish(&list);
}

static void on_error_output(void *owner, const void *data, size_t n)
{
	struct service_process *p = owner;

	p->events->error_output(p->owner, data, n);
}

static void on_wrote(void *owner, size_t n)
{
	struct service_process *p = owner;

	p->events->wrote(p->owner, n);
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct service_process *p = owner;
	const struct service_events *events = p->events;

	owner = p->owner;
	child_destroy(p->child);
	destroy(p);
	events->exited(owner, status, term_signal);
}

static const struct child_events child_events = {
	.output = on_output,
	.error_output = on_error_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

enum { ARGV_MAX = 12, ROW_MAX = 6 };

/* program: git-xmpp-hook, which runs git for a push by rules; NULL: there are none. */
static void make_argv(const struct service_host *host, const struct service_start *start,
		      const char *program, struct git_limits *limits,
		      const char *argv[GIT_LIMITS_ARGS_MAX + ARGV_MAX])
{
	static const char *const rows[][ROW_MAX] = {
		[SERVICE_UPLOAD_PACK] = { "upload-pack", "--strict", "--" },
		[SERVICE_RECEIVE_PACK] = { "-c", "transfer.fsckObjects=true", "receive-pack",
					   "--" },
		[SERVICE_UPLOAD_ARCHIVE] = { "upload-archive" },
	};
	size_t n = 0;

	git_limits_settings(limits, start->service, start->path, start->max_pack);
	if (program) {
		argv[n++] = program;
		argv[n++] = host->hooks;
		argv[n++] = start->path;
	}
	argv[n++] = "git";
	for (unsigned i = 0; i < limits->n; i++)
		argv[n++] = limits->args[i];
	for (size_t i = 0; rows[start->service][i]; i++)
		argv[n++] = rows[start->service][i];
	argv[n++] = start->path;
	argv[n] = NULL;
}

static struct child *spawn(struct service_host *host, const struct service_start *start,
			   struct service_process *p, int *error)
{
	char *protocol = *start->git_protocol ? xasprintf("version=%s", start->git_protocol) : NULL;
	const char *argv[GIT_LIMITS_ARGS_MAX + ARGV_MAX];
	char program[PATH_MAX];
	struct git_limits limits;
	const char *const extra[] = {
		"GIT_PROTOCOL", protocol,
		"GIT_XMPP_JID", start->jid,
		"GIT_XMPP_DEVICE", start->device,
		"GIT_XMPP_VERIFIED", start->verified ? "1" : "0",
		"GIT_XMPP_SHARE", start->share,
		"GIT_XMPP_AUTOSTART", "false",
		HOOK_ENV_RULES, start->rules,
		HOOK_ENV_VERDICTS, push_verdicts_path(p->verdicts),
		"GIT_XMPP_NOTICES", "false",
		NULL,
	};
	char **env = child_env_for_others(extra);
	struct child *child;

	push_hooks_program(program);
	make_argv(host, start, start->rules ? program : NULL, &limits, argv);
	child = child_spawn(host->loop, argv, env, "/", &child_events, p, error);
	child_env_destroy(env);
	free(protocol);
	return child;
}

static bool is_directory(struct service_host *host, const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static struct service_process *start(struct service_host *host, const struct service_start *what,
				     const struct service_events *events, void *owner,
				     const char **why)
{
	struct service_process *p = xcalloc(1, sizeof(*p));
	bool changes = what->service == SERVICE_RECEIVE_PACK;
	int error;

	p->listed = what->service == SERVICE_UPLOAD_ARCHIVE;
	p->events = events;
	p->owner = owner;
	if (what->rules && !host->hooks) {
		*why = "there is no directory for hooks";
		free(p);
		return NULL;
	}
	/* Without the file the hook tells the pusher itself. */
	p->verdicts = what->rules ? push_verdicts_create(host->hooks) : NULL;
	p->child = spawn(host, what, p, &error);
	if (!p->child) {
		*why = uv_strerror(error);
		destroy(p);
		return NULL;
	}
	git_limits_bound(child_pid(p->child), changes ? host->receive_memory : host->upload_memory);
	if (changes)
		child_protect(p->child, host->sink);
	return p;
}

static void write_to(struct service_process *p, const void *data, size_t n)
{
	child_write(p->child, data, n);
}

static void end_input(struct service_process *p)
{
	child_end_input(p->child);
}

static void cut_input(struct service_process *p)
{
	child_cut_input(p->child);
}

static void pause_output(struct service_process *p, bool pause)
{
	child_pause(p->child, pause);
}

static void limit(struct service_process *p, uint64_t ms)
{
	child_limit(p->child, ms);
}

static void on_gone(void *arg)
{
	struct service_process *p = arg;
	void (*gone)(void *arg) = p->gone;

	arg = p->gone_arg;
	destroy(p);
	gone(arg);
}

static void leave(struct service_process *p, void (*gone)(void *arg), void *arg)
{
	p->gone = gone;
	p->gone_arg = arg;
	child_leave(p->child, on_gone, p);
}

static void atomic(struct service_process *p)
{
	push_verdicts_atomic(p->verdicts);
}

static bool declined(struct service_process *p, const char *ref, struct buf *why)
{
	return push_verdicts_find(p->verdicts, ref, why);
}

const struct service_ops service_process_ops = {
	.is_directory = is_directory,
	.start = start,
	.write = write_to,
	.end_input = end_input,
	.cut_input = cut_input,
	.pause = pause_output,
	.limit = limit,
	.leave = leave,
	.atomic = atomic,
	.declined = declined,
};
