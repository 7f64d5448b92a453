/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GRANTING_H
#define DAEMON_GRANTING_H

/*
 * Gives a right in a share to the person who used an invitation. The right counts at once. It
 * is written into the user's git configuration as the user would do it, by "git xmpp share",
 * which locks the file, changes all of it or nothing, and has this broker read it again.
 */

#include "broker.h"

struct granting;

/*
 * Does nothing if the invitation names no share, or one that is shared no more. A right that
 * cannot be written is logged, and lasts until the configuration is read again; a notice tells
 * the user until then, and on until the configuration has it.
 */
void grant_right(struct broker *b, const struct invitation *invitation, const char *jid);

/* The configuration was read: ends the notices of rights that stand in it now. */
void grantings_read(struct broker *b);

/* The broker ends. What is being written is written to its end; whether it was is not known. */
void grantings_end(struct broker *b);

#endif
