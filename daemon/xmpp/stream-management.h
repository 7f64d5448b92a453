/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STREAM_MANAGEMENT_H
#define DAEMON_STREAM_MANAGEMENT_H

/*
 * Tells whether the connection to our server is alive, and does half of stream management
 * (XEP-0198): acknowledgements, by which a server soon notices that we are gone, and returns
 * what was on its way to us. There is no resumption: a link outlives an XMPP session without
 * it, and a server that waits for a resumption shows a dead client as online for minutes.
 *
 * No clock and no connection here: the caller passes `now` (ms) and carries out the verdicts.
 * All times are greater than 0.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
	/* ms of silence, after which the server is asked */
	STREAM_MANAGEMENT_IDLE = 60 * 1000,
	STREAM_MANAGEMENT_PATIENCE = 15 * 1000, /* ms of silence after a question: the connection
						   is dead */
	STREAM_MANAGEMENT_DOUBT = 5 * 1000,	/* ms; the same after a doubt */
	/* ms; what we say may wait so long for its next try while the server is heard */
	STREAM_MANAGEMENT_UNHEARD = 3 * 1000,
	STREAM_MANAGEMENT_DELAY = 200, /* ms from the server's question to our answer */
};

struct stream_management {
	bool enabled;		/* the server has enabled it; its stanzas are counted */
	uint32_t handled;	/* stanzas counted since then, modulo 2^32 */
	uint64_t heard_at;
	uint64_t dead_at;	/* when the connection counts as dead unless something is heard;
				   0: not asked */
	bool doubtful;		/* asked by stream_management_doubt(), and nothing heard since */
	uint64_t owed_at;	/* when the server's question is to be answered; 0: nothing owed */
};

enum stream_management_verdict {
	STREAM_MANAGEMENT_ALIVE,
	STREAM_MANAGEMENT_ASK,	/* send <r/>, or a ping if not enabled */
	STREAM_MANAGEMENT_ANSWER,	/* send <a/> with the count of handled stanzas */
	STREAM_MANAGEMENT_DEAD,
};

void stream_management_begin(struct stream_management *s, uint64_t now);

/* <enabled/> has come: stanzas are counted from now on. */
void stream_management_enabled(struct stream_management *s);

/* Something came from the server. counted: it was an iq, message or presence. */
void stream_management_heard(struct stream_management *s, bool counted, uint64_t now);

/* <r/> has come. */
void stream_management_requested(struct stream_management *s, uint64_t now);

/*
 * There is a reason to doubt that the connection is alive: at most STREAM_MANAGEMENT_DOUBT is
 * left to show it. True: send a question now. False: a question is on its way already.
 */
bool stream_management_doubt(struct stream_management *s, uint64_t now);

/* Something has come in this turn of the loop. */
bool stream_management_just_heard(const struct stream_management *s, uint64_t now);

/*
 * Whether something has come just now, though what we said is sent again only in `wait` ms and a
 * new login would be quicker. The network carried nothing for a while, and does again; or it
 * carries nothing from here.
 */
bool stream_management_unheard(const struct stream_management *s, uint64_t wait, uint64_t now);

/* To be called at stream_management_deadline(). */
enum stream_management_verdict stream_management_check(struct stream_management *s, uint64_t now);
uint64_t stream_management_deadline(const struct stream_management *s);

#endif
