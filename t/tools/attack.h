/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_H
#define T_ATTACK_H

/* What attacker.c gives to each kind of attack: a crowd of full JIDs, and the options. */

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
	uint64_t next;			/* when it acts again */
	void *own;			/* of the kind of attack; owned by it */
};

struct attack {
	const char *victim;		/* a full JID */
	char to_victim[ATTACK_JID_MAX];	/* the attribute */
	struct who *who;		/* owned */
	size_t n;
	struct stream **streams;	/* owned; several JIDs may share one */
	size_t n_streams;
	/* options */
	unsigned rate;			/* a second, of all together; 0: as fast as it goes */
	unsigned each, count, length, block, depth;
	const char *key, *share, *service;
	bool tcp, accept, drip;
	char **args;			/* what follows the victim */
	int n_args;
	/* what is told at the end, and when it changes */
	unsigned done, refused, said;
	uint64_t began;
	bool ready;
};

struct attack_kind {
	const char *name, *usage;
	void (*step)(struct attack *a, uint64_t now);	/* again and again */
	void (*take)(struct attack *a, struct who *who, const char *stanza);
	void (*end)(struct who *who);	/* NULL: nothing is its own */
};

extern const struct attack_kind attack_open, attack_break, attack_say;		/* attack-chat.c */
/* attack-device.c */
extern const struct attack_kind attack_keys, attack_fetch, attack_leave;
extern const struct attack_kind attack_records, attack_peek;	/* files of their own */

/* Milliseconds. */
uint64_t attack_now(void);

/*
 * Prints "ready done=... refused=...", once: when it is so, or after a while,
 * for whoever is refused may not be told.
 */
void attack_ready_if(struct attack *a, bool so, uint64_t now);

/*
 * False while those who speak at the rate have said all that they may until
 * now, or the server does not read.
 */
bool attack_may(struct attack *a, const struct who *who, uint64_t now);

#endif
