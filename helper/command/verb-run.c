/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verb that lists writes JSON of its own, and is asked for it as it is; from that the lines of
 * --porcelain are made. To one that does something the options are not shown.
 */
#include "verb-run.h"

#include <string.h>

#include "alloc.h"
#include "answer.h"
#include "commands.h"

/*
 * The verbs that write JSON of their own. with: only if one of these words is there; NULL:
 * always. without: not if one of these is there; "*" is any operand.
 */
static const struct lister {
	int (*run)(int argc, char **argv);
	const char *with, *without;
} listers[] = {
	{ cmd_buddies, NULL, NULL },
	{ cmd_cancel, NULL, "*" },
	{ cmd_daemon, "status", NULL },
	{ cmd_doctor, NULL, "--report" },
	{ cmd_device, NULL, "rename distrust retire export import" },
	{ cmd_follow, "--list", NULL },
	{ cmd_invite, NULL, "--revoke" },
	{ cmd_list, NULL, NULL },
	{ cmd_log, NULL, NULL },
	{ cmd_nickname, NULL, "* --remove" },
	{ cmd_queue, NULL, "retry drop" },
	{ cmd_setup, "--list", NULL },
	{ cmd_share, "--list", NULL },
	{ cmd_status, NULL, NULL },
};

/* Whether an argument, without the value of an option, is among these words. */
static bool is_among(const char *argument, const char *words)
{
	size_t n = strcspn(argument, "=");

	for (const char *word = words; word && *word; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");

		if (len == n && !strncmp(word, argument, n))
			return true;
		if (len == 1 && *word == '*' && *argument != '-')
			return true;
		word += len;
	}
	return false;
}

/* Whether the verb, so called, writes JSON of its own. */
static bool writes_json(const struct verb *verb, int argc, char **argv)
{
	const struct lister *lister = NULL;
	bool writes;

	for (size_t i = 0; verb && i < ARRAY_SIZE(listers); i++)
		if (listers[i].run == verb->run)
			lister = &listers[i];
	writes = lister && !lister->with;
	for (int i = 1; lister && i < argc && strcmp(argv[i], "--") != 0; i++) {
		writes |= is_among(argv[i], lister->with);
		if (is_among(argv[i], lister->without))
			return false;
	}
	return writes;
}

/* The place of an option before "--"; 0: it is not there. */
static int find_option(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], option))
			return i;
	return 0;
}

/* Whether the verb prints as long as it runs, or is for people or shells alone. */
static bool is_left_alone(const struct verb *verb, int argc, char **argv)
{
	static const char *const options[] = { "-h", "--help", "--watch", "-f", "--follow" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (find_option(argc, argv, options[i]))
			return true;
	if (!verb)
		return false;
	if (verb->run == cmd_lfs && argc > 1 && !strcmp(argv[1], "agent"))
		return true;
	return verb->run == cmd_help || verb->run == cmd_complete || verb->run == cmd_clone ||
	       (verb->run == cmd_daemon && find_option(argc, argv, "run"));
}

static int call(const struct verb *verb, int argc, char **argv)
{
	return verb ? verb->run(argc, argv) : cmd_unknown(argv[0]);
}

/* Takes an argument out of the list. */
static void take_out(int *argc, char **argv, int at)
{
	memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
	--*argc;
}

int verb_run(const struct verb *verb, int argc, char **argv)
{
	static char json_option[] = "--json";
	bool knows = verb && (verb->run == cmd_buddies || verb->run == cmd_log);
	int json = find_option(argc, argv, "--json");
	int porcelain = knows ? 0 : find_option(argc, argv, "--porcelain");
	bool own = writes_json(verb, argc, argv);
	int status;

	if (is_left_alone(verb, argc, argv) || (!json && !porcelain))
		return call(verb, argc, argv);
	if (porcelain && own)
		argv[porcelain] = json_option;
	else if (!own)
		take_out(&argc, argv, porcelain ? porcelain : json);
	if (!answer_begin(porcelain ? ANSWER_PORCELAIN : ANSWER_JSON, !own))
		return STATUS_FATAL;
	status = call(verb, argc, argv);
	answer_end(status);
	return status;
}
