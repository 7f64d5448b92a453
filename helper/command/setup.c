/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp setup: from a JID to a broker that is online. The password is asked for first,
 * so that nothing is written if the user gives up. Then the account is written and the
 * broker started. Only a password that worked is given to git's credential helpers to keep.
 */

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-list.h"
#include "account-status.h"
#include "alloc.h"
#include "amend.h"
#include "commands.h"
#include "fingerprint.h"
#include "jid.h"
#include "keep.h"
#include "login-watch.h"
#include "output.h"
#include "password-source.h"
#include "question.h"
#include "session-offer.h"
#include "setup-accounts.h"
#include "setup.h"
#include "table.h"
#include "text.h"

static const char usage[] =
	"usage: git xmpp setup [<jid>] [--name=<account>] [--server=<host>[:<port>]] "
	"[--proxy=<url>]\n"
	"                      [--ca-file=<path>]\n"
	"                      [--password-command=<command> | --ask] [--pin[=<key>] | --no-pin]\n"
	"                      [--register] [--no-start] [--default]\n"
	"   or: git xmpp setup --list [--json]\n"
	"   or: git xmpp setup --default=<account>\n"
	"   or: git xmpp setup --remove=<account> [--yes]\n"
	"\n"
	"    --name=<account>              what the configuration calls it; default: from the "
	"domain\n"
	"    --server=<host>[:<port>]      connect there, whatever the domain's records say\n"
	"    --proxy=socks5h://<host>:<port>\n"
	"                                  by this proxy, like Tor, and by nothing else\n"
	"    --ca-file=<path>              trust these certificate authorities as well\n"
	"    --password-command=<command>  the broker runs this; its first line is the password\n"
	"    --ask                         ask for it; a command that told it is forgotten\n"
	"    --pin[=<key>]                 log in where this key is shown, and nowhere else; "
	"without\n"
	"                                  one: the key that is shown now; --no-pin ends that\n"
	"    --register                    make the account at the server, if it lets anybody\n"
	"    --no-start                    write the configuration, start nothing\n"
	"    --default[=<account>]         make this one, or that one, the default account\n"
	"    --list                        the accounts; * is the default\n"
	"    --json                        that as one JSON object\n"
	"    --remove=<account>            end it on this machine; says what is kept\n"
	"    --yes                         without asking\n"
	"\n"
	"    git xmpp setup alice@example.org\n";

enum {
	ACCOUNT_STATUS_NAME_MAX = 32,
	ONLINE_SECONDS = 20,
	PROXY_SECONDS = 60,	  /* Tor builds a circuit first */
	ACCOUNT_NAME_SHOWN = 256, /* bytes; the user's own names may be long */
};

struct setup {
	char jid[JID_MAX];
	char name[ACCOUNT_STATUS_NAME_MAX + 1];
	const char *server, *proxy, *password_command; /* borrowed from argv; NULL: not given */
	char *ca_file;				/* owned; absolute */
	bool start;
	bool ask;				/* ask for a password, even if a command told it
						   before */
	bool asks_password;
	bool registers;				/* the server is to make the account */
	bool joins;				/* for an invitation, which is the next step */
	bool (*move)(void *arg);		/* setup_to_move(); NULL: nobody moves */
	void *move_arg;				/* borrowed */
	struct password_source password;	/* if asks_password */
	bool is_told;				/* if asks_password: a broker learns it without the
						   user */
	bool pins;				/* the key that the server shows */
	const char *pin;			/* borrowed: the key to pin; NULL: not known yet */
	bool unpins;				/* no key is pinned any more */
	char shown_key[LOGIN_KEY_MAX];		/* what pin points to, if the server showed it */
	struct login_watch watch;		/* the last login */
	bool prefer;				/* make it the default account */
	bool list, json, yes;
	const char *other_default, *removed;	/* borrowed from argv; NULL: not given */
	struct gitconfig configuration;		/* before the change */
	bool first;				/* it becomes the default, where none was */
	char before[ACCOUNT_NAME_SHOWN];	/* the default account, if that is another */
	struct amendment amendment;
};

