/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_LINK_H
#define T_ATTACK_LINK_H

/*
 * A link of an attacker who has a key and keeps no rules. It opens a path to the victim
 * in-band, or by TCP once the victim has told its address, and says HELLO. Then it sends
 * any records as fast as the path takes them, whatever was acknowledged. It acknowledges
 * records and answers pings itself, so that the link stays up.
 */

#include "attack.h"
#include "record.h"
#include "tls.h"

enum raw_state {
	RAW_OPENING,	/* the bytestream was requested */
	RAW_GREETING,	/* TLS and HELLO */
	RAW_UP,
	RAW_OVER,	/* refused, ended, or given up */
};

struct raw_link;

struct raw_events {
	void (*up)(struct raw_link *l);
	/* A numbered record has come. */
	void (*record)(struct raw_link *l, const struct record *record);
	/*
	 * The path or the link is gone. Another one may be opened later, not from here. why
	 * is the reason of BYE or HELLO, or "closed".
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
	unsigned in_flight;		/* blocks without an answer */
	int fd;				/* of the TCP connection; -1: in-band */
	struct tls *tls;		/* owned */
	struct buf cipher, plain;
	uint64_t sent, heard_of;	/* our numbered records: how many were sent, how many
					   the victim has acknowledged */
	uint64_t received, acked;	/* the victim's numbered records */
	bool hold_acks;
	struct pass pass;		/* the pass that the victim has given us */
	unsigned port;			/* of the victim's address; 0: not told yet */
};

struct device_key *raw_key(const char *path);

/* Connects to this port of 127.0.0.1. The descriptor blocks. Exits on failure. */
int attack_dial(unsigned port);

/* Opens a path: in-band if port is 0, with use NULL; else by TCP, with this use of the pass. */
void raw_open(struct raw_link *l, struct who *who, const struct device_key *key, unsigned port,
	      const struct pass_use *use, const struct raw_events *events, void *owner);
/* Drops the link without telling the victim. */
void raw_drop(struct raw_link *l);

/* How many bytes the path has not yet taken. */
size_t raw_unsent(const struct raw_link *l);
void raw_say(struct raw_link *l, enum record_type type, const void *payload, size_t n);

/* raw_step() is called again and again, raw_take() with each stanza for l->who. */
void raw_step(struct raw_link *l);
void raw_take(struct raw_link *l, const char *stanza);

#endif
