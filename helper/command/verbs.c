/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verbs.h"

#include <string.h>

#include "alloc.h"
#include "commands.h"
#include "nearest.h"

/* In the order in which a user meets them. */
const struct verb verbs[] = {
	{ "set up", "setup", cmd_setup, "log in, store the password, start the broker",
	  TAKES_PERSON, NULL },
	{ "people", "buddies", cmd_buddies, "list buddies and their devices", TAKES_PERSON, NULL },
	{ NULL, "add", cmd_add, "ask somebody to become a buddy", TAKES_NOTHING, NULL },
	{ NULL, "accept", cmd_accept, "accept somebody who asked", TAKES_PERSON, NULL },
	{ NULL, "decline", cmd_decline, "say no to somebody who asked", TAKES_PERSON, NULL },
	{ NULL, "invite", cmd_invite, "make a link that does all of it for one other person",
	  TAKES_NOTHING, NULL },
	{ NULL, "join", cmd_join, "use such a link", TAKES_NOTHING, NULL },
	{ NULL, "verify", cmd_verify, "compare device fingerprints with a buddy", TAKES_PERSON,
	  NULL },
	{ NULL, "distrust", cmd_distrust, "shut a device out that is not theirs any more",
	  TAKES_PERSON, NULL },
	{ NULL, "device", cmd_device, "list, name, retire and move devices", TAKES_PERSON,
	  "rename distrust retire export import" },
	{ NULL, "nickname", cmd_nickname, "give a buddy a short name", TAKES_PERSON, NULL },
	{ NULL, "move", cmd_move, "somebody, or you, have another address", TAKES_PERSON, NULL },
	{ NULL, "remove", cmd_remove, "end being buddies", TAKES_PERSON, NULL },
	{ NULL, "block", cmd_block, "hear nothing of somebody any more", TAKES_PERSON, NULL },
	{ NULL, "unblock", cmd_unblock, "stop that", TAKES_PERSON, NULL },
	{ "repositories", "list", cmd_list, "what buddies share with you", TAKES_PERSON, NULL },
	{ NULL, "clone", cmd_clone, "clone what a buddy shares", TAKES_ADDRESS, NULL },
	{ NULL, "share", cmd_share, "let buddies fetch from or push to a repository", TAKES_PATH,
	  NULL },
	{ NULL, "unshare", cmd_unshare, "stop that", TAKES_SHARE, NULL },
	{ NULL, "follow", cmd_follow, "have a buddy's share fetched whenever it changes",
	  TAKES_REMOTE, NULL },
	{ NULL, "unfollow", cmd_unfollow, "stop that", TAKES_REMOTE, NULL },
	{ NULL, "queue", cmd_queue, "push to a buddy when they come online", TAKES_REMOTE,
	  "list push retry drop" },
	{ NULL, "lfs", cmd_lfs, "carry the files of git-lfs, too", TAKES_NOTHING,
	  "setup publish agent" },
	{ "broker", "status", cmd_status, "what is connected, what is being transferred",
	  TAKES_NOTHING, NULL },
	{ NULL, "cancel", cmd_cancel, "end one transfer", TAKES_TRANSFER, NULL },
	{ NULL, "log", cmd_log, "what happened by itself", TAKES_NOTHING, NULL },
	{ NULL, "doctor", cmd_doctor, "what does not work, and what mends it", TAKES_NOTHING,
	  NULL },
	{ NULL, "daemon", cmd_daemon, "start, stop, reload and watch the broker", TAKES_NOTHING,
	  "start stop restart reload enable disable run status" },
	{ NULL, "purge", cmd_purge, "remove all that is kept for you", TAKES_NOTHING, NULL },
	{ NULL, "complete", cmd_complete, "what may stand here, for shells", TAKES_NOTHING, NULL },
	{ NULL, "help", cmd_help, "show the options of a command", TAKES_VERB, NULL },
};

const size_t verbs_count = ARRAY_SIZE(verbs);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verbs_count; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

const char *verb_near(const char *name)
{
	struct nearest n = { .word = name };

	for (size_t i = 0; i < verbs_count; i++)
		nearest_offer(&n, verbs[i].name);
	return n.found;
}

void verbs_print(FILE *to)
{
	fputs("usage: git xmpp <command> [<args>]\n\n", to);
	for (size_t i = 0; i < verbs_count; i++) {
		if (verbs[i].heading)
			fprintf(to, "%s\n", verbs[i].heading);
		fprintf(to, "    %-11s%s\n", verbs[i].name, verbs[i].summary);
	}
	fputs("\n\"git xmpp <command> -h\" shows the options of a command, \"git help xmpp\" the "
	      "manual.\nWith --json or --porcelain each prints its answer for programs.\n",
	      to);
}