/* Whether the name is short, and has no character that is special in a configuration key. */
static bool account_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= ACCOUNT_STATUS_NAME_MAX && !name[n] && isalnum((unsigned char)name[0]);
}

/* The default name: "example" for alice@example.org. */
static void name_from_domain(char name[ACCOUNT_STATUS_NAME_MAX + 1], const char *domain)
{
	size_t n = 0;

	for (; *domain && *domain != '.' && n < ACCOUNT_STATUS_NAME_MAX; domain++)
		if (isalnum((unsigned char)*domain) || (n > 0 && *domain == '-'))
			name[n++] = tolower((unsigned char)*domain);
	name[n] = '\0';
	if (n == 0)
		strcpy(name, "account");
}

/* The key of a variable of this account; the caller frees it. */
static char *account_key(const struct setup *s, const char *variable)
{
	return xasprintf("xmpp.%s.%s", s->name, variable);
}

/* The value of a variable of this account, borrowed; NULL if it is not set. */
static const char *account_get(const struct setup *s, const char *variable)
{
	char *key = account_key(s, variable);
	const char *value = gitconfig_get(&s->configuration, key);

	free(key);
	return value;
}

/* Takes the JID of the account that is configured already, if the user gave none. */
static bool jid_from_config(struct setup *s)
{
	char *account = *s->name ? NULL : gitconfig_account(&s->configuration);
	const char *jid;

	if (account && account_name_valid(account))
		snprintf(s->name, sizeof(s->name), "%s", account);
	free(account);
	jid = account_get(s, "jid");
	return jid && jid_bare(jid, s->jid);
}

/* Takes the name of the account that has this JID already; false if none has. */
static bool name_from_config(struct setup *s)
{
	struct account_list list;
	bool found;
	size_t row;

	account_list_take(&list, &s->configuration);
	row = account_list_find_jid(&list, s->jid);
	found = row < list.count && strlen(list.rows[row].name) <= ACCOUNT_STATUS_NAME_MAX;
	if (found)
		snprintf(s->name, sizeof(s->name), "%s", list.rows[row].name);
	account_list_finish(&list);
	return found;
}

/* Takes a name that no account has, like "example-2". */
static void make_name_free(struct setup *s)
{
	char base[ACCOUNT_STATUS_NAME_MAX + 1];

	snprintf(base, sizeof(base), "%s", s->name);
	for (unsigned n = 2; account_get(s, "jid") && n < 100; n++)
		snprintf(s->name, sizeof(s->name), "%.28s-%u", base, n);
}

