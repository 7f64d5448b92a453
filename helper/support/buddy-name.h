/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_BUDDY_NAME_H
#define HELPER_BUDDY_NAME_H

/*
 * What a user calls a buddy:
 *   bob@example.org        the address; also as other programs write it, with "xmpp:" in front
 *                          of it, a resource behind it, or blanks around it
 *   bobby                  the nickname xmppBuddy.bobby.address
 *   bob                    the local part of the address of a buddy with a trusted device, if
 *                          only one has it
 * A nickname goes before a local part. The contact list is not asked, because the server
 * writes it.
 */

#include <stdbool.h>

#include "gitconfig.h"
#include "jid.h"
#include "message.h"

enum { NICKNAME_MAX = 64 };	/* bytes, NUL included */

/* Letters, digits, '.', '_', '-' and UTF-8 above ASCII, not beginning with '.' or '-'. */
bool nickname_valid(const char *name);

/* The address of a nickname in the configuration; false if there is none, or it is invalid. */
bool nickname_jid(const struct gitconfig *c, const char *name, char jid[JID_MAX]);

/* Calls each for all nicknames of the configuration, once for a name. */
void nicknames_each(const struct gitconfig *c,
		    void (*each)(void *arg, const char *name, const char *jid), void *arg);

/*
 * The name in front of the '/' of <buddy>/<share>, malloc'd. *share is what stands behind it;
 * NULL: there is no '/'. Both are as they were written.
 */
char *buddy_name_of(const char *address, const char **share);

/* Finds the JID; false with *trouble. A broker is asked for a local part, if one runs. */
bool buddy_name_jid(const char *text, char jid[JID_MAX], struct message *trouble);

#endif
