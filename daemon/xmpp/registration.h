/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REGISTRATION_H
#define DAEMON_REGISTRATION_H

/*
 * Makes an account at a server that allows it (XEP-0077), before any login: STARTTLS, what the
 * server asks for, and the name and the password if it asks for nothing else. Only what libstrophe
 * has parsed comes here; the caller sends, and starts TLS.
 */

#include <stdbool.h>
#include <stddef.h>
#include <strophe.h>

#include "buf.h"

enum registration_step {
	REGISTRATION_WAITS,		/* for another stanza */
	REGISTRATION_SENDS,		/* out is to be sent */
	REGISTRATION_STARTS_TLS,	/* then a stream is to be opened */
	REGISTRATION_DONE,		/* the account is made */
	REGISTRATION_REFUSED,		/* reason says why */
	REGISTRATION_ELSEWHERE,		/* url is where a person makes it */
};

enum { REGISTRATION_URL_MAX = 300 };

struct registration {
	const char *jid, *password;	/* borrowed while a stanza is taken; jid is bare */
	bool secured;			/* TLS is up */
	bool asked;			/* the password was sent */
	bool invites;			/* the server announces invitations of its own */
	char reason[160];
	char url[REGISTRATION_URL_MAX];	/* http or https; or empty */
	struct buf *out;		/* borrowed */
};

/* Takes a stanza of a stream that has no login. */
enum registration_step registration_take(struct registration *r, xmpp_stanza_t *stanza);

#endif
