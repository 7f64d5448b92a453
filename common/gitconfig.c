/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of "git config", because only git knows which files git reads: its own system
 * file, one of two global files, and what they include. It runs with GIT_DIR at a place
 * that is no repository, and with an environment of a few variables. A child that takes too
 * long is killed: a file may be a pipe, or on a disk that does not answer.
 */
#include "gitconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "fnv.h"
#include "io.h"
#include "monotonic.h"

enum {
	OUTPUT_MAX = 4 * 1024 * 1024,
	ERRORS_MAX = 4096,
	READ_MS = 10 * 1000,
	NOTHING_FOUND = 1,	/* git's exit status when no variable matches */
};

/* Passed to git from our environment: where the files are, and the language of its errors. */
static const char *const variables[] = {
	"HOME", "PATH", "XDG_CONFIG_HOME",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM",
	"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
};

static const char *const question[] = {
	"git", "config", "-z", "--show-scope", "--show-origin",
	"--get-regexp", "^(xmpp|xmppshare|xmppfollow|xmppgroup|xmppbuddy)\\.", NULL,
};

static char **make_environment(void)
{
	char **env = xcalloc(ARRAY_SIZE(variables) + 2, sizeof(*env));
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value)
			env[n++] = xasprintf("%s=%s", variables[i], value);
	}
	env[n] = xstrdup("GIT_DIR=/dev/null");
	return env;
}

static void free_environment(char **env)
{
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}

/* 0 or an errno. The child starts with no signal blocked, and with SIGPIPE at its default. */
static int spawn(pid_t *pid, int out, int errors)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	char **env = make_environment();
	sigset_t defaults, none;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, errors, 2);
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawnp(pid, question[0], &files, &attributes, (char **)question, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	free_environment(env);
	return error;
}

/*
 * False at the end of the output, on an error, and when there is more than a configuration
 * has.
 */
static bool take_output(int fd, struct buf *to)
{
	ssize_t n = read(fd, buf_reserve(to, 4096), 4096);

	if (n > 0)
		buf_added(to, n);
	return (n > 0 && buf_len(to) <= OUTPUT_MAX) || (n < 0 && errno == EINTR);
}

/* Reads all of it, so that git does not block, and keeps the beginning. False at the end. */
static bool take_errors(int fd, struct buf *to)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	if (n > 0 && buf_len(to) < ERRORS_MAX)
		buf_append(to, text, n);
	return n > 0 || (n < 0 && errno == EINTR);
}

/* Reads both to their ends and closes them; false if the time is up. */
static bool read_all(int out, struct buf *output, int err, struct buf *errors)
{
	struct pollfd p[2] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };
	int64_t deadline = monotonic_ms() + READ_MS;
	int n = 1;

	while (n != 0 && (p[0].fd >= 0 || p[1].fd >= 0)) {
		int64_t left = deadline - monotonic_ms();

		n = poll(p, 2, left > 0 ? (int)left : 0);
		if (n > 0 && p[0].revents && !take_output(out, output))
			p[0].fd = -1;
		if (n > 0 && p[1].revents && !take_errors(err, errors))
			p[1].fd = -1;
	}
	close(out);
	close(err);
	return n != 0;
}

/*
 * Reports git's first line without its label, else the reason given: "bad config line 3 in
 * file /home/alice/.gitconfig" of "fatal: bad config ...".
 */
static void give_reason(struct message *trouble, struct buf *errors, const char *otherwise)
{
	static const char *const labels[] = { "fatal: ", "error: " };
	char *line = xstrndup(buf_str(errors), strcspn(buf_str(errors), "\n"));
	const char *reason = *line ? line : otherwise;

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strncmp(reason, labels[i], strlen(labels[i])))
			reason += strlen(labels[i]);
	message_set(trouble, MSG_CONFIGURATION, "reason", reason, NULL);
	free(line);
}

