/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SMACK_H
#define DAEMON_SMACK_H

/*
 * Whether the connection to our server lives, and the half of stream management
 * (XEP-0198) that is worth having: acknowledgements, so that a server notices
 * soon that we are gone and returns what was on its way to us. No resumption: a
 * link outlives an XMPP session by itself, and a server that waits for a
 * resumption makes the dead look alive for minutes.
 *
 * No clock and no connection here: `now` (ms) goes in, what is to be done comes out.
 * All stamps of time are later than 0.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
	SMACK_IDLE = 60 * 1000,		/* nothing heard, and nobody waits for anything: ask */
	SMACK_PATIENCE = 15 * 1000,	/* asked and nothing heard: dead */
	SMACK_DOUBT = 5 * 1000,		/* the same, when there was a reason to ask */
	SMACK_DELAY = 200,		/* from the server's question to our answer */
};

struct smack {
	bool enabled;		/* the server said so; what it sends is counted */
	uint32_t handled;	/* stanzas since, modulo 2^32 */
	uint64_t heard_at;
	uint64_t dead_at;	/* if nothing is heard before; 0: not asked */
	bool doubtful;		/* asked by smack_doubt(), and nothing heard since */
	uint64_t owed_at;	/* when the server's question is to be answered; 0: nothing owed */
};

enum smack_verdict {
	SMACK_ALIVE,
	SMACK_ASK,		/* send <r/>, or a ping if it is not enabled */
	SMACK_ANSWER,		/* send <a/> with what was handled */
	SMACK_DEAD,
};

void smack_begin(struct smack *s, uint64_t now);

/* <enabled/> has come: what follows is counted. */
void smack_enabled(struct smack *s);

/* Something came from the server; counted tells that it was an iq, message or presence. */
void smack_heard(struct smack *s, bool counted, uint64_t now);

/* <r/> has come. */
void smack_requested(struct smack *s, uint64_t now);

/*
 * Something makes us doubt that the connection lives. True: send the question
 * now; false if one is on its way already, which then has no longer than SMACK_DOUBT.
 */
bool smack_doubt(struct smack *s, uint64_t now);

/* To be called at smack_deadline(). */
enum smack_verdict smack_check(struct smack *s, uint64_t now);
uint64_t smack_deadline(const struct smack *s);

#endif
