/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp complete: what may stand at a place of a command line, for the completion of shells. A
 * candidate is a line; a tab and a description may follow. The shell chooses those that fit.
 *
 * A completion changes nothing: it starts no broker, asks for no password, and takes no notice
 * away that the user has not read. It ends after a few seconds, because the user waits for the
 * key that they pressed.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "query.h"
#include "remote.h"
#include "run-git.h"
#include "share-config.h"
#include "text.h"
#include "transfer-text.h"
#include "verbs.h"

static const char usage[] =
	"usage: git xmpp complete <word>...\n"
	"   or: git xmpp complete --url <url>\n"
	"\n"
	"    --url  the URL of a repository, like xmpp::bob@example.org/\n"
	"\n"
	"Prints what may stand for the last word, which may be empty. The completions of bash,\n"
	"zsh and fish call this.\n"
	"\n"
	"    git xmpp complete queue \"\"\n";

enum { SECONDS = 3 };

static const char url_prefix[] = "xmpp::";

/* Prints a candidate; text from outside is escaped. */
static void candidate(const char *before, const char *word, const char *after, const char *about)
{
	struct buf line = { 0 };

	buf_puts(&line, before);
	text_escape(&line, word, strlen(word), false);
	buf_puts(&line, after);
	if (about && *about) {
		buf_puts(&line, "\t");
		text_escape(&line, about, strlen(about), false);
	}
	puts(buf_str(&line));
	buf_finish(&line);
}

static void verb_names(void)
{
	for (size_t i = 0; i < verbs_count; i++)
		candidate("", verbs[i].name, "", verbs[i].summary);
}

static void words_of(const struct verb *verb)
{
	char *words = xstrdup(verb->words), *word;

	for (char *p = words; (word = strsep(&p, " "));)
		candidate("", word, "", NULL);
	free(words);
}

/* What stands around a candidate. */
struct around {
	const char *before, *after;
};

static void on_nickname(void *arg, const char *name, const char *jid)
{
	const struct around *around = arg;

	candidate(around->before, name, around->after, jid);
}

static void nicknames(const char *before, const char *after)
{
	struct message trouble;
	struct gitconfig c;

	if (gitconfig_read(&c, &trouble) == 0)
		nicknames_each(&c, on_nickname, &(struct around){ before, after });
	gitconfig_finish(&c);
}

/*
 * The addresses that the broker knows, if one runs. in_url: as they stand in a URL, with the '/'
 * behind them.
 */
static void buddies(const char *before, bool in_url)
{
	struct message trouble;
	struct query answer;

	if (query_to(&answer, "buddies", NULL, NULL, false, &trouble) == 0) {
		for (size_t i = 0; i < answer.count; i++) {
			struct fields row = query_row(&answer, i);
			struct buf address = { 0 };

			if (!row_is(row, "buddy"))
				continue;
			address_put(&address, row_get(row, "jid"), "", "");
			candidate(before, in_url ? buf_str(&address) : row_get(row, "jid"), "",
				  row_get(row, "trust"));
			buf_finish(&address);
		}
	}
	query_finish(&answer);
}

static void persons(const char *before)
{
	nicknames(before, "");
	buddies(before, false);
}

/* The transfers that move, each under as much of its id as it needs. */
static void transfers(void)
{
	struct message trouble;
	struct query answer;

	if (query_to(&answer, "status", NULL, NULL, false, &trouble) == 0) {
		for (size_t i = 0; i < answer.count; i++) {
			struct fields row = query_row(&answer, i);
			struct buf id = { 0 }, about = { 0 };

			if (!transfer_is(row, "") || !*row_get(row, "id"))
				continue;
			buf_printf(&id, "%.*s", (int)transfer_id_len(&answer, row),
				   row_get(row, "id"));
			transfer_about(&about, row);
			candidate("", buf_str(&id), "", buf_str(&about));
			buf_finish(&about);
			buf_finish(&id);
		}
	}
	query_finish(&answer);
}