static int run(struct gitconfig *c, struct buf *errors, const char **why)
{
	int out[2], err[2], status = 0, error;
	pid_t pid;

	if (io_pipe(out) < 0) {
		*why = strerror(errno);
		return -1;
	}
	if (io_pipe(err) < 0) {
		*why = strerror(errno);
		close(out[0]);
		close(out[1]);
		return -1;
	}
	error = spawn(&pid, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	if (error) {
		*why = error == ENOENT ? "there is no git in PATH" : strerror(error);
		close(out[0]);
		close(err[0]);
		return -1;
	}
	*why = "git failed";
	if (!read_all(out[0], &c->bytes, err[0], errors)) {
		*why = "it takes too long";
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int gitconfig_read(struct gitconfig *c, struct message *trouble)
{
	struct buf errors = { 0 };
	const char *why;
	int status;

	*c = (struct gitconfig){ .count = 0 };
	status = run(c, &errors, &why);
	if (buf_len(&c->bytes) > OUTPUT_MAX)
		why = "it is too large";
	else if ((status == 0 || status == NOTHING_FOUND) && gitconfig_parse(c))
		why = NULL;
	if (why)
		give_reason(trouble, &errors, why);
	buf_finish(&errors);
	return why ? -1 : 0;
}

/* The text at *at; moves *at behind its NUL. NULL if no NUL follows. */
static char *next_text(char **at, char *end)
{
	char *text = *at, *nul = memchr(text, '\0', end - text);

	if (nul)
		*at = nul + 1;
	return nul ? text : NULL;
}

bool gitconfig_parse(struct gitconfig *c)
{
	static const char file[] = "file:";
	char *at = buf_data(&c->bytes);
	char *end = buf_len(&c->bytes) ? at + buf_len(&c->bytes) : at;
	size_t room = 0;

	while (at < end) {
		char *scope = next_text(&at, end), *origin = next_text(&at, end);
		char *key = next_text(&at, end), *value;

		if (!key || !*key)
			return false;
		value = strchr(key, '\n');
		if (value)
			*value++ = '\0';
		if (!strncmp(origin, file, strlen(file)))
			origin += strlen(file);
		if (c->count == room) {
			room = room ? 2 * room : 32;
			c->rows = xrealloc(c->rows, room * sizeof(*c->rows));
		}
		c->rows[c->count++] = (struct gitconfig_entry){
			.key = key,
			.value = value,
			.file = origin,
			.system = !strcmp(scope, "system"),
		};
	}
	return true;
}

void gitconfig_finish(struct gitconfig *c)
{
	buf_finish(&c->bytes);
	free(c->rows);
	*c = (struct gitconfig){ .count = 0 };
}

/* The text of the copy, at the same place; NULL stays NULL. */
static const char *moved(const char *text, const struct gitconfig *from, const struct gitconfig *to)
{
	return text ? buf_data(&to->bytes) + (text - buf_data(&from->bytes)) : NULL;
}

void gitconfig_copy(struct gitconfig *copy, const struct gitconfig *c)
{
	*copy = (struct gitconfig){ .count = c->count };
	buf_append(&copy->bytes, buf_data(&c->bytes), buf_len(&c->bytes));
	copy->rows = xcalloc(c->count + 1, sizeof(*copy->rows));
	for (size_t i = 0; i < c->count; i++)
		copy->rows[i] = (struct gitconfig_entry){
			.key = moved(c->rows[i].key, c, copy),
			.value = moved(c->rows[i].value, c, copy),
			.file = moved(c->rows[i].file, c, copy),
			.system = c->rows[i].system,
		};
}

const struct gitconfig_entry *gitconfig_find(const struct gitconfig *c, const char *key)
{
	for (size_t i = c->count; i > 0; i--)
		if (!strcmp(c->rows[i - 1].key, key))
			return &c->rows[i - 1];
	return NULL;
}

const char *gitconfig_get(const struct gitconfig *c, const char *key)
{
	const struct gitconfig_entry *e = gitconfig_find(c, key);

	return e && e->value && *e->value ? e->value : NULL;
}

const char *gitconfig_variable(const struct gitconfig_entry *e, const char *section,
			       const char **name, size_t *len)
{
	size_t n = strlen(section);
	const char *last = strrchr(e->key, '.');

	if (strncmp(e->key, section, n) || e->key[n] != '.' || last <= e->key + n)
		return NULL;
	*name = e->key + n + 1;
	*len = last - *name;
	return last + 1;
}

char *gitconfig_account(const struct gitconfig *c)
{
	const char *named = gitconfig_get(c, "xmpp.account"), *only = NULL, *name;
	size_t only_len = 0, len;

	if (named)
		return xstrdup(named);
	for (size_t i = 0; i < c->count; i++) {
		const char *variable = gitconfig_variable(&c->rows[i], "xmpp", &name, &len);

		if (!variable || strcmp(variable, "jid"))
			continue;
		if (only && (len != only_len || strncmp(only, name, len)))
			return NULL;
		only = name;
		only_len = len;
	}
	return only ? xstrndup(only, only_len) : NULL;
}

bool gitconfig_number(const char *value, int64_t *out)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;
	long long n;
	int shift = 0;

	if (!value || !*value)
		return false;
	errno = 0;
	n = strtoll(value, &end, 0);
	if (errno || end == value)
		return false;
	if (*end) {
		unit = strchr(units, *end >= 'A' && *end <= 'Z' ? *end + 'a' - 'A' : *end);
		if (!unit || end[1])
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (n > INT64_MAX >> shift || n < -(INT64_MAX >> shift))
		return false;
	*out = n * ((int64_t)1 << shift);
	return true;
}

bool gitconfig_bool(const char *value, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true }, { "yes", true }, { "on", true },
		{ "false", false }, { "no", false }, { "off", false }, { "", false },
	};
	int64_t number;

	*out = true;
	if (!value)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(value, words[i].word))
			continue;
		*out = words[i].value;
		return true;
	}
	if (!gitconfig_number(value, &number))
		return false;
	*out = number != 0;
	return true;
}

/* Adds a text with its NUL, so that the border between two texts counts. */
static uint64_t add_text(uint64_t digest, const char *text)
{
	return fnv_bytes(digest, text, strlen(text) + 1);
}

void gitconfig_digest(const struct gitconfig *c, char out[GITCONFIG_DIGEST_MAX])
{
	uint64_t digest = FNV_START;

	for (size_t i = 0; i < c->count; i++) {
		digest = add_text(digest, c->rows[i].key);
		digest = add_text(digest, c->rows[i].value ? "=" : "");
		digest = add_text(digest, c->rows[i].value ? c->rows[i].value : "");
	}
	snprintf(out, GITCONFIG_DIGEST_MAX, "%016" PRIx64, digest);
}
