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

enum { CLIENT_WAIT_MAX = 7 * 24 * 3600 };	/* seconds */

struct client_config {
	int git_protocol;	/* protocol.version: 0, 1 or 2 */
	bool autostart;		/* GIT_XMPP_AUTOSTART, or xmpp.autostart */
	char transport[16];	/* xmpp.transport; empty: not set */
	uint32_t wait;		/* xmpp.wait, in seconds: how long a buddy who is away is waited
				   for */
};

struct client_config_query {
	pid_t child;		/* -1: no child runs */
	int fd;			/* the child's standard output; owned */
};

/* Starts the child. If that fails, client_config_read() will give the defaults. */
void client_config_ask(struct client_config_query *query);

/* Waits for the answer, fills in the configuration, and ends the query. */
void client_config_read(struct client_config_query *query, struct client_config *config);

/* Ends a query without waiting for its answer. */
void client_config_forget(struct client_config_query *query);

#endif
