/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_GITCONFIG_H
#define COMMON_GITCONFIG_H

/*
 * The configuration that counts: what git reads where there is no repository, that is the
 * system's and the user's files with all they include, in git's order. The broker and the
 * command read it here, both by asking git, so that what one writes is what the other obeys.
 * Of the environment only what says where these files are is obeyed: neither "git -c" nor a
 * repository, nor an includeIf that asks for one, counts.
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
	const char *file;	/* where it stands */
	bool system;		/* which is the system's file, or one included there */
};

/* The variables of [xmpp], [xmppShare], [xmppFollow]; of two with one key the later one counts. */
struct gitconfig {
	struct buf bytes;			/* as git printed it; the rows point there */
	struct gitconfig_entry *rows;		/* owned */
	size_t count;
};

/*
 * Reads it, which takes a few milliseconds, at most 10 seconds. 0, or -1 with the reason, git's
 * own if it gave one, in *trouble. To be finished in both cases.
 */
int gitconfig_read(struct gitconfig *c, struct message *trouble);

/*
 * The rows of c->bytes: what "git config -z --show-scope --show-origin --get-regexp" prints.
 * False if it is something else.
 */
bool gitconfig_parse(struct gitconfig *c);
void gitconfig_finish(struct gitconfig *c);

/* The entry that counts, NULL if there is none. The key is given as in the rows. */
const struct gitconfig_entry *gitconfig_find(const struct gitconfig *c, const char *key);

/* Its value, NULL if there is none or it is empty. */
const char *gitconfig_get(const struct gitconfig *c, const char *key);

/*
 * The entry's variable, like "push", if it belongs to a name in that section; NULL else. *name
 * and *len are the name, as in section.<name>.variable.
 */
const char *gitconfig_variable(const struct gitconfig_entry *e, const char *section,
			       const char **name, size_t *len);

/* The account: what xmpp.account says, or the only one there is; malloc'd. NULL: neither is so. */
char *gitconfig_account(const struct gitconfig *c);

/* As git reads them: false if it is neither true nor false, or no number (k, m and g are known). */
bool gitconfig_bool(const char *value, bool *out);
bool gitconfig_number(const char *value, int64_t *out);

/* Equal for two who read the same variables with the same values in the same order. */
void gitconfig_digest(const struct gitconfig *c, char out[GITCONFIG_DIGEST_MAX]);

#endif
