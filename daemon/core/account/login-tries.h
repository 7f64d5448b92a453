/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LOGIN_TRIES_H
#define CORE_LOGIN_TRIES_H

/*
 * What was tried since a round of logins began, for the user who watches: each address, how
 * far the login got there, and why no further.
 */

#include <stddef.h>
#include <stdint.h>

#include "key-pins.h"

enum {
	LOGIN_TRIES_MAX = 32,		/* those beyond are counted and not kept */
	LOGIN_WHERE_MAX = 320,		/* bytes: a host or an address, and a port */
	LOGIN_REASON_MAX = 256,
};

/* The stage at which a login failed. */
enum login_stage {
	LOGIN_STAGE_DNS,
	LOGIN_STAGE_PROXY,
	LOGIN_STAGE_TCP,
	LOGIN_STAGE_TLS,
	LOGIN_STAGE_SASL,
	LOGIN_STAGE_BIND,
	LOGIN_STAGE_DONE,		/* it did not fail */
};

/* A stable word for programs. */
const char *login_stage_name(enum login_stage stage);

struct login_try {
	enum login_stage stage;
	char where[LOGIN_WHERE_MAX];
	char reason[LOGIN_REASON_MAX];	/* empty when done */
	char key[KEY_PIN_TEXT_MAX];	/* the server's; empty if none was shown */
	bool pinned;			/* that key is pinned */
	uint64_t until;			/* unix seconds: the certificate's end; 0: none was
					   shown */
};

struct login_tries {
	struct login_try list[LOGIN_TRIES_MAX];
	size_t count;
};

void login_tries_begin(struct login_tries *t);
/* A place for the next try, to be filled in. Valid until the next call. */
struct login_try *login_tries_add(struct login_tries *t);

#endif
