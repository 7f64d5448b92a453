/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp setup: from a JID to a broker that is online. The password is
 * asked for first, so that nothing is written when the user thinks better of
 * it; then the account is written, the broker started, and only a password
 * that worked is given to git's credential helpers to keep.
 */

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "alloc.h"
#include "credential.h"
#include "git-child.h"
#include "jid.h"
#include "report.h"
#include "text.h"
#include "verbs.h"

static const char usage[] =
	"usage: git xmpp setup [<jid>] [--name=<account>] [--server=<host>[:<port>]] [--ca-file=<path>]\n"
	"                      [--password-command=<command>] [--no-start]\n"
	"\n"
	"    --name=<account>              what the configuration calls it; default: from the domain\n"
	"    --server=<host>[:<port>]      connect there, whatever the domain's records say\n"
	"    --ca-file=<path>              trust these certificate authorities as well\n"
	"    --password-command=<command>  the broker runs this; its first line is the password\n"
	"    --no-start                    write the configuration, start nothing\n";

enum {
	ACCOUNT_NAME_MAX = 32,
	ONLINE_SECONDS = 20,
};

struct setup {
	char jid[JID_MAX];
	char name[ACCOUNT_NAME_MAX + 1];
	const char *server, *password_command;	/* borrowed from argv; NULL: not given */
	char *ca_file;				/* owned; absolute */
	bool start;
	bool asks_password;
	struct credential credential;		/* if asks_password */
};

/* Short, and nothing that a key of the configuration could be confused by. */
static bool account_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= ACCOUNT_NAME_MAX && !name[n] && isalnum((unsigned char)name[0]);
}

/* "example" of alice@example.org. */
static void name_from_domain(char name[ACCOUNT_NAME_MAX + 1], const char *domain)
{
	size_t n = 0;

	for (; *domain && *domain != '.' && n < ACCOUNT_NAME_MAX; domain++)
		if (isalnum((unsigned char)*domain) || (n > 0 && *domain == '-'))
			name[n++] = tolower((unsigned char)*domain);
	name[n] = '\0';
	if (n == 0)
		strcpy(name, "account");
}

/* Without a JID the account that is there already is set up again. */
static bool jid_from_config(struct setup *s)
{
	char *account = *s->name ? xstrdup(s->name) : config_get("xmpp.account");
	char *key = xasprintf("xmpp.%s.jid", account ? account : "");
	char *jid = config_get(key);
	bool good = jid && jid_bare(jid, s->jid) && account_name_valid(account);

	if (good && !*s->name)
		snprintf(s->name, sizeof(s->name), "%s", account);
	free(account);
	free(key);
	free(jid);
	return good;
}

static int find_jid(struct setup *s, const char *text)
{
	struct message trouble;

	if (!text && jid_from_config(s))
		return STATUS_OK;
	if (!text)
		return verb_misused(usage, "expected your address, like alice@example.org");
	if (!jid_bare(text, s->jid)) {
		message_set(&trouble, MSG_BAD_JID, "jid", text, NULL);
		return report_trouble(&trouble, false);
	}
	if (!*s->name)
		name_from_domain(s->name, jid_domain(s->jid));
	return STATUS_OK;
}

static int read_arguments(struct setup *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'a' },
		{ "password-command", required_argument, NULL, 'p' },
		{ "no-start", no_argument, NULL, 'N' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = verb_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'n':
			if (!account_name_valid(optarg))
				return verb_misused(usage, "an account's name is up to 32 of a-z, 0-9, '-', '_'");
			snprintf(s->name, sizeof(s->name), "%s", optarg);
			break;
		case 's':
			s->server = optarg;
			break;
		case 'a':
			free(s->ca_file);
			s->ca_file = realpath(optarg, NULL);
			if (!s->ca_file) {
				report("fatal", "cannot find '%s'", optarg);
				return STATUS_FATAL;
			}
			break;
		case 'p':
			s->password_command = optarg;
			break;
		case 'N':
			s->start = false;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (argc - optind > 1)
		return verb_misused(usage, "too many arguments");
	return find_jid(s, argv[optind]);
}

/* A key of this account; to be freed. */
static char *account_key(const struct setup *s, const char *variable)
{
	return xasprintf("xmpp.%s.%s", s->name, variable);
}

static char *account_get(const struct setup *s, const char *variable)
{
	char *key = account_key(s, variable);
	char *value = config_get(key);

	free(key);
	return value;
}

static bool account_set(const struct setup *s, const char *variable, const char *value)
{
	char *key = account_key(s, variable);
	bool good = !value || config_set(key, value);

	free(key);
	return good;
}

/* Two accounts of one name would be a mixture of both. */
static bool name_is_free(const struct setup *s)
{
	char *other = account_get(s, "jid");
	bool good = !other || !strcmp(other, s->jid);

	if (!good) {
		report("fatal", "account '%s' is %s already", s->name, other);
		report("hint", "Choose another name with --name=<account>");
	}
	free(other);
	return good;
}

