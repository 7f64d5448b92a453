/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

/*
 * The messages for the user when something fails: one row for each kind, with a stable id
 * for programs, one line for people that says what happened and with whom, and a hint that
 * says what to do. The catalogue is message.c; the man page's list is made from it.
 */

#include <stdbool.h>

#include "buf.h"
#include "fields.h"

enum message_id {
	MSG_NONE,
	/* the socket */
	MSG_BROKER_UNREACHABLE,		/* path, reason */
	MSG_BROKER_START_FAILED,	/* reason */
	MSG_BROKER_HUNG,		/* path */
	MSG_BROKER_FULL,		/* path */
	MSG_BROKER_LOST,		/* (nothing) the broker went away in the middle of the
					   conversation */
	MSG_BROKER_STOPPING,		/* (nothing) it lets transfers end, and begins none */
	MSG_BROKER_VERSION,		/* program, theirs, ours */
	MSG_SOCKET_PERMISSIONS,		/* path, mode */
	MSG_SOCKET_OWNER,		/* path */
	MSG_SOCKET_PATH,		/* path, reason */
	MSG_CANNOT_BEGIN,		/* reason: the broker cannot even create its event loop */
	/* the account */
	MSG_NO_ACCOUNT,
	MSG_UNKNOWN_ACCOUNT,		/* account: neither a name nor an address of one */
	MSG_WHICH_ACCOUNT,		/* several, and none is the default */
	MSG_BAD_ACCOUNT,		/* account, reason */
	MSG_ACCOUNT_GONE,		/* jid: it is configured no more */
	MSG_PASSWORD_NEEDED,		/* jid */
	MSG_PASSWORD_COMMAND,		/* account, command, reason */
	MSG_AUTH_FAILED,		/* jid, reason */
	MSG_REGISTER_REFUSED,		/* domain, jid, reason: no account is made */
	MSG_REGISTER_ELSEWHERE,		/* domain, jid, reason, url */
	MSG_CERT_INVALID,		/* domain, reason, key */
	MSG_CERT_UNCHECKED,		/* domain, reason: no key was shown, or the check could
					   not begin */
	MSG_KEY_CHANGED,		/* domain, key, pinned */
	MSG_SERVER_UNREACHABLE,		/* domain, reason */
	MSG_NO_TLS,			/* domain */
	MSG_REPLACED,			/* jid */
	MSG_COPIED,			/* jid */
	MSG_KEY_IN_USE,			/* jid, path */
	MSG_DEVICE_EXPORTED,		/* jid, path */
	MSG_ACCOUNT_MOVED,		/* jid, to, path: its device went to another account */
	MSG_NO_RESOURCES,		/* jid */
	MSG_PASSWORD_AWAITED,		/* jid, command */
	MSG_NOT_ONLINE,			/* jid: the broker is still connecting; we gave up
					   waiting */
	/* the buddy */
	MSG_BAD_URL,			/* url, reason */
	MSG_NOT_BUDDY,			/* jid */
	MSG_NOT_ACCEPTED,		/* jid, me */
	MSG_NO_LONGER_BUDDY,		/* jid: in the roster, but does not let us see them (any
					   more) */
	MSG_REMOVED,			/* jid: they told us that they removed us */
	MSG_SUBSCRIPTION_REFUSED,	/* jid, condition: the error with which a server
					   answered our request */
	MSG_BLOCKED,			/* jid */
	MSG_BUDDY_OFFLINE,		/* jid */
	MSG_BUDDY_UNSEEN,		/* jid */
	MSG_BUDDY_NO_GIT,		/* jid */
	MSG_NO_SUCH_DEVICE,		/* jid, device */
	MSG_NOT_SHARED,			/* jid, share, me */
	MSG_DEVICE_WAITS,		/* jid, share, device: as before, and this device of theirs
					   is online and waits to be compared */
	MSG_SHARE_AWAY,			/* jid, share, device: as before, and this device of theirs
					   is trusted and not there */
	MSG_PUSH_DENIED,		/* jid, share, me */
	MSG_UNVERIFIED,			/* jid, share, me */
	MSG_RULES_CHANGED,		/* jid, share */
	MSG_DEVICE_UNTRUSTED,		/* jid: we trust none of their devices that are online */
	MSG_NOT_TRUSTED_THERE,		/* jid, me: they do not trust our device */
	MSG_TIMEOUT,			/* jid, seconds */
	MSG_BUSY,			/* jid */
	MSG_PEER_VERSION,		/* jid, theirs, ours */
	MSG_UNSUPPORTED,		/* jid: their broker does not know the request */
	MSG_RELAYED,			/* jid: their device answered in somebody else's name */
	MSG_SHARE_BROKEN,		/* jid, share */
	MSG_STREAM_LOST,		/* jid, reason */
	MSG_ENDED_HERE,			/* jid: our user has ended it */
	MSG_ENDED_THERE,		/* jid: their user has ended it */
	MSG_PUSH_UNKNOWN,		/* jid, share, reason: the push was sent, its outcome is not
					   known */
	MSG_CANNOT_REACH,		/* jid, reason: no path to a device that is online */
	MSG_NO_PATH,			/* jid, transport: no path of the kind that the user
					   asked for */
	MSG_BAD_TRANSPORT,		/* transport */
	MSG_OWN_ACCOUNT,		/* jid */
	MSG_BAD_SERVICE,		/* service */
	/* commands */
	MSG_BAD_COMMAND,		/* verb */
	MSG_BAD_JID,			/* jid */
	MSG_NOBODY_CALLED,		/* name: no nickname, nor the beginning of an address */
	MSG_WHICH_BUDDY,		/* name: several buddies have it before the @ */
	MSG_BAD_FINGERPRINT,		/* fingerprint */
	MSG_NO_DEVICE_KNOWN,		/* jid */
	MSG_MOVE_NOTHING,		/* jid, to: the old address has no device to be moved */
	MSG_MOVE_TAKEN,			/* jid: the new address has devices of its own */
	MSG_BAD_DEVICE_NAME,		/* name */
	MSG_WHICH_DEVICE,		/* device */
	MSG_EXPORT_FOREIGN,		/* path: it is no exported device */
	MSG_EXPORT_LOCKED,		/* path: another passphrase, or it was changed */
	MSG_EXPORT_OTHER,		/* path, jid, me: it is of another account */
	MSG_ACCOUNT_IN_USE,		/* jid: there is a device of it with trust */
	MSG_NOT_THIS_ACCOUNT,		/* jid, me, to: of the own ones only the present one
					   moves */
	MSG_DEVICE_IN_USE,		/* jid, device: this machine has a device with trust */
	MSG_BAD_PASSPHRASE,		/* reason */
	MSG_NOT_SEEN,			/* jid: the device with this key has not been seen */
	MSG_NOT_SHOWN,			/* jid: a device with this key is online, but has not
					   shown the key */
	MSG_FINGERPRINT_MISMATCH,	/* jid */
	MSG_WORDS_CHANGED,		/* jid: other words are shown than those that were
					   compared */
	MSG_NOT_ASKED,			/* jid: they did not ask to be a buddy */
	MSG_NO_SUCH_BUDDY,		/* jid */
	MSG_NOT_BLOCKED,		/* jid */
	MSG_STILL_BLOCKED,		/* jid, entry, reason */
	MSG_BAD_INVITATION,		/* reason: the link is none */
	MSG_INVITATION_USED,		/* jid: another device has used it */
	MSG_INVITATION_EXPIRED,		/* jid */
	MSG_INVITATION_REVOKED,		/* jid: they took it back */
	MSG_INVITATION_REFUSED,		/* jid: their broker does not know the secret */
	MSG_INVITATION_KEY,		/* jid: the device that answers has another key */
	MSG_INVITATION_UNANSWERED,	/* jid, reason */
	MSG_INVITATION_OWN,		/* jid: it is our own invitation, for another person */
	MSG_INVITATION_FOR_DEVICE,	/* jid: it is for a device of that account, not for us */
	MSG_INVITATIONS_FULL,		/* limit */
	MSG_NOT_JOINING,		/* jid: none of their invitations waits */
	MSG_NO_SUCH_INVITATION,		/* id: none that is open */
	MSG_NO_SUCH_SHARE,		/* share: of our own */
	MSG_ROSTER_KEPT,		/* jid, reason: removed here, but not at the server */
	MSG_NO_SUCH_ENTRY,		/* id: of the queue */
	MSG_ENTRY_BUSY,			/* id */
	MSG_NO_SUCH_TRANSFER,		/* id: none that moves */
	MSG_WHICH_TRANSFER,		/* id: it is the beginning of several */
	MSG_PUSH_ARRIVED,		/* jid, share: a buddy's push cannot be ended any more */
	MSG_CONFIGURATION,		/* reason */
	MSG_STATE_FILE,			/* path, reason */
	MSG_STATE_NEWER,		/* path, theirs, ours: formats; of a later version */
	MSG_INTERNAL,			/* reason */
	MSG_COUNT
};

