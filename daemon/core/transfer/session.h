/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

/*
 * A session: one helper, from its OPEN to its end. It waits until the account
 * is online and the buddy's presence is known, sends an errand to the buddy's
 * devices, and then moves bytes between the helper and the channel.
 */

#include "broker.h"
#include "conn.h"

struct session {
	struct session *next;		/* broker::sessions */
	struct session_internal *in;
};

/* Takes the connection over. The session ends with it. */
void session_create(struct broker *b, struct conn *conn, struct fields open);

/* The account's state or somebody's presence has changed: those who wait look again, and what is unsettled is asked for. */
void sessions_wake(struct broker *b);

/*
 * Nothing goes to jid any more, or, where device is not NULL, to that device of theirs: the sessions that it concerns
 * end, and say so. One that may still find another device goes on.
 */
void sessions_shut_out(struct broker *b, const char *jid, const char *device, enum message_id told);

/* The peer's link lost its path: those who still wait for another one a moment later are told. */
void sessions_cut_off(const struct peer *p);

/* The peer's link is on another path: those who want to know are told. */
void sessions_moved(const struct peer *p);

/* A row for status; false when it does not move data. */
bool session_describe(const struct session *s, struct buf *fields);

#endif
