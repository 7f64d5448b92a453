/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variables of the broker and of the command, and where the password comes from. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "command-line.h"
#include "keepers.h"
#include "look.h"
#include "run-git.h"
#include "text.h"

/* What git says is like "bad config line 3 in file /home/alice/.gitconfig". */
static void find_broken_file(struct look *look, const char *reason)
{
	static const char before[] = " in file ";
	const char *file = strstr(reason, before);

	file = file ? file + strlen(before) : NULL;
	if (file && access(file, F_OK) == 0)
		findings_add(look->found, FOUND_CONFIGURATION_FILE, "reason", reason, "file", file,
			     NULL);
	else
		findings_add(look->found, FOUND_CONFIGURATION, "reason", reason, NULL);
}

/* The row of xmpp.<account>.jid that counts; NULL if there is none. */
static const struct gitconfig_entry *jid_row(const struct look *look, const char *account)
{
	char *key = xasprintf("xmpp.%s.jid", account);
	const struct gitconfig_entry *e = gitconfig_find(&look->config, key);

	free(key);
	return e;
}

/* What somebody may have meant: without blanks around it, "xmpp:" before and "/..." behind. */
static bool guess_jid(const char *text, char out[JID_MAX])
{
	char *copy, *start;
	size_t n;
	bool good;

	text += strspn(text, " \t");
	if (!strncmp(text, "xmpp:", 5))
		text += 5;
	n = strcspn(text, "/?");
	while (n > 0 && strchr(" \t", text[n - 1]))
		n--;
	copy = xstrndup(text, n);
	for (start = copy; *start == ':'; start++)
		;
	good = jid_bare(start, out);
	free(copy);
	return good;
}

/* The name of an account of which the row says the address; malloc'd, or NULL. */
static char *account_of(const struct gitconfig_entry *e)
{
	const char *name, *variable;
	size_t len;

	variable = gitconfig_variable(e, "xmpp", &name, &len);
	return variable && !strcmp(variable, "jid") ? xstrndup(name, len) : NULL;
}

static void look_at_accounts(struct look *look)
{
	const struct gitconfig_entry *named = gitconfig_find(&look->config, "xmpp.account"), *e;
	char better[JID_MAX], *last = NULL;

	for (size_t i = 0; i < look->config.count; i++) {
		char *name = account_of(&look->config.rows[i]);

		free(name ? last : NULL);
		last = name ? name : last;
	}
	look->account = gitconfig_account(&look->config);
	e = look->account ? jid_row(look, look->account) : NULL;
	if (!last) {
		findings_add(look->found, FOUND_NO_ACCOUNT, NULL);
	} else if (!look->account) {
		findings_add(look->found, FOUND_ACCOUNT_UNDECIDED, "account", last, NULL);
	} else if (!e) {
		findings_add(look->found, FOUND_ACCOUNT_UNKNOWN, "account", look->account, "file",
			     named->file, NULL);
	} else if (!jid_bare(e->value ? e->value : "", look->jid)) {
		bool guessed = guess_jid(e->value ? e->value : "", better);

		findings_add(look->found, guessed ? FOUND_JID_MISSPELT : FOUND_JID_MALFORMED,
			     "account", look->account, "jid", e->value, "file", e->file, "better",
			     better, NULL);
		look->jid[0] = '\0';
	} else {
		findings_fact(look->found, AREA_CONFIGURATION, "account %s", look->jid);
	}
	free(last);
}

static bool is_bool(const char *value)
{
	bool is;

	return gitconfig_bool(value, &is);
}

static bool is_number(const char *value)
{
	int64_t n;

	return gitconfig_number(value, &n) && n >= 0;
}

static bool is_port(const char *value)
{
	int64_t n;

	return gitconfig_number(value, &n) && n >= 0 && n <= UINT16_MAX;
}

static bool is_transport(const char *value)
{
	static const char *const kinds[] = { "auto", "direct", "proxy", "inband" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (value && !strcmp(value, kinds[i]))
			return true;
	return false;
}

static bool is_addresses(const char *value)
{
	return (value && !strcmp(value, "configured")) || is_bool(value);
}

static bool is_mapping(const char *value)
{
	bool is;

	return value && (!strcmp(value, "auto") || (gitconfig_bool(value, &is) && !is));
}

static const struct {
	const char *key;
	bool (*good)(const char *value);
	const char *expected;
} values[] = {
	{ "xmpp.transport", is_transport, "auto, direct, proxy or inband" },
	{ "xmpp.directaddresses", is_addresses, "true, false or configured" },
	{ "xmpp.directlocal", is_bool, "true or false" },
	{ "xmpp.autostart", is_bool, "true or false" },
	{ "xmpp.directport", is_port, "a number from 0 to 65535" },
	{ "xmpp.portmapping", is_mapping, "auto or false" },
	{ "xmpp.bandwidth", is_number, "a number, like 500k" },
	{ "xmpp.receivememory", is_number, "a number, like 500m" },
	{ "xmpp.uploadmemory", is_number, "a number, like 500m" },
	{ "xmpp.pathtimeout", is_number, "a number of seconds" },
	{ "xmpp.wait", is_number, "a number of seconds" },
};

static void look_at_values(struct look *look)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const struct gitconfig_entry *e = gitconfig_find(&look->config, values[i].key);

		if (e && !values[i].good(e->value))
			findings_add(look->found, FOUND_VALUE, "key", e->key, "value",
				     e->value ? e->value : "", "file", e->file, "expected",
				     values[i].expected, NULL);
	}
}

