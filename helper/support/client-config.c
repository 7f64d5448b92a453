/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One "git config -z --get-regexp". It costs a tenth of what linking a library for it
 * would, and it knows -c, GIT_CONFIG_COUNT, includes and the configuration of worktrees as
 * only git does. Its output is key, newline, value, NUL; a key without "=" has no newline.
 * The last value of a key counts.
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
#include "buf.h"
#include "gitconfig.h"
#include "io.h"

enum { ANSWER_MAX = 64 * 1024 };

extern char **environ;

static const char *const question[] = {
	"git", "config", "-z", "--get-regexp",
	"^(protocol\\.version|xmpp\\.(autostart|transport|wait))$", NULL,
};

void client_config_ask(struct client_config_query *query)
{
	posix_spawn_file_actions_t files;
	int out[2];

	*query = (struct client_config_query){ .child = -1, .fd = -1 };
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
	if (value && strlen(value) == 1 && strchr("012", *value))
		s->git_protocol = *value - '0';
	/* git itself complains about any other value. */
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

static void take_entry(struct client_config *s, const char *entry)
{
	size_t key_len = strcspn(entry, "\n");
	const char *value = entry[key_len] ? entry + key_len + 1 : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == key_len && !strncmp(keys[i].key, entry, key_len))
			keys[i].take(s, value);
}

void client_config_read(struct client_config_query *query, struct client_config *config)
{
	struct buf answer = { 0 };
	size_t at = 0;

	*config = (struct client_config){ .git_protocol = 2, .autostart = true };
	if (query->fd >= 0)
		io_read_all(query->fd, &answer, ANSWER_MAX);
	client_config_forget(query);

	/* An entry without its NUL was cut, and is left out. */
	while (at < buf_len(&answer)) {
		const char *entry = buf_data(&answer) + at;
		const char *end = memchr(entry, '\0', buf_len(&answer) - at);

		if (!end)
			break;
		take_entry(config, entry);
		at += end - entry + 1;
	}
	buf_finish(&answer);
	/*
	 * The broker sets this for the git that it runs, so that no new broker starts after
	 * the user has stopped the old one.
	 */
	if (getenv("GIT_XMPP_AUTOSTART"))
		take_autostart(config, getenv("GIT_XMPP_AUTOSTART"));
}

void client_config_forget(struct client_config_query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	while (query->child > 0 && waitpid(query->child, NULL, 0) < 0 && errno == EINTR)
		;
	*query = (struct client_config_query){ .child = -1, .fd = -1 };
}
