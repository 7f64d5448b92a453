/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NOTICE_BOARD_H
#define DAEMON_NOTICE_BOARD_H

/*
 * Tells the user what waits (core/context/notices.h): joins the table of notices with what
 * causes them, with its file, and with the three who tell: "git xmpp status", a line for the
 * next command, and the user's own command. The file is $XDG_STATE_HOME/git-xmpp/…/notices of
 * the account; one that cannot be written is logged and tried again at the next change.
 */

#include "conn.h"
#include "notifier.h"
#include "timers.h"

struct broker;
struct notify_command;

struct notice_board {
	struct notifier notifier;
	struct notify_command *command; /* owned; NULL: none runs */
	struct timer look, save;
	char *account;	/* whose notices these are; owned; NULL: nobody's */
	bool unwritten; /* the last attempt to save failed */
};

/* Makes context::notices. The configuration and the tables must be there. */
void notice_board_begin(struct broker *b);
/* The broker stops: saves, and ends the user's command. */
void notice_board_stop(struct broker *b);
void notice_board_finish(struct broker *b);

/* The account may be another one: its notices take the place of the present ones. */
void notice_board_identify(struct broker *b);

/* Something that notices are derived from has changed: they are reviewed a moment later. */
void notice_board_look(struct broker *b);
/*
 * The roster was read. The requests that stood are open in the presence table again, unless the
 * roster has granted them: servers differ in whether they say one again.
 */
void notice_board_requests(struct broker *b);
/* Reviews the notices now, before somebody is shown them. */
void notice_board_review(struct broker *b);

/*
 * Sends a client, as notes, the lines that were not said yet, NOTICE_LINES_MAX at most, but
 * none about jid, which may be NULL.
 */
void notice_board_say(struct broker *b, struct conn *conn, const char *jid);
/* A person was shown all of them. */
void notice_board_shown(struct broker *b);

#endif
