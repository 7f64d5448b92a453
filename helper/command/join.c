/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp join: uses an invitation. Where no account is set up, that is done first, so that
 * this one command leads from an account to the first clone. The link holds a secret: it is
 * asked for where it is not in the arguments, which other users of the machine can read.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "invitation-link.h"
#include "output.h"
#include "query.h"
#include "setup.h"
#include "share-text.h"
#include "text.h"
#include "time-text.h"
#include "wipe.h"

static const char usage[] =
	"usage: git xmpp join ['<link>'] [--as=<jid>] [--server=<host>[:<port>]] "
	"[--ca-file=<path>]\n"
	"                     [--password-command=<command>]\n"
	"   or: git xmpp join --cancel=<jid>\n"
	"\n"
	"    --as=<jid>  your own address, where no account is set up yet; else it is asked for\n"
	"    --server, --ca-file, --password-command\n"
	"                are those of \"git xmpp setup\", which is done first then\n"
	"    --cancel=<jid>\n"
	"                waits no more for the one who made the invitation\n"
	"\n"
	"Uses an invitation that somebody has made with \"git xmpp invite\". You are buddies\n"
	"then, and both devices are verified. Put the link in quotes; without it, it is asked\n"
	"for, so that nobody sees it in the list of processes. If the one who made it is away,\n"
	"the broker joins when they are there; the exit status is 1 then.\n"
	"\n"
	"    git xmpp join\n";

enum {
	ONLINE_SECONDS = 20,
	SETUP_ARGS_MAX = 8,
};

struct joining {
	char *text;				/* the link; owned */
	struct invitation_link link;
	const char *own;			/* borrowed from argv; NULL: not given */
	const char *cancel;			/* the same */
	char *options[SETUP_ARGS_MAX];	/* for setup; owned, as "--server=..." */
	size_t count;
};

static void keep_option(struct joining *j, const char *name)
{
	if (j->count < SETUP_ARGS_MAX)
		j->options[j->count++] = xasprintf("--%s=%s", name, optarg);
}

/* A line of standard input, after a prompt if that is a terminal; malloc'd. NULL: none. */
static char *ask(const char *prompt)
{
	/* It has room from the start, so that getline() leaves no copy of a link behind. */
	size_t room = 2 * INVITATION_LINK_MAX;
	char *line = xcalloc(1, room);
	ssize_t n;

	if (isatty(STDIN_FILENO)) {
		fflush(stdout);
		fputs(prompt, stderr);
		fflush(stderr);
	}
	n = getline(&line, &room, stdin);
	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (n > 0)
		return line;
	free(line);
	return NULL;
}

