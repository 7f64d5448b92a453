/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_COMPARISON_H
#define CORE_COMPARISON_H

/*
 * Comparisons: our user and the user of another device are shown the same short string, from
 * which they see that nobody is between the two devices. The string is made in a meeting
 * (meeting.h), as comparison-string.h says. How often they may guess is bounded for each JID,
 * whichever side begins: comparison-allowance.h.
 *
 * One comparison is kept for each device: the latest. It is shown for COMPARISON_KEPT, and no
 * other is begun here in that time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "fingerprint.h"
#include "record.h"
#include "words.h"

struct comparisons;
struct meetings;

enum comparison_state {
	COMPARISON_NONE,	/* there is none */
	COMPARISON_OPENING,	/* a meeting is being opened, by us or by them */
	COMPARISON_COMMITTED,	/* our commitment was said, their nonce is awaited */
	COMPARISON_ANSWERED,	/* their commitment came, our nonce was said, theirs is awaited */
	COMPARISON_DONE,	/* the string is there */
	COMPARISON_FAILED,	/* it came to nothing */
};

/* What a user said of the string. */
enum comparison_result {
	RESULT_NONE,
	RESULT_SAME,
	RESULT_DIFFERENT,
};

struct comparison_view {
	enum comparison_state state;
	unsigned char fp[FINGERPRINT_BYTES];	/* with COMPARISON_DONE: the key of the device */
	unsigned char bits[SHORT_BYTES];	/* with COMPARISON_DONE: the string; words.h */
	enum comparison_result theirs;		/* what the other user said */
	/*
	 * With COMPARISON_FAILED: a word, as of meeting_kind.ended, or "offline", "too-often",
	 * "unsupported", "commitment" (they cheated), or their reason.
	 */
	char reason[REASON_MAX + 1];
};

struct comparison_events {
	/* A comparison that the device has begun is done: our user has to look at the string. */
	void (*begun)(void *owner, const char *jid, const unsigned char *fp);
	/* The other side's user has said whether the strings are the same. */
	void (*told)(void *owner, const char *jid, const unsigned char *fp, bool same);
	/* The string that was made with the device is not kept any more. */
	void (*over)(void *owner, const char *jid, const unsigned char *fp);
};

/* events may be NULL. Adds its kinds to the meetings. */
struct comparisons *comparisons_create(struct meetings *meetings,
				       const struct comparison_events *events, void *owner);
/* Call it when no meeting is left. */
void comparisons_destroy(struct comparisons *c);
/* Forgets all: we are another account now. c may be NULL, as for comparisons_destroy(). */
void comparisons_clear(struct comparisons *c);

/* Begins a comparison with a device, unless one is under way or done. */
void comparison_want(struct comparisons *c, const char *jid, const char *device);

/* The comparison with a device. */
struct comparison_view comparison_look(const struct comparisons *c, const char *jid,
				       const char *device);

/*
 * Our user has said whether the strings are the same. The other side is told, if the device
 * is online and a string is kept.
 */
void comparison_say(struct comparisons *c, const char *jid, const char *device, bool same);

/* Forgets the comparisons with jid, but not how often jid has compared. */
void comparisons_forget(struct comparisons *c, const char *jid);

const char *comparison_state_name(enum comparison_state state);

#endif
