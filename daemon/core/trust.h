/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRUST_H
#define CORE_TRUST_H

/*
 * Which device keys belong to whom, as the user decided. A text file, one
 * line a device:  jid fingerprint(64 hex) state first-seen(unix) [name]
 * and one line a buddy whose first device is expected:  jid - expected since
 * A name is the rest of the line, up to DEVICE_NAME_MAX - 1 bytes of printable
 * UTF-8. The file's reading and writing are the caller's.
 *
 * First use trusts exactly one device, the first to show itself after
 * trust_expect() (add, accept); any other key is pending until accepted.
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "jid.h"
#include "bounds.h"
#include "text.h"

enum trust_state {
	TRUST_UNKNOWN,		/* not in the table */
	TRUST_PENDING,		/* showed itself; gets nothing until accepted */
	TRUST_SEEN,		/* trusted on first use, at add or accept */
	TRUST_VERIFIED,		/* the user compared the fingerprints */
	TRUST_REFUSED,		/* the user said no */
};

struct trusted_device {
	struct trusted_device *next;
	char *jid;			/* bare; the table's */
	char *name;			/* a note of the user's, or NULL; the table's */
	unsigned char fp[FINGERPRINT_BYTES];
	enum trust_state state;
	uint64_t first_seen;		/* unix seconds */
};

struct trust;

struct trust *trust_create(void);
void trust_destroy(struct trust *t);

/*
 * Parses the whole file into an empty table; the number of lines that were not
 * understood, said twice or beyond a bound (and dropped).
 */
int trust_parse(struct trust *t, const char *text, size_t n);
void trust_write(const struct trust *t, struct buf *out);

/*
 * add or accept: pending devices of jid are trusted now; if there are none, nor
 * one that is allowed already, the next unknown one is trusted on first use.
 */
void trust_expect(struct trust *t, const char *jid, uint64_t unix_now);
bool trust_expected(const struct trust *t, const char *jid);

/*
 * A device proved by TLS that it holds this key, and the server says it is
 * jid's. What it is allowed from now on; *changed tells that the table must be
 * saved. A new one is answered TRUST_PENDING without being kept when there are
 * PENDING_DEVICES_MAX in all, or DEVICES_PER_BUDDY of jid. A pending one is forgotten
 * PENDING_EXPIRY after it was first seen; if it comes again it is a new one.
 */
enum trust_state trust_meet(struct trust *t, const char *jid, const unsigned char *fp,
			    uint64_t unix_now, bool *changed);
enum trust_state trust_look(const struct trust *t, const char *jid, const unsigned char *fp);
bool trust_allows(enum trust_state state);
/* Forgets pending devices that are too old: after reading the file. trust_meet() and trust_expect() do so, too. */
void trust_expire(struct trust *t, uint64_t unix_now);

/*
 * Sets a state (not TRUST_UNKNOWN); false if the device is not in the table. A device
 * allowed this way is the one that was expected.
 */
bool trust_set(struct trust *t, const char *jid, const unsigned char *fp, enum trust_state state);
/* Forgets all devices and expectations of jid. */
void trust_forget(struct trust *t, const char *jid);
const struct trusted_device *trust_first(const struct trust *t);
/* Whether jid has a device that is allowed. */
bool trust_any(const struct trust *t, const char *jid);
const char *trust_state_name(enum trust_state state);

#endif
