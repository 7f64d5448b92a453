/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GROUPS_H
#define DAEMON_GROUPS_H

/*
 * Groups of the roster that have a right in a share. Who is a member was written down when
 * the user shared with the group. A roster that has somebody no longer in the group takes
 * their right away at once. Somebody who was put into the group since waits until the user
 * accepts them.
 */

#include "broker.h"

/* Handler of struct account_events; owner is the broker. */
void groups_roster(void *owner, const char *bare, const char *groups);

/* The whole roster was read: who is in which group is known. */
void groups_known(struct broker *b);

/* Calls each for everybody who waits, with the name of the group and their bare JID. */
void groups_waiting(const struct broker *b,
		    void (*each)(void *arg, const char *group, const char *jid), void *arg);

#endif
