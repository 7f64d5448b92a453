/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_KEEPERS_H
#define HELPER_KEEPERS_H

/*
 * What on this machine can keep a password: git's credential helpers, and programs that
 * print it again, which a passwordCommand then runs. Only what is installed is named.
 */

#include <stdbool.h>
#include <stddef.h>

enum { KEEPERS_MAX = 8 };

struct keeper {
	const char *name;	/* as it is shown; of a helper: for credential.helper */
	const char *what;	/* for the user; NULL: the name says it */
	bool is_helper;
	bool is_plain;		/* it keeps the password unencrypted */
	/* of a program: command lines in which %s is the JID, quoted for a shell */
	const char *store, *print;
};

/* Those that are installed, the best one first. Returns how many. */
size_t keepers_find(const struct keeper *found[KEEPERS_MAX]);

/*
 * Whether a credential helper that is configured as this text is installed. A shell's
 * command line (it begins with '!') counts as installed.
 */
bool keepers_has_helper(const char *configured);

#endif
