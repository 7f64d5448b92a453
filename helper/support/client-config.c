/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One "git config -z --get-regexp". It costs a tenth of what linking a library for it
 * would, and it knows -c, GIT_CONFIG_COUNT, includes and the configuration of worktrees as
 * only git does. Its output is scope, NUL, key, newline, value, NUL; a key without "=" has no
 * newline. The last value of a key counts.
 */

#include "client-config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "fields.h"
#include "gitconfig.h"
#include "io.h"

enum { ANSWER_MAX = 64 * 1024 };

extern char **environ;

static const char *const question[] = {
	"git", "config", "-z", "--show-scope", "--get-regexp",
	"^(protocol\\.version|xmpp\\.(autostart|transport|wait|account|.*\\.jid)|"
	"remote\\..*\\.xmppaccount)$", NULL,
};

void client_config_ask(struct client_config_query *query, const char *remote)
{
	posix_spawn_file_actions_t files;
	int out[2];

	*query = (struct client_config_query){ .remote = remote, .child = -1, .fd = -1 };
	if (io_pipe(out) < 0)
		return;

	posix_spawn_file_actions_init(&files);
	/* Standard input is the connection to git: a child must not read from it. */
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out[1], 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&query->child, "git", &files, NULL, (char **)question, environ))
		query->child = -1;
	posix_spawn_file_actions_destroy(&files);

	close(out[1]);
	query->fd = out[0];
}

/* Reads a boolean as git does: no value at all is true, an empty one false. */
static bool is_true(const char *value)
{
	static const char *const words[] = { "true", "yes", "on" };

	if (!value)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(value, words[i]))
			return true;
	return strtol(value, NULL, 10) != 0;
}

static void take_autostart(struct client_config *s, const char *value)
{
	s->autostart = is_true(value);
}

static void take_protocol(struct client_config *s, const char *value)
{
	bool known = value && strlen(value) == 1 && strchr("012", *value);

	if (known)
		s->git_protocol = *value - '0';
	snprintf(s->bad_protocol, sizeof(s->bad_protocol), "%s", known || !value ? "" : value);
}

/* The broker knows which kinds there are, and checks the value. */
static void take_transport(struct client_config *s, const char *value)
{
	snprintf(s->transport, sizeof(s->transport), "%s", value ? value : "");
}

/* Seconds; anything else is no time at all. */
static void take_wait(struct client_config *s, const char *value)
{
	int64_t seconds;

	s->wait = value && gitconfig_number(value, &seconds) && seconds > 0
			  ? (seconds < CLIENT_WAIT_MAX ? (uint32_t)seconds : CLIENT_WAIT_MAX)
			  : 0;
}

/*
 * The broker finds the account. In the user's own files it is the default account, or that of
 * a directory, by includeIf.
 */
static void take_account(struct client_config *s, const char *scope, const char *value)
{
	bool own =
		!strcmp(scope, "local") || !strcmp(scope, "worktree") || !strcmp(scope, "command");

	snprintf(s->here, sizeof(s->here), "%s", own || !value ? "" : value);
	snprintf(s->account, sizeof(s->account), "%s", own && value ? value : "");
}

static const struct {
	const char *key;
	void (*take)(struct client_config *s, const char *value);	/* value NULL: the key
									   has no "=" */
} keys[] = {
	{ "protocol.version", take_protocol },
	{ "xmpp.autostart", take_autostart },
	{ "xmpp.transport", take_transport },
	{ "xmpp.wait", take_wait },
};

/* Whether the key is remote.<name>.xmppaccount of this remote. */
static bool is_of_remote(const char *key, size_t len, const char *remote)
{
	char *own = remote ? xasprintf("remote.%s.xmppaccount", remote) : NULL;
	bool is = own && strlen(own) == len && !strncmp(own, key, len);

	free(own);
	return is;
}

/* What the entries tell together. */
struct reading {
	char of_remote[CLIENT_ACCOUNT_MAX];	/* the account of the remote, which counts more
						   than xmpp.account */
	char first[CLIENT_ACCOUNT_MAX];		/* "xmpp.<account>.jid" of an account */
	bool several;				/* there are others */
};

static void take_jid(struct reading *r, const char *key, size_t len)
{
	static const char section[] = "xmpp.", variable[] = ".jid";

	if (len >= sizeof(r->first) || len < strlen(section) + strlen(variable) ||
	    strncmp(key, section, strlen(section)) ||
	    strncmp(key + len - strlen(variable), variable, strlen(variable)))
		return;
	if (!*r->first)
		memcpy(r->first, key, len);
	else if (strlen(r->first) != len || strncmp(r->first, key, len))
		r->several = true;
}

static void take_entry(struct client_config *s, const char *scope, const char *entry,
		       const char *remote, struct reading *r)
{
	size_t key_len = strcspn(entry, "\n");
	const char *value = entry[key_len] ? entry + key_len + 1 : NULL;

	if (key_len == strlen("xmpp.account") && !strncmp(entry, "xmpp.account", key_len))
		take_account(s, scope, value);
	if (is_of_remote(entry, key_len, remote))
		snprintf(r->of_remote, sizeof(r->of_remote), "%s", value ? value : "");
	take_jid(r, entry, key_len);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == key_len && !strncmp(keys[i].key, entry, key_len))
			keys[i].take(s, value);
}

/* The text at *at, up to its NUL; moves *at behind that. NULL if it was cut off. */
static const char *next_text(const struct buf *answer, size_t *at)
{
	const char *text = buf_data(answer) + *at;
	const char *end = memchr(text, '\0', buf_len(answer) - *at);

	if (end)
		*at += end - text + 1;
	return end ? text : NULL;
}

void client_config_read(struct client_config_query *query, struct client_config *config)
{
	const char *remote = query->remote, *given = getenv("GIT_XMPP_ACCOUNT");
	struct reading r = { .several = false };
	struct buf answer = { 0 };
	size_t at = 0;

	*config = (struct client_config){ .git_protocol = 2, .autostart = true };
	if (query->fd >= 0)
		io_read_all(query->fd, &answer, ANSWER_MAX);
	client_config_forget(query);

	while (at < buf_len(&answer)) {
		const char *scope = next_text(&answer, &at);
		const char *entry = scope && at < buf_len(&answer) ? next_text(&answer, &at) : NULL;

		if (!entry)
			break;
		take_entry(config, scope, entry, remote, &r);
	}
	buf_finish(&answer);
	if (*r.of_remote)
		strcpy(config->account, r.of_remote);
	/* Where there is one account, there is nothing to choose. */
	if (!r.several)
		*config->here = '\0';
	config->account_given = given && *given;
	if (config->account_given)
		snprintf(config->account, sizeof(config->account), "%s", given);
	/*
	 * The broker sets this for the git that it runs, so that no new broker starts after
	 * the user has stopped the old one.
	 */
	if (getenv("GIT_XMPP_AUTOSTART"))
		take_autostart(config, getenv("GIT_XMPP_AUTOSTART"));
}

void client_config_put_account(const struct client_config *config, struct buf *fields)
{
	if (*config->account)
		fields_add(fields, "account", config->account);
	else if (*config->here)
		fields_add(fields, "account-here", config->here);
}

void client_config_forget(struct client_config_query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	while (query->child > 0 && waitpid(query->child, NULL, 0) < 0 && errno == EINTR)
		;
	*query = (struct client_config_query){ .child = -1, .fd = -1 };
}
