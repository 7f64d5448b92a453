/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_MEETING_H
#define CORE_MEETING_H

/*
 * A meeting is a short conversation of two devices that need not trust each other: to compare,
 * to prove an invitation, to say a revocation. It has an in-band path of its own, is never
 * attached to a link, and ends after MEETING_TIME. TLS proves the keys and HELLO (state=meet)
 * names both accounts, as for a link; then only MEET and BYE are said.
 *
 * A MEET record has a field `kind`. What a kind means is decided by its handler, which
 * whoever builds on meetings adds to the table when the broker starts. protocol.md, "Meetings".
 *
 *   state    event                                    next
 *   OPENING  TLS has proven the key of the device     GREETING  HELLO meet is said
 *   GREETING HELLO meet of the two accounts           UP        up() of the kind
 *   GREETING another HELLO                            ENDED     by its state, or "protocol"
 *   (none)   an acceptor hands over a path            UP        HELLO meet is said
 *   UP       MEET                                     UP        heard() of its kind
 *   any      BYE, the path is lost, MEETING_TIME      ENDED     ended() of all kinds
 */

#include <stdbool.h>

#include "bounds.h"
#include "buf.h"
#include "digest-ops.h"
#include "fields.h"
#include "fingerprint.h"
#include "list.h"

struct connectors;
struct meeting;
struct path;

struct meeting_kind {
	const char *name;		/* the value of `kind`: a word as of REASON_MAX */
	bool invited;			/* who has the link of an invitation may say it */
	/* m, which we opened for this kind, is up. The handler says the first record. */
	void (*up)(void *owner, struct meeting *m);
	/*
	 * A MEET of this kind has come. Returns NULL, or the rule that it breaks as "field:
	 * rule", which ends m. The handler may end m.
	 */
	const char *(*heard)(void *owner, struct meeting *m, struct fields f);
	/*
	 * m has ended, whatever was said on it. The reason is a word: "time-out", "protocol",
	 * "lost", "unreachable" (no path came about), "unknown-key", "not-you", "version",
	 * "untrusted", or that of a BYE. m is freed when the handler has returned.
	 */
	void (*ended)(void *owner, struct meeting *m, const char *reason);
};

struct meetings_events {
	/* A device of jid has proved this key in a meeting that we opened. */
	void (*met_key)(void *owner, const char *jid, const unsigned char *fp);
	/* A path to this full JID did not come about. */
	void (*doubted)(void *owner, const char *full, const char *why);
};

/* All meetings of an account, and the handlers. */
struct meetings {
	const struct connectors *connectors;	/* borrowed; how paths are opened */
	const struct meetings_events *events;
	void *owner;
	struct list list;		/* owned */
	struct meeting_handler {
		const struct meeting_kind *kind;
		void *owner;
	} handlers[MEETING_KINDS_MAX];
	unsigned count;
};

void meetings_init(struct meetings *all, const struct connectors *connectors,
		   const struct meetings_events *events, void *owner);
void meetings_add_kind(struct meetings *all, const struct meeting_kind *kind, void *owner);

/*
 * Opens a meeting for a kind that is in the table, with the device that was seen at this full
 * JID. NULL if it cannot be opened now. No event comes within the call.
 */
struct meeting *meeting_open(struct meetings *all, const char *full, const char *device,
			     const struct meeting_kind *kind);

/*
 * The same by an invitation, with the device of exactly this key. It is opened with the sid by
 * which the inviter knows a stranger, and their key is not remembered.
 */
struct meeting *meeting_open_invited(struct meetings *all, const char *full,
				     const unsigned char fp[FINGERPRINT_BYTES], const char *sid,
				     const struct meeting_kind *kind);

/*
 * Takes over a path on which the device of jid with the key fp has said HELLO meet, and
 * answers. plain holds what came after the HELLO. invited: they are a stranger who has the link of
 * an invitation; all kinds but those for them are unsupported then.
 */
void meeting_take(struct meetings *all, struct path *path, const char *jid, const unsigned char *fp,
		  bool invited, struct buf *plain);

/* Says a MEET of this kind, with the fields, which are emptied. Only while m is up. */
void meeting_say(struct meeting *m, const char *kind, struct buf *fields);

/* Ends m, says BYE with the reason if m is up, and closes the path behind what was said. */
void meeting_end(struct meeting *m, const char *reason);

bool meeting_is_up(const struct meeting *m);
/* Whether we opened it. */
bool meeting_is_ours(const struct meeting *m);
/* The bare JID, the device and the key of the other side. The key: only while m is up. */
const char *meeting_jid(const struct meeting *m);
const char *meeting_device(const struct meeting *m);
const unsigned char *meeting_fp(const struct meeting *m);

/*
 * A value that both sides of m know and nobody else, by the exporter of TLS (RFC 8446 7.5)
 * with the label "EXPORTER-git-xmpp-meet". Only while m is up. False if there is none.
 */
bool meeting_exporter(const struct meeting *m, unsigned char out[DIGEST_BYTES]);

/*
 * Ends the meetings with jid, or, if device is not NULL, with that device only. quietly: what
 * was said and has not left is dropped.
 */
void meetings_revoke(struct meetings *all, const char *jid, const char *device, bool quietly);

/* Ends all meetings. */
void meetings_end(struct meetings *all);

#endif
