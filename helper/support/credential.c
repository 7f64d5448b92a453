/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the store the user name is the local part and the host is the domain, so that a prompt
 * reads "Password for 'xmpp://alice@example.org': ". git prints all that it knows of a
 * credential, and wants it back in the same form.
 */

#include "credential.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "jid.h"
#include "run-git.h"
#include "wipe.h"

/*
 * Bytes reserved at first for all of git's output: a reallocation would leave the password
 * behind.
 */
enum { DESCRIPTION_ROOM = 16384 };

static const char password_key[] = "password=";

static bool fill(struct credential *credential, const char *jid, enum git_errors errors)
{
	static const char *const args[] = { "credential", "fill", NULL };
	const char *domain = jid_domain(jid);
	char *input = xasprintf("protocol=xmpp\nhost=%s\nusername=%.*s\n\n", domain,
				(int)(domain - jid - 1), jid);
	int status;

	*credential = (struct credential){ .description = { 0 } };
	buf_reserve(&credential->description, DESCRIPTION_ROOM);
	status = run_git(args, input, &credential->description, errors);
	free(input);
	return status == 0;
}

bool credential_fill(struct credential *credential, const char *jid)
{
	return fill(credential, jid, GIT_ERRORS_SHOWN);
}

char *credential_password(const struct credential *credential)
{
	const char *line = buf_data(&credential->description);
	const char *end = line + buf_len(&credential->description);

	while (line < end) {
		const char *newline = memchr(line, '\n', end - line);
		size_t n = (newline ? newline : end) - line;

		if (n > strlen(password_key) && !strncmp(line, password_key, strlen(password_key)))
			return xstrndup(line + strlen(password_key), n - strlen(password_key));
		line += n + 1;
	}
	return NULL;
}

void credential_free_text(char *text)
{
	if (text)
		wipe(text, strlen(text));
	free(text);
}

static void tell(const struct credential *credential, const char *what)
{
	const char *const args[] = { "credential", what, NULL };
	char *input = xasprintf("%.*s\n", (int)buf_len(&credential->description),
				buf_data(&credential->description));

	run_git(args, input, NULL, GIT_ERRORS_SHOWN);
	credential_free_text(input);
}

void credential_approve(const struct credential *credential)
{
	tell(credential, "approve");
}

void credential_reject(const struct credential *credential)
{
	tell(credential, "reject");
}

static bool has_helper(const char *jid)
{
	char *url = xasprintf("xmpp://%s", jid_domain(jid));
	const char *const args[] = { "config", "--get-urlmatch", "credential.helper", url, NULL };
	struct buf helper = { 0 };
	bool has = run_git(args, NULL, &helper, GIT_ERRORS_HIDDEN) == 0 &&
		   strcmp(buf_str(&helper), "\n");

	buf_finish(&helper);
	free(url);
	return has;
}

/* The variables of the broker's environment that this process takes on while it asks. */
static const struct {
	const char *name, *value;	/* value NULL: the variable is not set */
} broker_has[] = {
	{ "GIT_CONFIG_PARAMETERS", NULL },
	{ "GIT_CONFIG_COUNT", NULL },
	{ "GIT_DIR", "/dev/null" },
	{ "GIT_ASKPASS", "" },
	{ "GIT_TERMINAL_PROMPT", "0" },
};

static void put_variable(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

enum credential_fate credential_look(const struct credential *credential, const char *jid)
{
	char *saved[ARRAY_SIZE(broker_has)], *before = credential_password(credential), *now = NULL;
	enum credential_fate fate = CREDENTIAL_NO_HELPER;
	struct credential again = { .description = { 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(broker_has); i++) {
		saved[i] = xstrdup(getenv(broker_has[i].name));
		put_variable(broker_has[i].name, broker_has[i].value);
	}
	if (has_helper(jid)) {
		if (fill(&again, jid, GIT_ERRORS_HIDDEN))
			now = credential_password(&again);
		fate = now && before && !strcmp(now, before) ? CREDENTIAL_KEPT : CREDENTIAL_LOST;
	}
	for (size_t i = 0; i < ARRAY_SIZE(broker_has); i++) {
		put_variable(broker_has[i].name, saved[i]);
		free(saved[i]);
	}
	credential_finish(&again);
	credential_free_text(before);
	credential_free_text(now);
	return fate;
}

/* Whether git finds a program of this name: in its own directory, or in PATH. */
static bool is_installed(const char *program)
{
	static const char *const args[] = { "--exec-path", NULL };
	struct buf own = { 0 };
	char *directories, *directory, *rest;
	bool found = false;

	run_git(args, NULL, &own, GIT_ERRORS_HIDDEN);
	directories = xasprintf("%.*s:%s", (int)strcspn(buf_str(&own), "\n"), buf_str(&own),
				getenv("PATH") ? getenv("PATH") : "");
	rest = directories;
	while (!found && (directory = strsep(&rest, ":"))) {
		char *path = xasprintf("%s/%s", directory, program);

		found = *directory == '/' && access(path, X_OK) == 0;
		free(path);
	}
	free(directories);
	buf_finish(&own);
	return found;
}

const char *credential_suggestion(void)
{
	static const struct {
		const char *helper, *program;
	} known[] = {
		{ "libsecret", "git-credential-libsecret" },
		{ "osxkeychain", "git-credential-osxkeychain" },
		{ "manager", "git-credential-manager" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (is_installed(known[i].program))
			return known[i].helper;
	return NULL;
}

void credential_finish(struct credential *credential)
{
	if (credential->description.base)
		wipe(credential->description.base, credential->description.cap);
	buf_finish(&credential->description);
}
