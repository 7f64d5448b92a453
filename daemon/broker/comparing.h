/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMPARING_H
#define DAEMON_COMPARING_H

/* Comparisons (comparison.h) for the user: the command, and what is told to them. */

#include "broker.h"
#include "conn.h"

/*
 * Makes b->comparisons; comparing_end() frees them, after the meetings have ended.
 * comparing_forget(): we are another account now.
 */
void comparing_begin(struct broker *b);
void comparing_forget(struct broker *b);
void comparing_end(struct broker *b);

/*
 * The verb "compare" of git-xmpp: answers with one row of the comparison with the device that
 * has the key. With begin=1 it is begun, unless it is under way or done.
 */
void command_compare(struct broker *b, struct conn *conn, struct fields command);

/*
 * For a command that says what its user saw: whether `words`, the eight hex digits of the
 * string, is the string that is kept for the key. False if the command has no `words`.
 */
bool comparing_is_shown(struct broker *b, struct fields command, const char *jid,
			const unsigned char *fp);

/* Our user has decided about the key. The other user is told, if the two have compared. */
void comparing_said(struct broker *b, const char *jid, const unsigned char *fp, bool same);

#endif
