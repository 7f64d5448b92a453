/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_INQUIRER_H
#define DAEMON_INQUIRER_H

/*
 * Asks buddies of whom nothing is seen whether they are there: core/inquiry.h, with the connection, the
 * clock, and who matters. Who answers is told to the broker as if a presence had come.
 */

#include "broker.h"

struct inquirer;

struct inquirer *inquirer_create(struct broker *b, uint32_t random);
void inquirer_destroy(struct inquirer *i);

/* Our connection is there, or gone; the presence table knows that already. */
void inquirer_online(struct inquirer *i, bool online);

/* The presence table is another one. */
void inquirer_renew(struct inquirer *i);

/* Something of jid is not seen any more, or matters from now on. */
void inquirer_unseen(struct inquirer *i, const char *jid);

/* Somebody waits for jid, and whether there is still a question whose answer may change what is known. */
void inquirer_want(struct inquirer *i, const char *jid);
bool inquirer_pending(const struct inquirer *i, const char *jid);

/* What was sent to this full JID came back with this condition: a device that is seen there is asked. */
void inquirer_doubt(struct inquirer *i, const char *full, const char *error);

/* Whether what is not seen of jid may be so because their server cannot be reached. */
bool inquirer_unreachable(const struct inquirer *i, const char *jid);

/* A presence came from jid; or an error in the place of one. */
void inquirer_heard(struct inquirer *i, const char *jid, const char *error);

#endif
