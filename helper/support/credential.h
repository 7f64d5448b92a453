/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_CREDENTIAL_H
#define HELPER_CREDENTIAL_H

/* The password of an account, from git's credential helpers or by git's prompt. */

#include <stdbool.h>

#include "buf.h"

struct credential {
	struct buf description;	/* in the format of git credential; holds the password */
};

/*
 * Finds the password of a bare JID, or asks the user for it, in the foreground. False if
 * there is none; git has then printed why.
 */
bool credential_fill(struct credential *credential, const char *jid);

/* The password; the caller frees it with credential_free_text(). NULL if there is none. */
char *credential_password(const struct credential *credential);
void credential_free_text(char *text);

/* Tell git's credential helpers to store the credential, or to erase it. */
void credential_approve(const struct credential *credential);
void credential_reject(const struct credential *credential);

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
 * The name, for credential.helper, of an installed helper that keeps passwords safely; NULL
 * if none is installed.
 */
const char *credential_suggestion(void);

/* Wipes the password and frees. */
void credential_finish(struct credential *credential);

#endif