static void own_shares(void)
{
	struct share_configs shares;
	struct message trouble;
	struct gitconfig c;

	if (gitconfig_read(&c, &trouble) == 0) {
		share_configs_take(&shares, &c);
		for (size_t i = 0; i < shares.count; i++)
			candidate("", shares.rows[i].name, "", shares.rows[i].path);
		share_configs_finish(&shares);
	}
	gitconfig_finish(&c);
}

static void remotes(void)
{
	const char *const args[] = { "remote", NULL };

	run_git(args, NULL, NULL, GIT_ERRORS_HIDDEN);
}

/* What the buddy of this name shares; before and the name stand in front of each. */
static void shares_of(const char *before, const char *name)
{
	struct message trouble;
	struct query answer;
	char jid[JID_MAX];

	if (!buddy_name_jid(name, jid, &trouble))
		return;
	if (query_to(&answer, "list", "jid", jid, false, &trouble) == 0) {
		for (size_t i = 0; i < answer.count; i++) {
			struct fields row = query_row(&answer, i);
			struct buf address = { 0 };

			if (!row_is(row, "share"))
				continue;
			address_put(&address, jid, row_get(row, "share"), "");
			candidate(before, name, strchr(buf_str(&address), '/'),
				  row_get(row, "right"));
			buf_finish(&address);
		}
	}
	query_finish(&answer);
}

/* <buddy>/<share>, behind a prefix that a URL has. */
static void addresses(const char *before, const char *text)
{
	const char *share;
	char *name = buddy_name_of(text, &share);

	if (!share && !*before)
		nicknames("", "/");
	if (share)
		shares_of(before, name);
	else
		buddies(before, true);
	free(name);
}

static void url(const char *text)
{
	size_t n = strlen(url_prefix);

	if (!strncmp(text, url_prefix, n))
		addresses(url_prefix, text + n);
}

/* The value of an option: most are persons. */
static void value_of(const char *word)
{
	static const char *const persons_are[] = { "--push=", "--fetch=", "--rm=" };

	for (size_t i = 0; i < ARRAY_SIZE(persons_are); i++)
		if (!strncmp(word, persons_are[i], strlen(persons_are[i])))
			persons(persons_are[i]);
}

static void options_of(const struct verb *verb)
{
	char *asked[] = { (char *)verb->name, (char *)CMD_LIST_OPTIONS, NULL };

	optind = 1;
	verb->run(2, asked);
}

/* argc words stand behind the verb; the last one is to be completed. */
static void arguments(const struct verb *verb, int argc, char **argv)
{
	const char *word = argv[argc - 1];

	if (*word == '-') {
		if (strchr(word, '='))
			value_of(word);
		else
			options_of(verb);
		return;
	}
	if (verb->words && argc == 1)
		words_of(verb);
	switch (verb->takes) {
	case TAKES_NOTHING:
	case TAKES_PATH:
		break;
	case TAKES_PERSON:
		persons("");
		break;
	case TAKES_SHARE:
		own_shares();
		break;
	case TAKES_REMOTE:
		remotes();
		nicknames("", "");
		break;
	case TAKES_ADDRESS:
		addresses("", word);
		break;
	case TAKES_TRANSFER:
		transfers();
		break;
	case TAKES_VERB:
		verb_names();
		break;
	}
}

int cmd_complete(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	const struct verb *verb;

	setenv("GIT_XMPP_NOTICES", "false", 1);
	query_set_remedy(NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(SECONDS);
	if (argc == 3 && !strcmp(argv[1], "--url")) {
		url(argv[2]);
		return STATUS_OK;
	}
	if (argc < 2 || (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))) {
		if (cmd_option(argc, argv, options, usage) != -1)
			return STATUS_USAGE;
		return cmd_misused(usage, "expected the words of a command");
	}
	verb = verb_find(argv[1]);
	if (argc == 2)
		verb_names();
	else if (verb)
		arguments(verb, argc - 2, argv + 2);
	return STATUS_OK;
}
