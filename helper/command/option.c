/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of a verb, as git takes them. A verb has its table; what all verbs have in common
 * is here: "-h" and "--help", the texts of errors, and the list for a shell that completes.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "commands.h"
#include "message.h"
#include "nearest.h"
#include "output.h"
#include "verbs.h"

int cmd_misused(const char *usage, const char *problem)
{
	report("error", "%s", problem);
	fputs(usage, stderr);
	return STATUS_USAGE;
}

int cmd_unknown(const char *name)
{
	const char *near = verb_near(name);
	struct message trouble;

	message_set(&trouble, MSG_BAD_COMMAND, "verb", name, NULL);
	if (near)
		snprintf(trouble.hint, sizeof(trouble.hint), "The nearest one is \"git xmpp %s\"",
			 near);
	answer_failed(&trouble);
	message_print(&trouble, "fatal: ");
	return STATUS_USAGE;
}

/*
 * The short options for getopt. The ':' in front makes getopt report a missing value in its
 * own way, and print nothing.
 */
static const char *short_options(const struct option *options, char out[64])
{
	size_t n = (size_t)sprintf(out, ":h");

	for (const struct option *o = options; o->name; o++) {
		if (o->name[1] || n > 60)
			continue;
		out[n++] = o->name[0];
		if (o->has_arg == required_argument)
			out[n++] = ':';
	}
	out[n] = '\0';
	return out;
}

/* Prints each option in a line of its own; one with a value ends with "=". */
static void print_options(const struct option *options)
{
	puts("--help");
	for (const struct option *o = options; o->name; o++)
		printf("%s%s%s\n", o->name[1] ? "--" : "-", o->name,
		       o->name[1] && o->has_arg == required_argument ? "=" : "");
}

/* What stands in argv at the option that getopt_long() has just refused. */
static void report_unknown(const char *arg, const struct option *options)
{
	char name[64];
	struct nearest n = { .word = name };

	/*
	 * optopt is the letter. Inside a group of letters optind does not point behind them
	 * yet.
	 */
	if (optopt) {
		report("error", "unknown option '-%c'", optopt);
		return;
	}
	report("error", "unknown option '%s'", arg);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
	for (const struct option *o = options; o->name; o++)
		if (o->name[1])
			nearest_offer(&n, o->name);
	if (n.found)
		report("hint", "The nearest one is \"--%s\"", n.found);
}

int cmd_option(int argc, char **argv, const struct option *options, const char *usage)
{
	char letters[64];
	const char *arg;
	int c;

	if (argc == 2 && !strcmp(argv[1], CMD_LIST_OPTIONS)) {
		print_options(options);
		return '?';
	}
	c = getopt_long(argc, argv, short_options(options, letters), options, NULL);
	arg = optind > 0 && optind <= argc ? argv[optind - 1] : "";
	switch (c) {
	case 'h':
		fputs(usage, stdout);
		return '?';
	case ':':
		report("error", "option '%s' needs a value", arg);
		fputs(usage, stderr);
		return '?';
	case '?':
		if (!optopt && !strcmp(arg, "--help")) {
			fputs(usage, stdout);
			return '?';
		}
		report_unknown(arg, options);
		fputs(usage, stderr);
		return '?';
	default:
		return c;
	}
}

bool cmd_option_json(int argc, char **argv, const char *usage, bool *json)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*json = false;
	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c != 'j')
			return false;
		*json = true;
	}
	return true;
}
