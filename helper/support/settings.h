/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SETTINGS_H
#define HELPER_SETTINGS_H

/*
 * The configuration a client needs, as git sees it: with the repository's
 * file, includes and -c. A child asks git while the helper talks.
 */

#include <stdbool.h>
#include <sys/types.h>

struct settings {
	int git_protocol;	/* protocol.version: 0, 1 or 2 */
	bool autostart;		/* GIT_XMPP_AUTOSTART, or xmpp.autostart */
	char transport[16];	/* xmpp.transport; empty: not set */
};

struct settings_query {
	pid_t child;		/* -1: there is none */
	int fd;			/* its standard output; owned */
};

/* Starts the child. Whatever goes wrong, settings_read() will give the defaults. */
void settings_ask(struct settings_query *query);

/* Waits for the answer, and ends the query. */
void settings_read(struct settings_query *query, struct settings *settings);

/* Ends a query whose answer is not wanted. */
void settings_forget(struct settings_query *query);

#endif
