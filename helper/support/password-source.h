/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PASSWORD_SOURCE_H
#define HELPER_PASSWORD_SOURCE_H

/*
 * Where one command takes the password of an account from until the server takes it: first
 * git's credential helpers, then the user. Each is bounded, because a server counts wrong
 * passwords.
 */

#include "credential.h"
#include "jid.h"
#include "message.h"

enum { PASSWORDS_MAX = 3 };	/* that the user is asked for; and that helpers give */

struct password_source {
	char jid[JID_MAX];		/* bare */
	bool registers;			/* the account is to be made with it */
	bool only_asks;			/* the helpers are left out */
	struct credential credential;	/* the present password */
	char *refused;			/* the one before, if there was one; owned */
	int found, asked;		/* so often a helper gave one, and the user was asked */
};

/* Zero-initialises all but the JID. */
void password_source_init(struct password_source *s, const char *jid);
void password_source_finish(struct password_source *s);

/* Takes a stored password, unless it is the one that was refused. False if there is none. */
bool password_source_find(struct password_source *s);

/* Whether the user can be asked, and was not asked too often. */
bool password_source_can_ask(const struct password_source *s);
/* Asks the user. False if they give none. */
bool password_source_ask(struct password_source *s);

/*
 * Gives the present password to the broker, which has no terminal to ask for it, and tries
 * it at once. False with *trouble if the broker cannot be told.
 */
bool password_source_give(const struct password_source *s, struct message *trouble);

/*
 * The server has refused the present password: a helper that gave it erases it. Then there is
 * no present password.
 */
void password_source_refuse(struct password_source *s);

#endif