/* Whether a shell would find this. */
static bool is_command(const char *word)
{
	struct buf command = { 0 }, out = { 0 };
	bool is;

	buf_puts(&command, "command -v -- ");
	text_shell(&command, word);
	is = run_command(buf_str(&command), NULL, &out, GIT_ERRORS_HIDDEN) == 0;
	buf_finish(&command);
	buf_finish(&out);
	return is;
}

static void want_command(struct look *look, const struct gitconfig_entry *e, const char *program)
{
	if (!is_command(program))
		findings_add(look->found, FOUND_COMMAND_MISSING, "key", e->key, "program", program,
			     "value", e->value, "file", e->file, NULL);
}

/* A command line for a shell: its first word is looked for, unless a shell makes it of others. */
static void want_shell_command(struct look *look, const struct gitconfig_entry *e)
{
	const char *start = e->value + strspn(e->value, " \t");
	char *word = xstrndup(start, strcspn(start, " \t\n;|&<>"));

	if (*word && !strpbrk(word, "\"'`$\\(){}=~*?[!#"))
		want_command(look, e, word);
	free(word);
}

static void look_at_commands(struct look *look)
{
	for (size_t i = 0; i < look->config.count; i++) {
		const struct gitconfig_entry *e = &look->config.rows[i];
		const char *name, *variable = gitconfig_variable(e, "xmpp", &name, &(size_t){ 0 });

		if (!variable || !e->value)
			continue;
		if (!strcmp(variable, "passwordcommand"))
			want_shell_command(look, e);
		else if (!strcmp(variable, "cafile") && *e->value && access(e->value, F_OK))
			findings_add(look->found, FOUND_FILE_MISSING, "key", e->key, "value",
				     e->value, "file", e->file, NULL);
	}
}

static void look_at_notify_command(struct look *look)
{
	const struct gitconfig_entry *e = gitconfig_find(&look->config, "xmpp.notifycommand");
	char **words;

	if (!e || !e->value || !*e->value)
		return;
	words = command_line_split(e->value);
	if (words)
		want_command(look, e, words[0]);
	else
		findings_add(look->found, FOUND_VALUE, "key", e->key, "value", e->value, "file",
			     e->file, "expected", "a command line", NULL);
	command_line_free(words);
}

/*
 * What the broker and the command take from the user's files only. The settings of one command,
 * like xmpp.wait, may be the repository's.
 */
static void see_local(void *arg, const char *file, const char *key, const char *value)
{
	struct look *look = arg;

	findings_add(look->found, FOUND_ELSEWHERE, "file", file, "key", key, "value",
		     value ? value : "true", NULL);
}

void look_at_configuration(struct look *look)
{
	struct message trouble;

	if (gitconfig_read(&look->config, &trouble) < 0) {
		find_broken_file(look, trouble.text);
		return;
	}
	look_at_accounts(look);
	look_at_values(look);
	look_at_commands(look);
	look_at_notify_command(look);
	look_each_setting("^(xmpp\\..*\\.(jid|passwordcommand|server|cafile)"
			  "|xmpp(share|group|follow|buddy)\\..*)$",
			  "--local", see_local, look);
}

struct helpers {
	struct look *look;
	size_t count;
};

/* A value that is empty takes back the ones before. */
static void see_helper(void *arg, const char *file, const char *key, const char *value)
{
	struct helpers *h = arg;

	if (strcmp(key, "credential.helper") != 0 && !strstr(key, "xmpp://"))
		return;
	if (!value || !*value) {
		h->count = 0;
		return;
	}
	h->count++;
	if (!keepers_has_helper(value))
		findings_add(h->look->found, FOUND_HELPER_UNKNOWN, "file", file, "key", key,
			     "value", value, NULL);
}

void look_at_passwords(struct look *look)
{
	struct helpers h = { .look = look };
	char *key;
	bool asks;

	look_each_setting("^credential\\.(.*\\.)?helper$", NULL, see_helper, &h);
	if (!look->account)
		return;
	key = xasprintf("xmpp.%s.passwordcommand", look->account);
	asks = gitconfig_get(&look->config, key);
	free(key);
	if (asks)
		findings_fact(look->found, AREA_PASSWORD, "from a command");
	else if (h.count)
		findings_fact(look->found, AREA_PASSWORD, "from a credential helper");
	else
		findings_add(look->found, FOUND_PASSWORD_NOT_KEPT, NULL);
}
