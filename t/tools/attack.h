/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_H
#define T_ATTACK_H

/* What attacker.c provides to each kind of attack: a crowd of full JIDs, and the options. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attack-stream.h"

enum { ATTACK_JID_MAX = 256, ATTACK_ID_MAX = 4 * 1024 * 1024 };

struct attack;

struct who {				/* one full JID of ours */
	struct attack *attack;
	struct stream *stream;		/* borrowed */
	char full[ATTACK_JID_MAX];
	uint64_t next;			/* ms; when it acts again */
	void *own;			/* private to the kind of attack, and owned by it */
};

struct attack {
	const char *victim;		/* a full JID */
	char to_victim[ATTACK_JID_MAX];	/* an attribute, " to='<victim>'" */
	struct who *who;		/* owned */
	size_t n;
	struct stream **streams;	/* owned; several JIDs may share one */
	size_t n_streams;
	/* options */
	unsigned rate;			/* a second, for all JIDs together; 0: as fast as it
					   goes */
	unsigned each, count, length, block, depth;
	const char *key, *share, *service;
	bool tcp, accept, drip;
	char **args;			/* the arguments after the victim */
	int n_args;
	/* the counters that are printed */
	unsigned done, refused, said;
	uint64_t began;
	bool ready;
};

struct attack_kind {
	const char *name, *usage;
	void (*step)(struct attack *a, uint64_t now);	/* called again and again */
	void (*take)(struct attack *a, struct who *who, const char *stanza);
	void (*end)(struct who *who);	/* NULL: who->own is not used */
};

extern const struct attack_kind attack_open, attack_break, attack_say;		/* attack-chat.c */
/* attack-device.c */
extern const struct attack_kind attack_keys, attack_fetch, attack_leave;
extern const struct attack_kind attack_records, attack_peek;	/* each in a file of its own */

/* The monotonic time in ms. */
uint64_t attack_now(void);

/*
 * Prints "ready done=... refused=...", once: when so is true, or after a while, because not
 * every refusal is answered.
 */
void attack_ready_if(struct attack *a, bool so, uint64_t now);

/*
 * Whether a JID may send now. False if the JIDs together have used up --rate, or the server
 * does not read.
 */
bool attack_may(struct attack *a, const struct who *who, uint64_t now);

#endif