static int get_password(struct setup *s)
{
	char *command = s->password_command ? NULL : account_get(s, "passwordCommand");
	struct message trouble;
	char *password;

	s->asks_password = !s->password_command && !command;
	free(command);
	if (!s->asks_password)
		return STATUS_OK;

	password = credential_fill(&s->credential, s->jid) ? credential_password(&s->credential) : NULL;
	if (!password) {
		message_set(&trouble, MSG_PASSWORD_NEEDED, "jid", s->jid, NULL);
		return report_trouble(&trouble, false);
	}
	credential_free_text(password);
	return STATUS_OK;
}

static bool write_account(const struct setup *s)
{
	return account_set(s, "jid", s->jid) && account_set(s, "server", s->server) &&
	       account_set(s, "caFile", s->ca_file) &&
	       account_set(s, "passwordCommand", s->password_command) &&
	       config_set("xmpp.account", s->name);
}

/* One command whose answer is only yes or no. */
static bool tell_broker(struct buf *command, struct message *trouble)
{
	struct answer answer;
	bool good = answer_get(&answer, command, true, trouble) == 0;

	answer_finish(&answer);
	return good;
}

/* Starts the broker, or has it read the configuration again, and gives it a password that was typed. */
static bool start_broker(const struct setup *s, struct message *trouble)
{
	char *password = s->asks_password ? credential_password(&s->credential) : NULL;
	struct buf command = { 0 };
	bool good;

	fields_add(&command, "verb", "reload");
	good = tell_broker(&command, trouble);
	if (good && password) {
		buf_reserve(&command, 2 * FIELD_VALUE_MAX);
		fields_add(&command, "verb", "password");
		fields_add(&command, "jid", s->jid);
		fields_add(&command, "password", password);
		good = tell_broker(&command, trouble);
	}
	if (command.base)
		explicit_bzero(command.base, command.cap);
	buf_finish(&command);
	credential_free_text(password);
	return good;
}

static void keep_password(const struct setup *s)
{
	if (!s->asks_password)
		return;
	credential_approve(&s->credential);
	if (credential_is_kept(s->jid))
		return;
	report("warning", "no credential helper is configured; the password is kept until the broker stops");
	report("hint", "Configure one, like \"git config --global credential.helper libsecret\",");
	report("hint", "or use \"git xmpp setup --password-command=<command>\".");
}

static void show_fingerprint(const struct answer *answer)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char text[FINGERPRINT_TEXT_MAX];
	struct fields row;

	if (!answer_find(answer, "broker", &row) || !fingerprint_parse(row_get(row, "fingerprint"), bytes))
		return;
	fingerprint_format(bytes, text);
	printf("your fingerprint: %s\n", text);
}

static void show_online(const struct answer *answer, struct fields account)
{
	printf("logged in as ");
	print_text(row_get(account, "jid"));
	putchar('\n');
	show_fingerprint(answer);
	printf("next: git xmpp add <buddy>, or cd to a repository and git xmpp share\n");
}

/* Why it is not online: what the broker says, else that it takes too long. */
static int not_online(const struct setup *s, struct fields account)
{
	struct message trouble;

	account_trouble(account, &trouble);
	if (!*trouble.text)
		message_set(&trouble, MSG_NOT_ONLINE, "jid", s->jid, NULL);
	if (s->asks_password && trouble.id == MSG_AUTH_FAILED)
		credential_reject(&s->credential);
	message_print(&trouble, "fatal: ");
	return STATUS_FATAL;
}

static int go_online(const struct setup *s)
{
	struct message trouble = { .id = MSG_NONE };
	struct fields account = { .data = NULL };
	bool talks = isatty(STDERR_FILENO);
	struct answer answer;
	int status = STATUS_OK;

	if (!start_broker(s, &trouble))
		return report_trouble(&trouble, false);

	fflush(stdout);
	if (talks)
		fprintf(stderr, "connecting to %s ... ", jid_domain(s->jid));
	if (account_wait(&answer, s->name, ONLINE_SECONDS, &trouble) < 0) {
		if (talks)
			fputc('\n', stderr);
		status = report_trouble(&trouble, false);
	} else if (account_state(&answer, s->name, &account) != ACCOUNT_ONLINE) {
		if (talks)
			fputc('\n', stderr);
		status = not_online(s, account);
	} else {
		if (talks)
			fputs("done\n", stderr);
		keep_password(s);
		show_online(&answer, account);
	}
	answer_finish(&answer);
	return status;
}

int verb_setup(int argc, char **argv)
{
	struct setup s = { .start = true };
	int status = read_arguments(&s, argc, argv);

	if (status == STATUS_OK)
		status = name_is_free(&s) ? get_password(&s) : STATUS_FATAL;
	if (status == STATUS_OK && !write_account(&s))
		status = STATUS_FATAL;
	if (status == STATUS_OK) {
		printf("saved account '%s', %s\n", s.name, s.jid);
		if (s.start)
			status = go_online(&s);
		else
			keep_password(&s);
	}
	credential_finish(&s.credential);
	free(s.ca_file);
	return status;
}
