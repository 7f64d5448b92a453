/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp clone: finds who is meant, and becomes git clone with the whole address. The remote
 * of the clone has that, and no nickname: what a name means may change.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "output.h"

static const char usage[] =
	"usage: git xmpp clone <buddy>/<share> [<directory>] [<option of git clone>...]\n"
	"\n"
	"Clones what a buddy shares; they are named by address, nickname, or the part of the\n"
	"address before the @ if only one buddy has it.\n"
	"\n"
	"    git xmpp clone bob/project\n";

/*
 * Whether all arguments are options with their value in them, if they have one, so that none is
 * a directory.
 */
static bool is_without_directory(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "--", 2))
			return false;
	return true;
}

/* Reads <buddy>/<share>; false with *trouble. */
static bool read_address(struct address *a, const char *text, struct message *trouble)
{
	const char *why = "no repository name", *share;
	char *buddy = buddy_name_of(text, &share), jid[JID_MAX];
	struct buf address = { 0 };
	bool known = buddy_name_jid(buddy, jid, trouble), good = false;

	if (known && share) {
		address_put(&address, jid, "", "");
		buf_puts(&address, share);
		good = address_parse(a, buf_str(&address), &why) == 0;
	}
	if (known && !good)
		message_set(trouble, MSG_BAD_URL, "url", text, "reason", why, NULL);
	buf_finish(&address);
	free(buddy);
	return good;
}

/* Becomes git. The directory is what the share is called, not what its address is. */
static int become_git(const struct address *a, int argc, char **argv)
{
	const char **words = xcalloc((size_t)argc + 5, sizeof(*words));
	const char *last = strrchr(a->share, '/');
	struct buf url = { 0 };
	size_t n = 0;

	buf_puts(&url, "xmpp::");
	address_put(&url, a->jid, a->share, a->device);
	words[n++] = "git";
	words[n++] = "clone";
	words[n++] = buf_str(&url);
	for (int i = 0; i < argc; i++)
		words[n++] = argv[i];
	if (is_without_directory(argc, argv))
		words[n++] = last ? last + 1 : a->share;
	signal(SIGPIPE, SIG_DFL);
	execvp("git", (char *const *)words);
	report("fatal", "cannot run git: %s", strerror(errno));
	free(words);
	buf_finish(&url);
	return STATUS_FATAL;
}

int cmd_clone(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct message trouble;
	struct address address;

	if (argc < 2 || argv[1][0] == '-') {
		if (cmd_option(argc, argv, options, usage) != -1)
			return STATUS_USAGE;
		return cmd_misused(usage, "expected the address of a share first");
	}
	/* What follows the prefix that a remote has is the same address. */
	if (!read_address(&address, argv[1] + (strncmp(argv[1], "xmpp::", 6) ? 0 : 6), &trouble))
		return report_trouble(&trouble, false);
	return become_git(&address, argc - 2, argv + 2);
}