enum { MESSAGE_TEXT_MAX = 1024 };

/* A message ready to be shown or sent: escaped, bounded. */
struct message {
	enum message_id id;
	char text[MESSAGE_TEXT_MAX];
	char hint[MESSAGE_TEXT_MAX];	/* empty: none; may have more than one line */
};

/*
 * Fills in a row's text and hint. The arguments are name, value pairs of strings, ended by
 * NULL. Each {name} in the row is replaced by its value, escaped for a terminal and cut if
 * it is long. A hint is left out if a value in its command would have to be cut.
 */
void message_set(struct message *m, enum message_id id, ...) __attribute__((sentinel));

/* What the catalogue has, where {name} stands for an argument. */
struct message_row {
	const char *name;	/* the stable id, like "buddy-offline" */
	const char *text;
	const char *hint;	/* empty: none */
};

/* The row of a message; of a number that is none, that of MSG_INTERNAL. */
const struct message_row *message_row(enum message_id id);

/* The stable id. */
const char *message_name(enum message_id id);

/* The id of a name, or MSG_NONE. */
enum message_id message_by_name(const char *name);

/* Appends the variable of git's advice section that stands for the hint, like xmppBuddyOffline. */
void message_advice(enum message_id id, struct buf *out);

/*
 * Writes the message as the fields id, message, hint of a FRAME_ERROR, and reads it back;
 * what is read is escaped again and cut.
 */
void message_to_fields(const struct message *m, struct buf *fields);
void message_from_fields(struct message *m, struct fields f);

/*
 * From now on a hint is printed only if this says so; NULL, as at first: always. What is written
 * to fields keeps its hint.
 */
void message_filter_hints(bool (*wanted)(enum message_id id));

/*
 * Hints that are printed from now on name this remote where they would have "<remote> <branch>":
 * as in git push, the branch may be left out. Borrowed. A name that is no plain word of a command
 * is not taken.
 */
void message_name_remote(const char *remote);

/* Prints only the "hint: " lines, on standard error. */
void message_print_hints(const struct message *m);

/*
 * Prints the text behind a prefix, like "fatal: ", and its "hint: " lines, on standard
 * error.
 */
void message_print(const struct message *m, const char *prefix);

#endif
