/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_CREDENTIAL_H
#define HELPER_CREDENTIAL_H

/* The password of an account, from git's credential helpers or by git's prompt. */

#include <stdbool.h>

#include "buf.h"

struct credential {
	struct buf description;	/* in the format of git credential; holds the password */
	bool stored;		/* a credential helper had it; else the user was asked */
};

/*
 * Finds the password of a bare JID in git's credential helpers. Nobody is asked, but by a
 * helper that asks by itself. False if there is none.
 */
bool credential_find(struct credential *credential, const char *jid);

/*
 * Has git ask the user for it, in the foreground: by GIT_ASKPASS, core.askPass, SSH_ASKPASS
 * or at the terminal, in git's order. The helpers are not consulted. False if there is
 * none; git has then printed why.
 */
bool credential_ask(struct credential *credential, const char *jid);

/* Whether git has somebody to ask. */
bool credential_can_ask(void);

/* The password; the caller frees it with credential_free_text(). NULL if there is none. */
char *credential_password(const struct credential *credential);
void credential_free_text(char *text);

/* Has this helper store the credential; NULL: those that are configured. */
void credential_approve(const struct credential *credential, const char *helper);
/* Has the helpers erase it. */
void credential_reject(const struct credential *credential);

/* Tells git's credential helpers to erase whatever they have of a bare JID. */
void credential_erase(const char *jid);

enum credential_fate {
	CREDENTIAL_KEPT,	/* a broker that asks will get it */
	CREDENTIAL_LOST,	/* a helper is configured, but none returns the password */
	CREDENTIAL_NO_HELPER,
};

/*
 * Asks for the password as a broker does, without a terminal and without the settings of
 * "git -c", and says whether it would get this one.
 */
enum credential_fate credential_look(const struct credential *credential, const char *jid);

/*
 * The last credential helper that is configured for this JID, as it stands in the
 * configuration; malloc'd. NULL if there is none.
 */
char *credential_helper(const char *jid);

/* Whether this helper alone would give a broker this password. */
bool credential_is_from(const struct credential *credential, const char *jid, const char *helper);

/* Wipes the password and frees. */
void credential_finish(struct credential *credential);

#endif
