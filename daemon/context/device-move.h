/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DEVICE_MOVE_H
#define DAEMON_DEVICE_MOVE_H

/*
 * A device moves to another machine: its key, the trust table, the invitations of its account
 * and those of others that wait to be used go into one file (device-archive.h), and the machine
 * that wrote the file gives all of it up. The link of an invitation names the key, so it is good
 * where the key is; and only there, because each is to be used once. Notices, the queue and what
 * was followed do not move.
 *
 * The content of the archive is text:
 *
 *     jid <bare JID>\n   the PEM of device_key_pem()   the lines of trust_write()
 *     invitations\n   the lines of invitations_write()
 *     joinings\n   the lines of joinings_write(), if there are any
 */

#include "device-key.h"
#include "invitations.h"
#include "joinings.h"
#include "message.h"
#include "trust.h"

struct device_move {
	struct device_key *key;		/* owned */
	struct trust *trust;		/* owned */
	struct invitations *invitations;	/* owned */
	struct joinings *joinings;	/* owned */
};

/*
 * Writes a new file of mode 0600 at path, never over another one, and reads it back. Then the
 * files of invitations and joinings are removed, the key of jid is moved to key.exported, and
 * state_files_key() has none until another is put there. Returns 0, or -1 with *trouble: then
 * there is no new file, and all of it is in its place.
 */
int device_move_export(const char *path, const char *passphrase, const char *jid,
		       const struct device_key *key, const struct trust *trust,
		       const struct invitations *invitations, const struct joinings *joinings,
		       struct message *trouble);

/*
 * Reads such a file of jid. 0; -1 with *trouble: it cannot be read or opened, it is of another
 * account, or a line of it is not understood. The caller finishes *out in both cases.
 */
int device_move_read(const char *path, const char *passphrase, const char *jid,
		     struct device_move *out, struct message *trouble);

/*
 * Makes it the device of jid: replaces the tables and the key, and removes key.exported. No
 * identity of jid may be in use. 0, or -1 with *trouble: then the same may be tried again.
 */
int device_move_import(const struct device_move *move, const char *jid, struct message *trouble);

void device_move_finish(struct device_move *move);

#endif
