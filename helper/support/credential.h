/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_CREDENTIAL_H
#define HELPER_CREDENTIAL_H

/* The password of an account, from git's credential helpers or by git's prompt. */

#include <stdbool.h>

#include "buf.h"

struct credential {
	struct buf description;	/* as git credential prints it; holds the password */
};

/*
 * Finds or asks for the password of a bare JID, in the foreground. False if
 * there is none; git has said why.
 */
bool credential_fill(struct credential *credential, const char *jid);

/* The password; to be freed with credential_free_text(). NULL if there is none. */
char *credential_password(const struct credential *credential);
void credential_free_text(char *text);

/* Tells git's helpers to keep it, or to forget it. */
void credential_approve(const struct credential *credential);
void credential_reject(const struct credential *credential);

enum credential_fate {
	CREDENTIAL_KEPT,	/* it comes back when a broker asks */
	CREDENTIAL_LOST,	/* a helper is configured, and none gives it back */
	CREDENTIAL_NO_HELPER,
};

/* Asks for it as a broker does: with nobody at a terminal, and without what "git -c" says. */
enum credential_fate credential_look(const struct credential *credential, const char *jid);

/*
 * A helper that is installed here and keeps passwords well, for
 * credential.helper; NULL: none is.
 */
const char *credential_suggestion(void);

/* Wipes and frees. */
void credential_finish(struct credential *credential);

#endif
