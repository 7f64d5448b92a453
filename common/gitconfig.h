/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_GITCONFIG_H
#define COMMON_GITCONFIG_H

/*
 * The configuration that the broker and the command obey: what git reads outside of any
 * repository, namely the system's and the user's files with all that they include, in git's
 * order. Both ask git for it, so that what the command writes is what the broker reads. Of
 * the environment only the variables that name these files have an effect. "git -c",
 * repositories and an includeIf for a repository have none.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "message.h"

enum { GITCONFIG_DIGEST_MAX = 17 };	/* NUL included */

struct gitconfig_entry {
	const char *key;	/* section and variable in lower case */
	const char *value;	/* NULL: there is no "=" */
	const char *file;	/* the file that it stands in */
	bool system;		/* it stands in the system's file, or in a file included there */
};

/*
 * The variables of [xmpp], [xmppShare], [xmppGroup], [xmppFollow] and [xmppBuddy]. Of two with
 * the same key the later counts.
 */
struct gitconfig {
	struct buf bytes;			/* as git printed it; the rows point into it */
	struct gitconfig_entry *rows;		/* owned */
	size_t count;
};

/*
 * Reads the configuration, which takes a few milliseconds, at most 10 seconds. 0, or -1
 * with the reason in *trouble, in git's words if git gave one. The caller calls
 * gitconfig_finish() in both cases.
 */
int gitconfig_read(struct gitconfig *c, struct message *trouble);

/*
 * Makes the rows from c->bytes, the output of "git config -z --show-scope --show-origin
 * --get-regexp". False if it is something else.
 */
bool gitconfig_parse(struct gitconfig *c);
void gitconfig_finish(struct gitconfig *c);

/* Makes copy, which is finished as well, the same as c. */
void gitconfig_copy(struct gitconfig *copy, const struct gitconfig *c);

/*
 * The last entry with this key, which is the one that counts; NULL if there is none. The
 * key is spelled as in the rows.
 */
const struct gitconfig_entry *gitconfig_find(const struct gitconfig *c, const char *key);

/* The value of that entry; NULL if there is no entry, or its value is empty. */
const char *gitconfig_get(const struct gitconfig *c, const char *key);

/*
 * Takes section.<name>.variable apart: returns the variable, like "push", and sets *name
 * and *len to the name. NULL if the entry is not of that section, or has no name.
 */
const char *gitconfig_variable(const struct gitconfig_entry *e, const char *section,
			       const char **name, size_t *len);

/*
 * The account: xmpp.account, else the only account configured; malloc'd. NULL if there is
 * neither, or there are several accounts.
 */
char *gitconfig_account(const struct gitconfig *c);

/*
 * Read a value as git does, numbers with k, m and g. False if it is no boolean, or no
 * number.
 */
bool gitconfig_bool(const char *value, bool *out);
bool gitconfig_number(const char *value, int64_t *out);

/* A digest that is equal if the same variables have the same values in the same order. */
void gitconfig_digest(const struct gitconfig *c, char out[GITCONFIG_DIGEST_MAX]);

#endif
