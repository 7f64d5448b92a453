/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STREAM_MANAGEMENT_H
#define DAEMON_STREAM_MANAGEMENT_H

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
	/* nothing heard, and nobody waits for anything: ask */
	STREAM_MANAGEMENT_IDLE = 60 * 1000,
	STREAM_MANAGEMENT_PATIENCE = 15 * 1000,	/* asked and nothing heard: dead */
	STREAM_MANAGEMENT_DOUBT = 5 * 1000,	/* the same, when there was a reason to ask */
	STREAM_MANAGEMENT_DELAY = 200,	/* from the server's question to our answer */
};

struct stream_management {
	bool enabled;		/* the server said so; what it sends is counted */
	uint32_t handled;	/* stanzas since, modulo 2^32 */
	uint64_t heard_at;
	uint64_t dead_at;	/* if nothing is heard before; 0: not asked */
	bool doubtful;		/* asked by stream_management_doubt(), and nothing heard since */
	uint64_t owed_at;	/* when the server's question is to be answered; 0: nothing owed */
};

enum stream_management_verdict {
	STREAM_MANAGEMENT_ALIVE,
	STREAM_MANAGEMENT_ASK,	/* send <r/>, or a ping if it is not enabled */
	STREAM_MANAGEMENT_ANSWER,	/* send <a/> with what was handled */
	STREAM_MANAGEMENT_DEAD,
};

void stream_management_begin(struct stream_management *s, uint64_t now);

/* <enabled/> has come: what follows is counted. */
void stream_management_enabled(struct stream_management *s);

/* Something came from the server; counted tells that it was an iq, message or presence. */
void stream_management_heard(struct stream_management *s, bool counted, uint64_t now);

/* <r/> has come. */
void stream_management_requested(struct stream_management *s, uint64_t now);

/*
 * Something makes us doubt that the connection lives. True: send the question
 * now; false if one is on its way already, which then has no longer than STREAM_MANAGEMENT_DOUBT.
 */
bool stream_management_doubt(struct stream_management *s, uint64_t now);

/* To be called at stream_management_deadline(). */
enum stream_management_verdict stream_management_check(struct stream_management *s, uint64_t now);
uint64_t stream_management_deadline(const struct stream_management *s);

#endif
