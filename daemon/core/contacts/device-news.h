/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_DEVICE_NEWS_H
#define CORE_DEVICE_NEWS_H

/*
 * What devices tell each other about themselves and about the other devices of their person,
 * in DEVICE records (vouching.h). Our word is said on each link that comes up, and again when
 * it has changed. What a device says is applied to the trust table.
 *
 * A revocation is urgent: links are opened to trusted devices that are online and have not
 * been told, DEVICE_NEWS_AT_ONCE at a time; the others are told when they appear. A device
 * has been told when it has acknowledged the record. The trust table remembers that, so a
 * restart forgets nobody.
 *
 * Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"
#include "vouching.h"

struct peer;
struct peers;
struct record;

struct device_news_ops {
	/*
	 * Around a change of the trust table that may grant something. remember() comes before
	 * it. keep() saves it, or undoes it and returns false.
	 */
	void (*remember)(void *arg);
	bool (*keep)(void *arg);
	/* The table has changed, and stays so in any case. */
	void (*save)(void *arg);
	/*
	 * What happened to the device fp of jid by the word of the device `by`; the table is
	 * saved. vouched(): it may have a link from now on. lost(): it may not any more, and
	 * all that runs for it has to end. revoked(): it was revoked; if it was trusted, lost()
	 * came before. compared(): its user says that our device was verified; by is fp.
	 */
	void (*vouched)(void *arg, const char *jid, const unsigned char *fp,
			const unsigned char *by);
	void (*lost)(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by);
	void (*revoked)(void *arg, const char *jid, const unsigned char *fp,
			const unsigned char *by);
	void (*compared)(void *arg, const char *jid, const unsigned char *fp);
};

struct device_news;

/* All pointers are borrowed. */
struct device_news *device_news_create(struct context *context, struct peers *peers,
				       const struct device_news_ops *ops, void *arg);
void device_news_destroy(struct device_news *n);

/* A link is up, and not only on another path; its peer has ended. */
void device_news_up(struct device_news *n, struct peer *p);
void device_news_ended(struct device_news *n, const struct peer *p);

/*
 * A DEVICE record has come from the device of a peer. Returns the rule that it breaks, or
 * NULL. The peer may have ended on return.
 */
const char *device_news_record(struct device_news *n, struct peer *p, const struct record *record);

/*
 * The device `from` of jid, whose key was proven in a meeting, says which devices of its
 * person it revokes. That counts only if it has been revoked itself.
 */
void device_news_revokes(struct device_news *n, const char *jid, const unsigned char *from,
			 const struct device_word *word);

/*
 * A device of jid refused a link because it does not trust us. If we revoke devices, it is
 * told so in a meeting (meeting.h), once for each set of revocations.
 */
void device_news_refused(struct device_news *n, const char *jid, const char *device);

/* A device was seen to be online, or we are online again. */
void device_news_appeared(struct device_news *n);

/*
 * The user has decided about a device of jid, or about this one: what we have to say may have
 * changed, and what the devices of jid said last may count from now on.
 */
void device_news_decided(struct device_news *n, const char *jid);

#endif