static int read_arguments(struct joining *j, int argc, char **argv)
{
	static const struct option options[] = {
		{ "as", required_argument, NULL, 'A' },
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'a' },
		{ "password-command", required_argument, NULL, 'p' },
		{ "cancel", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'A':
			j->own = optarg;
			break;
		case 's':
			keep_option(j, "server");
			break;
		case 'a':
			keep_option(j, "ca-file");
			break;
		case 'p':
			keep_option(j, "password-command");
			break;
		case 'c':
			j->cancel = optarg;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (j->cancel && optind < argc)
		return cmd_misused(usage, "--cancel takes no link");
	if (argc - optind > 1)
		return cmd_misused(usage, "expected one link: put it in quotes");
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		j->text = xstrdup(argv[optind]);
	return STATUS_OK;
}

static int read_link(struct joining *j)
{
	struct message trouble;
	const char *why = "none was given";

	if (!j->text)
		j->text = ask("The link of the invitation: ");
	if (j->text && invitation_link_parse(&j->link, j->text, &why) == 0)
		return STATUS_OK;
	message_set(&trouble, MSG_BAD_INVITATION, "reason", why, NULL);
	return report_trouble(&trouble, false);
}

/* Sets the account up, which the user names, or the invitation if it is their own. */
static int set_up(struct joining *j)
{
	char *argv[SETUP_ARGS_MAX + 4], *asked = NULL;
	const char *own = j->own ? j->own : j->link.device ? j->link.jid : NULL;
	int argc = 0, status;

	if (!own)
		own = asked = ask("Your own XMPP address: ");
	if (!own) {
		report("fatal", "no account is set up, and no address was given");
		report("hint", "Give yours with --as=<jid>, or run \"git xmpp setup\" first");
		return STATUS_FATAL;
	}
	argv[argc++] = xstrdup("setup");
	for (size_t i = 0; i < j->count; i++)
		argv[argc++] = xstrdup(j->options[i]);
	argv[argc++] = xstrdup("--");
	argv[argc++] = xstrdup(own);
	argv[argc] = NULL;
	status = setup_to_join(argc, argv);
	while (argc)
		free(argv[--argc]);
	free(asked);
	return status;
}

/* Whether an account is configured; *status is not STATUS_OK if that cannot be told. */
static bool have_account(int *status)
{
	struct gitconfig configuration = { .count = 0 };
	struct message trouble;
	char *account = NULL;

	*status = STATUS_OK;
	if (gitconfig_read(&configuration, &trouble) < 0)
		*status = report_trouble(&trouble, false);
	else
		account = gitconfig_account(&configuration);
	gitconfig_finish(&configuration);
	free(account);
	return account != NULL;
}

/*
 * Starts the broker if none runs, and gives it a moment to go online. What keeps it from that
 * it says itself, when it is asked to join.
 */
static void await_broker(void)
{
	struct message trouble;
	struct query answer;
	int result = query_to(&answer, "status", NULL, NULL, autostart_allowed(), &trouble);

	query_finish(&answer);
	if (result < 0)
		return;
	account_status_wait(&answer, NULL, ONLINE_SECONDS, &trouble);
	query_finish(&answer);
}

static void show(struct fields row)
{
	const char *jid = row_get(row, "jid"), *share = fields_get(row, "share");

	if (fields_get(row, "own")) {
		printf("this machine and the one that invited it are devices of ");
		print_text(jid);
		printf(" now, and both are verified\n");
		return;
	}
	printf("you and ");
	print_text(jid);
	printf(" are buddies now, and both devices are verified\n");
	if (!share)
		return;
	printf("you may %s '",
	       strcmp(row_get(row, "right"), "push") ? "fetch" : "fetch and push to");
	print_text(share);
	printf("'\nnext: git clone ");
	share_print_address(jid, share);
	putchar('\n');
}

/* The inviter is away. */
static void show_waiting(struct fields row)
{
	const char *jid = row_get(row, "jid");
	struct buf word = { 0 };
	char when[32];

	print_text(jid);
	printf(" is away; this machine waits, and joins when theirs is online, until %s\n",
	       when_shown(fields_get_u64(row, "until", 0), when));
	fflush(stdout);
	text_shell(&word, jid);
	report("hint",
	       "\"git xmpp status\" shows it, \"git xmpp join --cancel=%s\" ends it; if they "
	       "are there, the link was changed on its way",
	       buf_str(&word));
	buf_finish(&word);
}

static int cancel(const char *whom)
{
	struct message trouble;
	struct query answer;
	char jid[JID_MAX];
	int result;

	if (!buddy_name_jid(whom, jid, &trouble))
		return report_trouble(&trouble, false);
	result = query_to(&answer, "join-cancel", "jid", jid, autostart_allowed(), &trouble);
	if (result == 0)
		puts(answer.message);
	query_finish(&answer);
	return result == 0 ? STATUS_OK : report_trouble(&trouble, false);
}

static int join(const struct joining *j)
{
	struct buf command = { .secret = true };
	struct message trouble;
	struct query answer;
	struct fields row;
	int status = STATUS_OK;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "asking %s ...\n", j->link.jid);
	fields_add(&command, "verb", "join");
	fields_add(&command, "link", j->text);
	if (query_get(&answer, &command, autostart_allowed(), &trouble) < 0)
		status = report_trouble(&trouble, false);
	else if (query_find(&answer, "joined", &row))
		show(row);
	else if (query_find(&answer, "joining", &row))
		show_waiting(row);
	if (status == STATUS_OK)
		status = answer.status;
	buf_finish(&command);
	query_finish(&answer);
	return status;
}

static int run(struct joining *j, int argc, char **argv)
{
	int status = read_arguments(j, argc, argv);

	if (status == STATUS_OK && j->cancel)
		return cancel(j->cancel);
	if (status == STATUS_OK)
		status = read_link(j);
	if (status != STATUS_OK)
		return status;
	if (have_account(&status))
		await_broker();
	else if (status == STATUS_OK)
		status = set_up(j);
	return status == STATUS_OK ? join(j) : status;
}

int cmd_join(int argc, char **argv)
{
	struct joining j = { .text = NULL };
	int status = run(&j, argc, argv);

	wipe(&j.link, sizeof(j.link));
	if (j.text)
		wipe(j.text, strlen(j.text));
	free(j.text);
	while (j.count)
		free(j.options[--j.count]);
	return status;
}
