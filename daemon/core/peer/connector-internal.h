/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONNECTOR_INTERNAL_H
#define CORE_CONNECTOR_INTERNAL_H

/* Shared by connector.c (what its owner asks of it) and connector-attempts.c (its attempts). */

#include "connector.h"
#include "path-manager.h"

struct connector {
	const struct connectors *all;		/* borrowed */
	const char *jid, *device;		/* borrowed from the owner */
	const struct connector_events *events;
	void *owner;
	unsigned char fp[FINGERPRINT_BYTES];	/* of the device; known before any CANDIDATES
						   come */
	struct path_manager manager;
	char *session;				/* the device's last full JID; owned; NULL: none */
	struct pass pass;			/* ours, which the device uses to dial us */
	struct pass_seen seen;			/* numbers of its uses that were seen */
	char counted[PASS_TOKEN_LEN + 1];	/* token of the device's pass whose uses are
						   counted; empty: none */
	uint64_t number;			/* of our last use of that pass */
	struct path *inband;			/* attempts; owned */
	struct dialer *dialer;
	struct s5b *stream;
	struct puncher *puncher;
	struct punch_report report;		/* of the punch; its texts come at its end */
	uint64_t punch_began;
	uint64_t offers_paid, punches_paid;	/* ms; each offer of the device moves it on by
						   OFFER_COST, or PUNCH_COST */
	uint64_t offered[PATH_KINDS];		/* number of the record of our last offer; 0: the
						   device has it */
	uint16_t inside;			/* our port of the last direct path; 0: none yet */
	struct netaddr appears;			/* the device, on the last direct path; port 0:
						   there is nothing to tell it */
	char proxy[JID_FULL_MAX];		/* our proxy that was offered for the stream; empty:
					   the proxy is the device's */
};

/* What the path manager asks for; the owner is the connector. */
extern const struct path_manager_events connector_attempt_events;

uint64_t connector_now(const struct connector *w);
/* The full JID where the device is; NULL: it is not online. */
const char *connector_full_jid(const struct connector *w);

/* Take a record of that type, as connector_record() does. */
const char *connector_take_bytestream(struct connector *w, const struct record *record);
const char *connector_take_punch(struct connector *w, const struct record *record);

#endif