/* What is typed at the terminal, malloc'd; NULL: there is no terminal, or nothing is typed. */
static char *ask_address(void)
{
	char *line = NULL;
	size_t room = 0;

	if (!isatty(STDIN_FILENO))
		return NULL;
	fputs("Your XMPP address, like alice@example.org: ", stderr);
	if (getline(&line, &room, stdin) <= 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int find_jid(struct setup *s, const char *text)
{
	struct message trouble;
	char *typed = NULL;
	bool good;

	if (!text && jid_from_config(s))
		return STATUS_OK;
	if (!text)
		text = typed = ask_address();
	if (!text)
		return cmd_misused(usage, "expected your address, like alice@example.org; it is "
					  "asked for only at a terminal");
	good = jid_bare(text, s->jid);
	if (!good)
		message_set(&trouble, MSG_BAD_JID, "jid", text, NULL);
	free(typed);
	if (!good)
		return report_trouble(&trouble, false);
	if (*s->name || name_from_config(s))
		return STATUS_OK;
	name_from_domain(s->name, jid_domain(s->jid));
	if (s->move)
		make_name_free(s);
	return STATUS_OK;
}

static int read_arguments(struct setup *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "server", required_argument, NULL, 's' },
		{ "proxy", required_argument, NULL, 'x' },
		{ "ca-file", required_argument, NULL, 'a' },
		{ "password-command", required_argument, NULL, 'p' },
		{ "ask", no_argument, NULL, 'k' },
		{ "pin", optional_argument, NULL, 'P' },
		{ "no-pin", no_argument, NULL, 'U' },
		{ "register", no_argument, NULL, 'R' },
		{ "no-start", no_argument, NULL, 'N' },
		{ "default", optional_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "remove", required_argument, NULL, 'r' },
		{ "yes", no_argument, NULL, 'y' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'n':
			if (!account_name_valid(optarg))
				return cmd_misused(
					usage,
					"an account's name is up to 32 of a-z, 0-9, '-', '_'");
			snprintf(s->name, sizeof(s->name), "%s", optarg);
			break;
		case 's':
			s->server = optarg;
			break;
		case 'x':
			s->proxy = optarg;
			if (strncmp(optarg, "socks5h://", 10) != 0)
				return cmd_misused(usage,
						   "a proxy is like socks5h://<host>:<port>; "
						   "with socks5:// names would be looked up here");
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
		case 'k':
			s->ask = true;
			break;
		case 'P':
			s->pins = true;
			s->pin = optarg;
			if (optarg && strncmp(optarg, "sha256//", 8) != 0)
				return cmd_misused(usage, "a key is like sha256//<base64>");
			break;
		case 'U':
			s->unpins = true;
			break;
		case 'R':
			s->registers = true;
			break;
		case 'N':
			s->start = false;
			break;
		case 'd':
			s->other_default = optarg;
			s->prefer = true;
			break;
		case 'l':
			s->list = true;
			break;
		case 'j':
			s->json = true;
			break;
		case 'r':
			s->removed = optarg;
			break;
		case 'y':
			s->yes = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (argc - optind > 1)
		return cmd_misused(usage, "too many arguments");
	if (s->registers && (s->password_command || !s->start))
		return cmd_misused(usage, "--register asks for the password, and logs in");
	if (s->ask && s->password_command)
		return cmd_misused(usage, "--ask and --password-command are two ways to get it");
	if (s->pins && (s->unpins || (!s->pin && !s->start)))
		return cmd_misused(usage, "--pin without a key needs a login, and no --no-pin");
	if ((s->json && !s->list) || (s->yes && !s->removed))
		return cmd_misused(usage, "--json needs --list, and --yes needs --remove");
	if (s->list || s->other_default || s->removed)
		return argc > optind || s->list + !!s->other_default + !!s->removed > 1
			       ? cmd_misused(usage, "too many arguments")
			       : STATUS_OK;
	return find_jid(s, argv[optind]);
}

/* Whether no other account has this name: the two would be mixed up in one section. */
static bool name_is_free(const struct setup *s)
{
	const char *other = account_get(s, "jid");
	char bare[JID_MAX];
	bool good = !other || (jid_bare(other, bare) && !strcmp(bare, s->jid));

	if (!good) {
		report("fatal", "account '%s' is %s already", s->name, other);
		report("hint", "Choose another name with --name=<account>");
	}
	return good;
}

static int get_password(struct setup *s)
{
	struct password_source *p = &s->password;

	password_source_init(p, s->jid);
	p->only_asks = s->ask || s->registers;
	p->registers = s->registers;
	s->asks_password =
		p->only_asks || (!s->password_command && !account_get(s, "passwordcommand"));
	if (!s->asks_password || password_source_find(p) ||
	    (password_source_can_ask(p) && password_source_ask(p)))
		return STATUS_OK;
	report("fatal", "no password for '%s'", s->jid);
	report("hint", "Run this on a terminal, "
		       "or have a command tell it with --password-command=<command>");
	return STATUS_FATAL;
}

static void wish(struct setup *s, const char *variable, const char *value)
{
	if (value)
		amendment_wish(&s->amendment, WISH_VALUE, account_key(s, variable), value);
}

/*
 * The first account is the default one. Another one becomes it only if the user says so, as
 * commands and shares that name no account are the default's.
 */
static void wish_default(struct setup *s)
{
	const char *name = s->name;
	struct account_list list;

	account_list_take(&list, &s->configuration);
	/* One who moves is no second account: what was the old one's by default goes along. */
	if (!s->move && list.preferred < list.count &&
	    strcmp(list.rows[list.preferred].name, s->name)) {
		snprintf(s->before, sizeof(s->before), "%s", list.rows[list.preferred].name);
		if (!s->prefer)
			name = list.rows[list.preferred].name;
		else if (list.rows[list.preferred].jid)
			setup_wish_owner(&s->amendment, &s->configuration,
					 list.rows[list.preferred].jid);
	}
	s->first = list.count > 0 && list.preferred == list.count;
	amendment_wish(&s->amendment, WISH_VALUE, xstrdup("xmpp.account"), name);
	account_list_finish(&list);
}

/* Says which account is the default one, if there are two that might be. */
static void tell_default(const struct setup *s)
{
	if (s->first)
		table_say("default account '%s'; there was none", s->name);
	if (!*s->before)
		return;
	if (s->prefer)
		table_say("default account '%s'; it was '%s'", s->name, s->before);
	else
		table_say("default account '%s', as before; \"git xmpp setup --default=%s\" "
			  "changes that",
			  s->before, s->name);
}

static bool write_account(struct setup *s)
{
	const char *there = account_get(s, "jid");
	char bare[JID_MAX];

	/* A JID that is there means the same, but may be spelled in another way: it stays. */
	if (!there || !jid_bare(there, bare))
		wish(s, "jid", s->jid);
	wish(s, "server", s->server);
	wish(s, "proxy", s->proxy);
	wish(s, "caFile", s->ca_file);
	wish(s, "passwordCommand", s->password_command);
	wish(s, "pinnedPubkey", s->pin);
	if (s->unpins && account_get(s, "pinnedpubkey"))
		amendment_wish(&s->amendment, WISH_HAS_NOT, account_key(s, "pinnedPubkey"),
			       account_get(s, "pinnedpubkey"));
	if (s->ask && account_get(s, "passwordcommand"))
		amendment_wish(&s->amendment, WISH_HAS_NOT, account_key(s, "passwordCommand"),
			       account_get(s, "passwordcommand"));
	wish_default(s);
	return amendment_write(&s->amendment);
}

/* Sets a variable of the account, and has the broker obey that. */
static bool configure(struct setup *s, const char *variable, const char *value)
{
	struct amendment amendment = { .count = 0 };
	struct query answer = { .count = 0 };
	bool good;

	amendment_wish(&amendment, WISH_VALUE, account_key(s, variable), value);
	good = amendment_write(&amendment) &&
	       (!s->start || amendment_settle(&amendment, true, &answer));
	query_finish(&answer);
	amendment_finish(&amendment);
	return good;
}

/* Pins the key that the server has shown. */
static bool pin_key(struct setup *s)
{
	memcpy(s->shown_key, s->watch.key, sizeof(s->shown_key));
	if (!configure(s, "pinnedPubkey", s->shown_key))
		return false;
	table_say("pinned the key of %s: %s", jid_domain(s->jid), s->shown_key);
	s->pin = s->shown_key;
	return true;
}

/* Has the user trust a key whose certificate does not verify, as ssh does. */
static bool may_pin(const struct setup *s, const struct message *trouble)
{
	if (!s->pins || s->pin || trouble->id != MSG_CERT_INVALID || !*s->watch.key ||
	    !isatty(STDIN_FILENO))
		return false;
	report("error", "%s", trouble->text);
	return question_yes(stderr, "Its key is %s\nTrust this key, whoever signed it?",
			    s->watch.key);
}

/*
 * Stores the password. The messages say what the broker will find at its next start, when
 * it asks git for the password itself.
 */
static int keep(struct setup *s)
{
	char *command;
	int status;

	if (!s->asks_password)
		return STATUS_OK;
	status = keep_password(s->jid, &s->password.credential, &command);
	if (command && !configure(s, "passwordCommand", command))
		status = STATUS_FATAL;
	s->is_told = command || credential_look(&s->password.credential, s->jid) == CREDENTIAL_KEPT;
	free(command);
	return status;
}

/* Each account has a key of its own. A broker of an earlier version has one account. */
static void show_fingerprint(const struct setup *s, const struct query *answer)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char text[FINGERPRINT_TEXT_MAX];
	struct fields row;

	account_status(answer, s->name, &row);
	if ((!row.data || !fields_get(row, "fingerprint")) && !query_find(answer, "broker", &row))
		return;
	if (!fingerprint_parse(row_get(row, "fingerprint"), bytes))
		return;
	fingerprint_format(bytes, text);
	table_groups("your fingerprint: ", text, FINGERPRINT_GROUPS);
}

static void show_request(const char *jid)
{
	struct table line = { .count = 0 };
	struct buf word = { 0 };

	text_operand(&word, jid);
	table_row(&line);
	table_cell(&line, PAINT_PLAIN, "%s wants to be your buddy:", jid);
	table_cell(&line, PAINT_COMMAND, "git xmpp accept %s", buf_str(&word));
	table_print(&line);
	buf_finish(&word);
}

/* Prints who we are. */
static void show_online(const struct setup *s)
{
	struct message unheard;
	struct query answer;

	table_say("logged in as %s", s->watch.jid);
	if (query_to(&answer, "status", NULL, NULL, false, &unheard) == 0)
		show_fingerprint(s, &answer);
	query_finish(&answer);
	fflush(stdout);
}

/* Prints the requests that wait for an answer. Returns whether there are any. */
static bool show_requests(const struct setup *s)
{
	struct message unheard;
	struct query answer;
	bool asked = false;

	if (query_to(&answer, "buddies", "account", s->jid, false, &unheard) < 0)
		return false;
	for (size_t i = 0; i < answer.count; i++) {
		struct fields row = query_row(&answer, i);

		if (!row_is(row, "buddy") || strcmp(row_get(row, "wants"), "1") != 0)
			continue;
		asked = true;
		show_request(row_get(row, "jid"));
	}
	query_finish(&answer);
	return asked;
}

/* Prints what comes next, if the user did not come here on the way to something else. */
static void show_next(const struct setup *s)
{
	bool other = *s->before && !s->prefer; /* it is not the default account */
	char *account = other ? xasprintf(" --account=%s", s->name) : xstrdup("");

	if (!s->joins && !s->move && !show_requests(s))
		table_say("next: git xmpp%s add <buddy>, or cd to a repository and git xmpp%s "
			  "share",
			  account, account);
	free(account);
	fflush(stdout);
}

static bool log_in(struct setup *s, struct message *trouble)
{
	s->watch = (struct login_watch){ .account = s->name, .domain = jid_domain(s->jid) };
	if (s->asks_password && !password_source_give(&s->password, trouble))
		return false;
	fflush(stdout);
	if (login_watch(&s->watch,
			s->proxy || account_get(s, "proxy") ? PROXY_SECONDS : ONLINE_SECONDS,
			trouble))
		return true;
	if (!*trouble->text)
		message_set(trouble, MSG_NOT_ONLINE, "jid", s->jid, NULL);
	return false;
}

/*
 * Offers that the broker starts with the session. The one that systemd has started then logs in
 * anew, by what keeps the password and in another environment: the user sees whether it can.
 */
static int offer(const struct setup *s)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	struct fields row;
	bool online = false;

	if (s->move || !session_offer(!s->asks_password || s->is_told))
		return STATUS_OK;
	if (account_status_wait(&answer, s->name, ONLINE_SECONDS, &trouble) == 0) {
		online = account_status(&answer, s->name, &row) == ACCOUNT_STATUS_ONLINE;
		account_status_trouble(row, &trouble);
	}
	query_finish(&answer);
	if (online)
		return STATUS_OK;
	if (!*trouble.text)
		message_set(&trouble, MSG_NOT_ONLINE, "jid", s->jid, NULL);
	return report_trouble(&trouble, false);
}

