/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one child: "sh -c <passwordCommand>", whose first line of output is the password, or
 * "git credential fill", which prints it in a line password=...
 */
#include "password.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "child-env.h"
#include "child.h"
#include "descriptors.h"
#include "wipe.h"

enum {
	PASSWORD_TIMEOUT = 30 * 1000,
	OUTPUT_MAX = 16 * 1024,
};

struct password {
	uv_timer_t timer;
	struct child *child;		/* owned */
	char *account, *jid, *command;	/* owned; command NULL: git credential */
	struct buf output, errors;
	bool printed;			/* the child printed something */
	password_done done;
	void *owner;
	int refused;			/* libuv's error if it could not be started */
	bool finished;
};

static void wipe_buf(struct buf *b)
{
	if (buf_len(b))
		wipe(buf_data(b), buf_len(b));
	buf_finish(b);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct password *p = handle->data;

	wipe_buf(&p->output);
	buf_finish(&p->errors);
	free(p->account);
	free(p->jid);
	free(p->command);
	free(p);
}

void password_destroy(struct password *p)
{
	if (!p || p->finished)
		return;
	p->finished = true;
	child_destroy(p->child);
	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

static void finish(struct password *p, const char *password, const struct message *trouble)
{
	p->done(p->owner, password, trouble);
	password_destroy(p);
}

static void fail(struct password *p, const char *reason)
{
	struct message m;

	if (p->command)
		message_set(&m, MSG_PASSWORD_COMMAND, "account", p->account, "command", p->command,
			    "reason", reason, NULL);
	else
		message_set(&m, MSG_PASSWORD_NEEDED, "jid", p->jid, NULL);
	finish(p, NULL, &m);
}

static void on_output(void *owner, const void *data, size_t n)
{
	struct password *p = owner;

	p->printed = true;
	if (buf_len(&p->output) + n <= OUTPUT_MAX)
		buf_append(&p->output, data, n);
}

static void on_error_output(void *owner, const void *data, size_t n)
{
	struct password *p = owner;

	if (buf_len(&p->errors) + n <= OUTPUT_MAX)
		buf_append(&p->errors, data, n);
}

static void on_wrote(void *owner, size_t n)
{
}

/* The last line of standard error, or NULL. */
static const char *last_error(struct password *p)
{
	char *text = (char *)buf_str(&p->errors), *line;

	for (size_t n = strlen(text); n && text[n - 1] == '\n'; n--)
		text[n - 1] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return *line ? line : NULL;
}

static char *find_password(struct password *p)
{
	char *text = (char *)buf_str(&p->output), *line;

	if (p->command) {
		text[strcspn(text, "\r\n")] = '\0';
		return *text ? text : NULL;
	}
	for (line = text; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, "password=", 9))
			continue;
		line += 9;
		line[strcspn(line, "\n")] = '\0';
		return *line ? line : NULL;
	}
	return NULL;
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct password *p = owner;
	char *found = status == 0 && !term_signal ? find_password(p) : NULL;
	char reason[64];

	if (found) {
		finish(p, found, NULL);
		return;
	}
	if (term_signal)
		snprintf(reason, sizeof(reason), "it was ended by signal %d", term_signal);
	else if (status)
		snprintf(reason, sizeof(reason), "exit status %d", status);
	else
		snprintf(reason, sizeof(reason), "%s",
			 p->printed ? "no password is in the first line that it printed"
				    : "it printed nothing");
	fail(p, last_error(p) ? last_error(p) : reason);
}

static const struct child_events events = {
	.output = on_output,
	.error_output = on_error_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

static void on_timeout(uv_timer_t *timer)
{
	fail(timer->data, "no answer within 30 seconds");
}

/* Not from within password_ask(): its caller does not have the pointer yet. */
static void on_cannot_start(uv_timer_t *timer)
{
	struct password *p = timer->data;
	struct message m;

	if (!descriptors_lacking(-p->refused)) {
		fail(p, "it cannot be started");
		return;
	}
	message_set(&m, MSG_NO_RESOURCES, "jid", p->jid, NULL);
	finish(p, NULL, &m);
}

struct password *password_ask(uv_loop_t *loop, const struct config *config, password_done done,
			      void *owner)
{
	static const char *const extra[] = {
		"GIT_TERMINAL_PROMPT", "0", "GIT_ASKPASS", "", "SSH_ASKPASS", "", NULL,
	};
	struct password *p = xcalloc(1, sizeof(*p));
	const char *const by_command[] = { "sh", "-c", config->password_command, NULL };
	const char *const by_git[] = { "git", "credential", "fill", NULL };
	char **env = child_env_for_user(extra), *question;

	p->account = xstrdup(config->account);
	p->jid = xstrdup(config->jid);
	p->command = xstrdup(config->password_command);
	p->done = done;
	p->owner = owner;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	p->child = child_spawn(loop, p->command ? by_command : by_git, env, "/", &events, p,
			       &p->refused);
	child_env_destroy(env);
	uv_timer_start(&p->timer, p->child ? on_timeout : on_cannot_start,
		       p->child ? PASSWORD_TIMEOUT : 0, 0);
	if (!p->child)
		return p;
	if (!p->command) {
		question = xasprintf("protocol=xmpp\nhost=%s\nusername=%.*s\n\n",
				     jid_domain(p->jid), (int)strcspn(p->jid, "@"), p->jid);
		child_write(p->child, question, strlen(question));
		free(question);
	}
	child_end_input(p->child);
	return p;
}
