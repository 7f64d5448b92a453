/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user says to "git xmpp setup", and which account that is: the one that they name, or
 * that has the address, or the default one; else one that is new, with a name that is made from
 * the domain.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-list.h"
#include "alloc.h"
#include "commands.h"
#include "output.h"
#include "setup-internal.h"

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

/* Whether the name is short, and has no character that is special in a configuration key. */
static bool account_name_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= ACCOUNT_NAME_MAX && !name[n] && isalnum((unsigned char)name[0]);
}

/* The default name: "example" for alice@example.org. */
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

char *setup_key(const struct setup *s, const char *variable)
{
	return xasprintf("xmpp.%s.%s", s->name, variable);
}

const char *setup_get(const struct setup *s, const char *variable)
{
	char *key = setup_key(s, variable);
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
	jid = setup_get(s, "jid");
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
	found = row < list.count && strlen(list.rows[row].name) <= ACCOUNT_NAME_MAX;
	if (found)
		snprintf(s->name, sizeof(s->name), "%s", list.rows[row].name);
	account_list_finish(&list);
	return found;
}

/* Takes a name that no account has, like "example-2". */
static void make_name_free(struct setup *s)
{
	char base[ACCOUNT_NAME_MAX + 1];

	snprintf(base, sizeof(base), "%s", s->name);
	for (unsigned n = 2; setup_get(s, "jid") && n < 100; n++)
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

int setup_read_arguments(struct setup *s, int argc, char **argv)
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
