/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_VERBS_H
#define HELPER_VERBS_H

/* The verbs of git xmpp: one table for what runs them, for the help and for completion. */

#include <stddef.h>
#include <stdio.h>

/* What the arguments of a verb are; a shell completes them. */
enum verb_takes {
	TAKES_NOTHING,	/* or what cannot be guessed */
	TAKES_PERSON,	/* the address or the nickname of a buddy */
	TAKES_SHARE,	/* the name of an own share */
	TAKES_REMOTE,	/* a remote of the repository, or a buddy */
	TAKES_PATH,	/* a file or a directory */
	TAKES_ADDRESS,	/* <buddy>/<share> */
	TAKES_TRANSFER,	/* the id of one that moves */
	TAKES_VERB,	/* another verb */
};

struct verb {
	const char *heading;	/* begins a group in the help; NULL: in the group before it */
	const char *name;
	int (*run)(int argc, char **argv);	/* as in commands.h */
	const char *summary;
	enum verb_takes takes;
	const char *words;	/* words that may stand first, separated by blanks; NULL: none */
};

extern const struct verb verbs[];
extern const size_t verbs_count;

/* The verb of that name; NULL if there is none. */
const struct verb *verb_find(const char *name);
/* The name that may have been meant by another one; NULL if none is near. */
const char *verb_near(const char *name);

/* Prints all of them, by groups. */
void verbs_print(FILE *to);

#endif