/*
 * The password comes from a command. Running setup once more would only ask that command
 * again, so the hint names another way.
 */
static void hint_at_command(const struct setup *s, struct message *trouble)
{
	const char *command =
		s->password_command ? s->password_command : account_get(s, "passwordcommand");
	struct buf shown = { 0 };

	text_escape(&shown, command, strlen(command), false);
	snprintf(trouble->hint, sizeof(trouble->hint),
		 "It is what '%.300s' prints; another command can be given with "
		 "\"git xmpp setup --password-command=<command>\",\nor it is asked for with \"git "
		 "xmpp setup --ask\"",
		 buf_str(&shown));
	buf_finish(&shown);
}

/*
 * Logs in. The refused password may be an old one of a helper; the user, if they can be
 * asked, may know another.
 */
static int go_online(struct setup *s)
{
	struct message trouble;
	int status;

	for (;;) {
		bool refused, found, again;

		if (log_in(s, &trouble)) {
			if (!s->pins || s->pin)
				break;
			if (!pin_key(s))
				return STATUS_FATAL;
			continue;
		}
		if (may_pin(s, &trouble)) {
			if (!pin_key(s))
				return STATUS_FATAL;
			continue;
		}
		refused = s->asks_password && trouble.id == MSG_AUTH_FAILED;
		if (trouble.id == MSG_AUTH_FAILED && !s->asks_password)
			hint_at_command(s, &trouble);
		if (refused)
			password_source_refuse(&s->password);
		found = refused && password_source_find(&s->password);
		again = found || (refused && password_source_can_ask(&s->password));
		message_print(&trouble, again ? "error: " : "fatal: ");
		if (!again || (!found && !password_source_ask(&s->password)))
			return STATUS_FATAL;
	}
	show_online(s);
	status = keep(s);
	if (status == STATUS_OK)
		status = offer(s);
	if (status == STATUS_OK)
		show_next(s);
	return status;
}

