/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STATE_FILES_H
#define DAEMON_STATE_FILES_H

/*
 * An account's files (accountfile.h): the device key ($XDG_DATA_HOME/git-xmpp/…/key, 0600) and
 * the trust table ($XDG_STATE_HOME/git-xmpp/…/devices), in directories of mode 0700.
 * Written whole, to a temporary file that is renamed. Those that were one for all accounts become
 * the ones of the account that is asked for first.
 */

#include "device-key.h"
#include "message.h"
#include "trust.h"

/* The key, made the first time. NULL with *trouble; a file that others can read is refused. */
struct device_key *state_files_key(const char *jid, struct message *trouble);

/* -1 with *trouble when the file is there and cannot be read. */
int state_files_read_trust(const char *jid, struct trust *trust, struct message *trouble);
int state_files_write_trust(const char *jid, const struct trust *trust, struct message *trouble);

#endif
