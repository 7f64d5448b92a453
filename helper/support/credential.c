/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the store the user name is the local part and the host is the domain, so that a prompt
 * reads "Password for 'xmpp://alice@example.org': ". git prints all that it knows of a
 * credential, and wants it back in the same form.
 */

#include "credential.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "gitconfig.h"
#include "jid.h"
#include "run-git.h"
#include "wipe.h"

static const char password_key[] = "password=";

struct variable {
	const char *name, *value; /* value NULL: the variable is not set */
};

/* The variables of the broker's environment that this process takes on while it asks. */
static const struct variable broker_has[] = {
	{ "GIT_CONFIG_PARAMETERS", NULL }, { "GIT_CONFIG_COUNT", NULL },
	{ "GIT_DIR", "/dev/null" },	   { "GIT_ASKPASS", "" },
	{ "GIT_TERMINAL_PROMPT", "0" },
};

/* With these git asks nobody. */
static const struct variable asks_nobody[] = {
	{ "GIT_ASKPASS", "" },
	{ "GIT_TERMINAL_PROMPT", "0" },
};

enum { VARIABLES_MAX = ARRAY_SIZE(broker_has) };

/* What the variables were before; owned. */
struct saved {
	const struct variable *list;	/* borrowed */
	size_t count;
	char *values[VARIABLES_MAX];
};

static void put_variable(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void take_on(struct saved *s, const struct variable *list, size_t n)
{
	*s = (struct saved){ .list = list, .count = n };
	for (size_t i = 0; i < n; i++) {
		s->values[i] = xstrdup(getenv(list[i].name));
		put_variable(list[i].name, list[i].value);
	}
}

static void give_back(struct saved *s)
{
	for (size_t i = 0; i < s->count; i++) {
		put_variable(s->list[i].name, s->values[i]);
		free(s->values[i]);
	}
}

/* How git is told of whose password it is; malloc'd. */
static char *description_of(const char *jid)
{
	const char *domain = jid_domain(jid);

	return xasprintf("protocol=xmpp\nhost=%s\nusername=%.*s\n\n", domain,
			 (int)(domain - jid - 1), jid);
}

static bool fill(struct credential *credential, const char *const *args, const char *jid,
		 enum git_errors errors)
{
	char *input = description_of(jid);
	int status;

	*credential = (struct credential){ .description = { .secret = true } };
	status = run_git(args, input, &credential->description, errors);
	free(input);
	return status == 0;
}

static const char *const plain_fill[] = { "credential", "fill", NULL };

bool credential_find(struct credential *credential, const char *jid)
{
	struct saved saved;
	bool found;

	take_on(&saved, asks_nobody, ARRAY_SIZE(asks_nobody));
	found = fill(credential, plain_fill, jid, GIT_ERRORS_HIDDEN);
	give_back(&saved);
	credential->stored = found;
	return found;
}

bool credential_ask(struct credential *credential, const char *jid)
{
	/* The empty value takes back all helpers that are configured. */
	static const char *const args[] = {
		"-c", "credential.helper=", "credential", "fill", NULL,
	};

	return fill(credential, args, jid, GIT_ERRORS_SHOWN);
}

/* Whether core.askPass is set; git then asks by that program. */
static bool has_configured_askpass(void)
{
	static const char *const args[] = { "config", "--get", "core.askPass", NULL };
	struct buf program = { 0 };
	bool has = run_git(args, NULL, &program, GIT_ERRORS_HIDDEN) == 0;

	has = has && strcmp(buf_str(&program), "\n");
	buf_finish(&program);
	return has;
}

bool credential_can_ask(void)
{
	const char *askpass = getenv("GIT_ASKPASS"), *prompt = getenv("GIT_TERMINAL_PROMPT");
	bool allowed = true;
	int terminal;

	/* As in git, a variable that is set and empty ends the search. */
	if (!askpass && has_configured_askpass())
		return true;
	if (!askpass)
		askpass = getenv("SSH_ASKPASS");
	if (askpass && *askpass)
		return true;
	if (prompt && gitconfig_bool(prompt, &allowed) && !allowed)
		return false;
	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (terminal >= 0)
		close(terminal);
	return terminal >= 0;
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

static void tell(const struct credential *credential, const char *const *args)
{
	char *input = xasprintf("%.*s\n", (int)buf_len(&credential->description),
				buf_data(&credential->description));

	run_git(args, input, NULL, GIT_ERRORS_SHOWN);
	credential_free_text(input);
}

void credential_approve(const struct credential *credential, const char *helper)
{
	static const char *const to_all[] = { "credential", "approve", NULL };
	char *setting = xasprintf("credential.helper=%s", helper ? helper : "");
	const char *const to_one[] = {
		"-c", "credential.helper=", "-c", setting, "credential", "approve", NULL,
	};

	tell(credential, helper ? to_one : to_all);
	free(setting);
}

void credential_reject(const struct credential *credential)
{
	static const char *const args[] = { "credential", "reject", NULL };

	tell(credential, args);
}

void credential_erase(const char *jid)
{
	static const char *const args[] = { "credential", "reject", NULL };
	char *input = description_of(jid);

	run_git(args, input, NULL, GIT_ERRORS_SHOWN);
	free(input);
}

char *credential_helper(const char *jid)
{
	char *url = xasprintf("xmpp://%s", jid_domain(jid)), *found = NULL;
	const char *const args[] = { "config", "--get-urlmatch", "credential.helper", url, NULL };
	struct buf helper = { 0 };

	if (run_git(args, NULL, &helper, GIT_ERRORS_HIDDEN) == 0)
		found = xstrndup(buf_str(&helper), strcspn(buf_str(&helper), "\n"));
	if (found && !*found) {
		free(found);
		found = NULL;
	}
	buf_finish(&helper);
	free(url);
	return found;
}

/* helper NULL: what is configured. */
static bool comes_back(const struct credential *credential, const char *jid, const char *helper)
{
	char *setting = helper ? xasprintf("credential.helper=%s", helper) : NULL;
	const char *const args[] = {
		"-c", "credential.helper=", "-c", setting, "credential", "fill", NULL,
	};
	char *before = credential_password(credential), *now = NULL;
	struct credential again;
	bool same;

	if (fill(&again, helper ? args : plain_fill, jid, GIT_ERRORS_HIDDEN))
		now = credential_password(&again);
	same = now && before && !strcmp(now, before);
	credential_finish(&again);
	credential_free_text(before);
	credential_free_text(now);
	free(setting);
	return same;
}

enum credential_fate credential_look(const struct credential *credential, const char *jid)
{
	enum credential_fate fate = CREDENTIAL_NO_HELPER;
	struct saved saved;
	char *helper;

	take_on(&saved, broker_has, ARRAY_SIZE(broker_has));
	helper = credential_helper(jid);
	if (helper)
		fate = comes_back(credential, jid, NULL) ? CREDENTIAL_KEPT : CREDENTIAL_LOST;
	give_back(&saved);
	free(helper);
	return fate;
}

bool credential_is_from(const struct credential *credential, const char *jid, const char *helper)
{
	struct saved saved;
	bool is;

	take_on(&saved, broker_has, ARRAY_SIZE(broker_has));
	is = comes_back(credential, jid, helper);
	give_back(&saved);
	return is;
}

void credential_finish(struct credential *credential)
{
	buf_finish(&credential->description);
}
