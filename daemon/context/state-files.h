/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STATE_FILES_H
#define DAEMON_STATE_FILES_H

/*
 * The files of an account (accountfile.h): the device key ($XDG_DATA_HOME/git-xmpp/…/key,
 * 0600), the trust table ($XDG_STATE_HOME/git-xmpp/…/devices) and the invitations and
 * joinings (there, 0600, because they hold secrets), in directories of mode 0700. Each is written
 * whole, to a temporary file that is renamed. Old files that were shared by all accounts go to the
 * first account that asks.
 */

#include "device-key.h"
#include "invitations.h"
#include "joinings.h"
#include "message.h"
#include "notices.h"
#include "trust.h"

/*
 * The device key of jid, made the first time. NULL with *trouble. A file that others can
 * read is refused. If the key was exported (device-move.h) or went to another account
 * (account-move.h), none is made: MSG_DEVICE_EXPORTED, MSG_ACCOUNT_MOVED.
 */
struct device_key *state_files_key(const char *jid, struct message *trouble);

/*
 * The account to which the device of jid went, malloc'd, or NULL. *path is where that stands,
 * malloc'd; path may be NULL. It counts only where there is no key.
 */
char *state_files_moved(const char *jid, char **path);

/* Return 0, or -1 with *trouble. A file that is missing is read as an empty table. */
int state_files_read_trust(const char *jid, struct trust *trust, struct message *trouble);
int state_files_write_trust(const char *jid, const struct trust *trust, struct message *trouble);
int state_files_read_invitations(const char *jid, struct invitations *invitations,
				 struct message *trouble);
int state_files_write_invitations(const char *jid, const struct invitations *invitations,
				  struct message *trouble);
int state_files_read_joinings(const char *jid, struct joinings *joinings, struct message *trouble);
int state_files_write_joinings(const char *jid, const struct joinings *joinings,
			       struct message *trouble);

/*
 * What the account's user has to be told ($XDG_STATE_HOME/git-xmpp/…/notices). Return 0, or -1
 * with *trouble. A file that is missing is read as an empty table.
 */
int state_files_read_notices(const char *jid, struct notices *notices, struct message *trouble);
int state_files_write_notices(const char *jid, const struct notices *notices,
			      struct message *trouble);

#endif
