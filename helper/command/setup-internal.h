/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SETUP_INTERNAL_H
#define HELPER_SETUP_INTERNAL_H

/*
 * Shared by setup.c (the order of things), setup-options.c (what the user says, and which
 * account that is) and setup-login.c (the broker logs in, and the user sees it).
 */

#include <stdbool.h>

#include "amend.h"
#include "gitconfig.h"
#include "jid.h"
#include "login-watch.h"
#include "password-source.h"

enum {
	ACCOUNT_NAME_MAX = 32,
	ACCOUNT_NAME_SHOWN = 256, /* bytes; the user's own names may be long */
};

struct setup {
	char jid[JID_MAX];
	char name[ACCOUNT_NAME_MAX + 1];
	const char *server, *proxy, *password_command; /* borrowed from argv; NULL: not given */
	char *ca_file;				/* owned; absolute */
	bool start;
	bool ask;				/* ask for a password, even if a command told it
						   before */
	bool asks_password;
	bool registers;				/* the server is to make the account */
	bool joins;				/* for an invitation, which is the next step */
	bool (*move)(void *arg);		/* setup_to_move(); NULL: nobody moves */
	void *move_arg;				/* borrowed */
	struct password_source password;	/* if asks_password */
	bool is_told;				/* if asks_password: a broker learns it without the
						   user */
	bool pins;				/* the key that the server shows */
	const char *pin;			/* borrowed: the key to pin; NULL: not known yet */
	bool unpins;				/* no key is pinned any more */
	char shown_key[LOGIN_KEY_MAX];		/* what pin points to, if the server showed it */
	struct login_watch watch;		/* the last login */
	bool prefer;				/* make it the default account */
	bool list, json, yes;
	const char *other_default, *removed;	/* borrowed from argv; NULL: not given */
	struct gitconfig configuration;		/* before the change */
	bool first;				/* it becomes the default, where none was */
	char before[ACCOUNT_NAME_SHOWN];	/* the default account, if that is another */
	struct amendment amendment;
};

/* Takes what the user says, and finds the account that they mean. Returns an exit status. */
int setup_read_arguments(struct setup *s, int argc, char **argv);

/* The key of a variable of this account; the caller frees it. */
char *setup_key(const struct setup *s, const char *variable);

/* The value of a variable of this account, borrowed; NULL if it is not set. */
const char *setup_get(const struct setup *s, const char *variable);

/*
 * Stores the password. The messages say what the broker will find at its next start, when
 * it asks git for the password itself.
 */
int setup_keep(struct setup *s);

/*
 * Logs in. The refused password may be an old one of a helper; the user, if they can be
 * asked, may know another.
 */
int setup_go_online(struct setup *s);

#endif
