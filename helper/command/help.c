/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git xmpp help: what "-h" says, of all verbs or of one. */

#include <stdio.h>

#include "commands.h"
#include "verbs.h"

static const char usage[] =
	"usage: git xmpp help [<command>]\n"
	"\n"
	"What there is to do, or the options of one command. \"git help xmpp\" is the manual.\n"
	"\n"
	"    git xmpp help share\n";

int cmd_help(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	char *asked[] = { NULL, (char *)"-h", NULL };
	const struct verb *verb;

	if (cmd_option(argc, argv, options, usage) != -1)
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_misused(usage, "expected one command at most");
	if (optind == argc) {
		verbs_print(stdout);
		return STATUS_OK;
	}
	verb = verb_find(argv[optind]);
	if (!verb)
		return cmd_unknown(argv[optind]);
	asked[0] = argv[optind];
	/* getopt_long() has to begin anew. */
	optind = 1;
	verb->run(2, asked);
	return STATUS_OK;
}
