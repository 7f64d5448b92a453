/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_VOUCHING_H
#define CORE_VOUCHING_H

/*
 * What one device says about the devices of its person, and what follows from it in the
 * trust table: its name, whether its user has verified ours, for which other devices of the
 * same person it vouches, and which it revokes. On the wire this is the payload of a DEVICE
 * record. Documentation/protocol.md, section 13, has the rules and why they are so.
 *
 * A word counts for devices of the person who says it only. Vouching needs a device that our
 * user has verified, so its depth is one. Revoking needs a device with as much trust as the
 * one that it revokes. Nothing that a device says brings back what was revoked, distrusted
 * or suspended.
 */

#include "device-name.h"
#include "fields.h"
#include "trust.h"

struct device_word {
	char name[DEVICE_NAME_MAX];	/* "": it has none, or none that is valid */
	bool compared;			/* the user of the device has verified the listener */
	unsigned vouch_count, revoke_count;
	unsigned char vouches[DEVICE_VOUCHES_MAX][FINGERPRINT_BYTES];
	unsigned char revokes[DEVICE_REVOKES_MAX][FINGERPRINT_BYTES];
};

/*
 * Parses the fields. False if a fingerprint is malformed; *why is then "field: rule". What
 * is beyond the two bounds is passed over, and a name that is not valid counts as none.
 */
bool device_word_parse(struct fields f, struct device_word *word, const char **why);
void device_word_put(const struct device_word *word, struct buf *fields);

/*
 * What this device has to say to the device fp of jid. self is our bare JID, own our
 * fingerprint. We vouch for own devices that our user verified here, and revoke own devices
 * that our user retired or distrusted here, or that retired themselves.
 */
void device_word_compose(struct device_word *word, const struct trust *t, const char *self,
			 const unsigned char *own, const char *jid, const unsigned char *fp);

/* What has changed by a word. The fingerprints are of devices of the person who said it. */
struct word_effect {
	bool noted;			/* its name, compared, or a revoked key that never came */
	bool now_compared;		/* compared has become true */
	/* devices that may have a link from now on, and that may not any more */
	unsigned vouched_count, lost_count;
	unsigned char vouched[DEVICE_VOUCHES_MAX][FINGERPRINT_BYTES];
	unsigned char lost[DEVICES_PER_BUDDY][FINGERPRINT_BYTES];
	/* devices that were revoked; those among them that were trusted are lost, too */
	unsigned revoked_count;
	unsigned char revoked[DEVICES_PER_BUDDY][FINGERPRINT_BYTES];
};

/* Whether the word of the device may admit a device, so that the table has to be kept. */
bool trust_word_grants(const struct trust *t, const char *jid, const unsigned char *from,
		       const struct device_word *word);

/*
 * The device `from` of jid, whose key was proven, says this. own is our fingerprint. The
 * revocations may come from a device that has been revoked itself.
 */
void trust_hear(struct trust *t, const char *jid, const unsigned char *from,
		const struct device_word *word, const unsigned char *own, uint64_t unix_now,
		struct word_effect *effect);

#endif
