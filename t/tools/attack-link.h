/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_LINK_H
#define T_ATTACK_LINK_H

/*
 * A link of somebody who has a key and keeps no rules: opens a path to the victim in-band, or
 * by TCP once the victim has told where, says HELLO, then any record, as fast as the path takes
 * them, whatever was acknowledged. Acknowledges itself, and answers pings, so that the link
 * lives.
 */

#include "attack.h"
#include "record.h"
#include "tls.h"

enum raw_state {
	RAW_OPENING,	/* the bytestream is asked for */
	RAW_GREETING,	/* TLS and HELLO */
	RAW_UP,
	RAW_OVER,	/* refused, ended, or given up */
};

struct raw_link;

struct raw_events {
	void (*up)(struct raw_link *l);
	/* A numbered record. */
	void (*record)(struct raw_link *l, const struct record *record);
	/*
	 * The path or the link is gone; open another one later, not from here.
	 * why: of BYE or HELLO, or "closed".
	 */
	void (*over)(struct raw_link *l, const char *why);
};

struct raw_link {
	const struct raw_events *events;
	void *owner;
	struct who *who;		/* borrowed */
	const struct device_key *key;	/* borrowed */
	enum raw_state state;
	char sid[16];
	unsigned seq;
	unsigned in_flight;		/* blocks */
	int fd;				/* of TCP; -1 */
	struct tls *tls;		/* owned */
	struct buf cipher, plain;
	uint64_t sent, heard_of;	/* numbered records of ours; how many the victim says have
					   arrived */
	uint64_t received, acked;	/* of the victim's */
	bool hold_acks;
	struct pass pass;		/* as the victim has told */
	unsigned port;			/* of its address; 0: none was told yet */
};

struct device_key *raw_key(const char *path);

/* A connection with that port of 127.0.0.1; it blocks. */
int attack_dial(unsigned port);

/* In-band if port is 0, else by TCP with the pass; use is NULL in-band. */
void raw_open(struct raw_link *l, struct who *who, const struct device_key *key, unsigned port,
	      const struct pass_use *use, const struct raw_events *events, void *owner);
/* Lets go without a word. */
void raw_drop(struct raw_link *l);

/* How many bytes wait to be taken by the path. */
size_t raw_unsent(const struct raw_link *l);
void raw_say(struct raw_link *l, enum record_type type, const void *payload, size_t n);

/* To be called again and again, and with each stanza for who. */
void raw_step(struct raw_link *l);
void raw_take(struct raw_link *l, const char *stanza);

#endif
