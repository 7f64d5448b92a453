/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NOTIFY_COMMAND_H
#define DAEMON_NOTIFY_COMMAND_H

/*
 * Runs the user's own command (xmpp.notifyCommand) for one notice: with its own words and, as
 * the last one, the line that the user is told. No shell sees any of them. It runs in the
 * user's environment (child-env.h), and with GIT_XMPP_NOTICE, the notice's kind, and
 * GIT_XMPP_JID. It gets no input, its output is dropped, and it is ended after NOTIFY_MAX.
 */

#include <uv.h>

struct notify_command;

struct notify_about {
	const char *kind, *jid, *line;
};

/*
 * words: the command's own, ended by NULL. done() follows, never within the call: the command
 * has ended or could not be started, which is logged.
 */
struct notify_command *notify_command_start(uv_loop_t *loop, char *const *words,
					    const struct notify_about *about,
					    void (*done)(void *owner), void *owner);
/* Ends it; done() is not called any more. c may be NULL. */
void notify_command_destroy(struct notify_command *c);

#endif
