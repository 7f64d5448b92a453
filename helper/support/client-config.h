/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_CLIENT_CONFIG_H
#define HELPER_CLIENT_CONFIG_H

/*
 * The configuration that a client needs, as git sees it: with the repository's file,
 * includes and -c. A child asks git while the helper goes on.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"

enum {
	CLIENT_WAIT_MAX = 7 * 24 * 3600,	/* seconds */
	CLIENT_ACCOUNT_MAX = 3072,		/* a name or an address, NUL included */
};

struct client_config {
	int git_protocol;	/* protocol.version: 0, 1 or 2 */
	char bad_protocol[64];	/* what it is instead, maybe cut off; empty: it is one of them */
	bool autostart;		/* GIT_XMPP_AUTOSTART, or xmpp.autostart */
	char transport[16];	/* xmpp.transport; empty: not set */
	uint32_t wait;		/* xmpp.wait, in seconds: how long a buddy who is away is waited
				   for */
	/* The account, a name or an address; "": nothing says which. */
	char account[CLIENT_ACCOUNT_MAX];
	char here[CLIENT_ACCOUNT_MAX];	/* xmpp.account; it may only be the default */
	bool account_given;		/* account is from GIT_XMPP_ACCOUNT */
};

struct client_config_query {
	const char *remote;	/* borrowed; may be NULL */
	pid_t child;		/* -1: no child runs */
	int fd;			/* the child's standard output; owned */
};

/*
 * Starts the child. If that fails, client_config_read() will give the defaults. remote: the
 * name of the remote that the client is for, borrowed until the answer was read; NULL: none.
 */
void client_config_ask(struct client_config_query *query, const char *remote);

/* Waits for the answer, fills in the configuration, and ends the query. */
void client_config_read(struct client_config_query *query, struct client_config *config);

/*
 * Adds the fields "account" and "account-here" to the frame that says what the client wants
 * (account-list.h says what they mean). The account is the one of GIT_XMPP_ACCOUNT, else of
 * remote.<name>.xmppAccount, else of xmpp.account if that is the repository's own or was given
 * with -c. Any other xmpp.account is only what git reads here.
 */
void client_config_put_account(const struct client_config *config, struct buf *fields);

/* Ends a query without waiting for its answer. */
void client_config_forget(struct client_config_query *query);

#endif