/* Writes the account to the configuration, and makes the broker, if it is to run, obey that. */
static int save(struct setup *s)
{
	struct query answer = { .count = 0 };
	int status = STATUS_FATAL;

	if (write_account(s) && (!s->start || amendment_settle(&s->amendment, true, &answer))) {
		table_say("saved account '%s', %s", s->name, s->jid);
		tell_default(s);
		amendment_report(&s->amendment);
		status = STATUS_OK;
	}
	query_finish(&answer);
	return status;
}

static int set_up(struct setup *s, int argc, char **argv)
{
	struct message trouble;
	int status;

	if (gitconfig_read(&s->configuration, &trouble) < 0)
		return report_trouble(&trouble, false);
	status = read_arguments(s, argc, argv);
	if (status != STATUS_OK)
		return status;
	if (s->list)
		return setup_list(&s->configuration, s->json);
	if (s->removed)
		return setup_remove(&s->configuration, s->removed, s->yes);
	if (s->other_default)
		return setup_default(&s->configuration, s->other_default);
	status = name_is_free(s) ? get_password(s) : STATUS_FATAL;
	if (status == STATUS_OK && s->move && !s->move(s->move_arg))
		status = STATUS_FATAL;
	if (status == STATUS_OK)
		status = save(s);
	if (status == STATUS_OK)
		status = s->start ? go_online(s) : keep(s);
	return status;
}

static int run(struct setup *s, int argc, char **argv)
{
	int status;

	/* All accounts are looked at here; this one is told by its own options. */
	unsetenv("GIT_XMPP_ACCOUNT");

	s->start = true;
	status = set_up(s, argc, argv);
	password_source_finish(&s->password);
	amendment_finish(&s->amendment);
	gitconfig_finish(&s->configuration);
	free(s->ca_file);
	return status;
}

int cmd_setup(int argc, char **argv)
{
	struct setup s = { .joins = false };

	return run(&s, argc, argv);
}

int setup_to_join(int argc, char **argv)
{
	struct setup s = { .joins = true };

	optind = 0;	/* the options of "join" were read before */
	return run(&s, argc, argv);
}

int setup_to_move(int argc, char **argv, bool (*move)(void *arg), void *arg)
{
	struct setup s = { .move = move, .move_arg = arg };

	optind = 0;	/* the options of "move" were read before */
	return run(&s, argc, argv);
}
