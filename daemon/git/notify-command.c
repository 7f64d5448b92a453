/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify-command.h"

#include <stdbool.h>
#include <stdlib.h>

#include "alloc.h"
#include "bounds.h"
#include "child-env.h"
#include "child.h"
#include "command-line.h"
#include "log.h"

struct notify_command {
	uv_timer_t timer;    /* calls done if the command could not be started */
	struct child *child; /* owned; NULL: it could not */
	void (*done)(void *owner);
	void *owner;
	bool finished;
};

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void notify_command_destroy(struct notify_command *c)
{
	if (!c || c->finished)
		return;
	c->finished = true;
	child_destroy(c->child);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void finish(struct notify_command *c)
{
	c->done(c->owner);
	notify_command_destroy(c);
}

static void on_output(void *owner, const void *data, size_t n)
{
}

static void on_wrote(void *owner, size_t n)
{
}

static void on_exited(void *owner, int status, int term_signal)
{
	if (term_signal)
		log_warning("xmpp.notifyCommand was ended by signal %d", term_signal);
	else if (status)
		log_warning("xmpp.notifyCommand has failed, with status %d", status);
	finish(owner);
}

static const struct child_events child_events = {
	.output = on_output,
	.error_output = on_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

static void on_not_started(uv_timer_t *timer)
{
	finish(timer->data);
}

static struct child *spawn(struct notify_command *c, char *const *words,
			   const struct notify_about *about, int *error)
{
	const char *argv[COMMAND_LINE_WORDS_MAX + 2];
	const char *const extra[] = {
		"GIT_XMPP_NOTICE", about->kind,	     "GIT_XMPP_JID", about->jid, "GIT_XMPP_NOTICES",
		"false",	   "GIT_XMPP_TRACE", NULL,	     NULL,
	};
	char **env = child_env_for_user(extra);
	struct child *child;
	size_t n = 0;

	for (; words[n] && n < COMMAND_LINE_WORDS_MAX; n++)
		argv[n] = words[n];
	argv[n++] = about->line;
	argv[n] = NULL;
	child = child_spawn(c->timer.loop, argv, env, "/", &child_events, c, error);
	child_env_destroy(env);
	return child;
}

struct notify_command *notify_command_start(uv_loop_t *loop, char *const *words,
					    const struct notify_about *about,
					    void (*done)(void *owner), void *owner)
{
	struct notify_command *c = xcalloc(1, sizeof(*c));
	int error = 0;

	c->done = done;
	c->owner = owner;
	uv_timer_init(loop, &c->timer);
	c->timer.data = c;
	c->child = spawn(c, words, about, &error);
	if (!c->child) {
		log_warning("xmpp.notifyCommand: cannot run '%s': %s", words[0],
			    uv_strerror(error));
		uv_timer_start(&c->timer, on_not_started, 0, 0);
		return c;
	}
	child_end_input(c->child);
	child_limit(c->child, NOTIFY_MAX);
	return c;
}
