/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LINK_H
#define CORE_LINK_H

/*
 * A link between two devices: numbered records, acknowledged cumulatively and
 * kept until then, over one path at a time. A path that dies suspends the
 * link; on the next one both sides say in HELLO what they have received, the
 * rest is sent again, and no record is lost, repeated or reordered. No I/O
 * and no clock: bytes and `now` (milliseconds, monotonic) come in by calls.
 *
 * HELLO (fields: protocol=2, from=<JID>, to=<JID>, instance=<16 hex>, received=<number>,
 * and link=<32 hex>, state=new|resume from the initiator of the path, state=new|
 * resumed|gone|collision|untrusted from the other) is the first record each way. It names
 * both accounts, and nothing else leaves, nor is anything taken for granted about
 * the peer, before its HELLO has named the same ones. The answers version and not-you are
 * no more than protocol and state. A link that was never up keeps its id from
 * one attempt to the next, so that an answer that got lost makes no second link.
 *
 *   state      event                    next
 *   IDLE       attach (initiator)       HANDSHAKE HELLO new
 *   IDLE       attach (responder)       HANDSHAKE waits for HELLO
 *   HANDSHAKE  HELLO new/resumed        UP        events->up, replay
 *   HANDSHAKE  HELLO gone, untrusted    ENDED     the peer lost the link's state, or wants none
 *   HANDSHAKE  HELLO of others, version ENDED     "not-you", "version"; not admitted: "unknown-key"
 *   HANDSHAKE  HELLO collision          HANDSHAKE link_input() says -1: the peer's attempt wins
 *   UP         detach                   SUSPENDED events->down; waits suspend_max
 *   HANDSHAKE  detach                   IDLE, or SUSPENDED if it was up before
 *   SUSPENDED  attach                   HANDSHAKE HELLO resume
 *   any        BYE, time-out, refusal   ENDED     events->ended, once
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device-id.h"
#include "record.h"

enum { LINK_ID_BYTES = 16 };

/* Whom a path is between: bare JIDs as jid_bare() writes them, borrowed. */
struct link_ends {
	const char *us, *them;
};

enum link_state {
	LINK_IDLE,	/* never up: no path yet, or the first one is being made */
	LINK_HANDSHAKE,	/* a path is attached, the peer's HELLO is awaited */
	LINK_UP,	/* records flow */
	LINK_SUSPENDED,	/* was up, has no path, waits for another */
	LINK_ENDED,	/* for good; only link_finish() may follow */
};

struct link;

struct link_events {
	/*
	 * The answer to our HELLO names whom the path is with, so the key that was seen on it
	 * is theirs: may its device have a link? Asked once a path, before anything else comes
	 * of it. NULL: it may.
	 */
	bool (*admit)(void *owner);
	/* The link works, for the first time or again (resumed). */
	void (*up)(void *owner, bool resumed);
	/* It lost its path and waits for another. In link_accept(), up() follows at once. */
	void (*down)(void *owner);
	/* A numbered record of the negotiation or of a channel, once and in order. */
	void (*deliver)(void *owner, const struct record *record);
	/*
	 * Asked when the path can take more and no control record waits: queue at
	 * most one record with link_send(); false when there is nothing.
	 */
	bool (*fill)(void *owner);
	/*
	 * It ended; reason is a stable word: of a BYE, or "untrusted", "protocol", "version",
	 * "not-you", "unknown-key", "gone", "no-path", "overflow". If a path is attached,
	 * link_output() may have a BYE for it; then it is closed. Called from inside whatever
	 * ended it, but never from link_send(); link_finish() must wait until that returned.
	 */
	void (*ended)(void *owner, const char *reason);
	/*
	 * There is output now where link_output() had given all it had. May come from
	 * inside any call but link_output(), which may be called from here or later.
	 */
	void (*kick)(void *owner);
};

struct link {
	const struct link_events *events;
	void *owner;
	enum link_state state;
	uint8_t id[LINK_ID_BYTES];
	uint8_t instance[INSTANCE_BYTES];	/* ours */
	uint8_t peer_instance[INSTANCE_BYTES];
	bool peer_known;			/* peer_instance is valid */
	uint64_t peer_protocol;			/* of a peer that the link ended with as
						   "version" */
	bool initiator;				/* of the present path */
	bool busy;				/* set by the owner: something is open; pings are
						   quicker */
	/* set by the owner: the path withholds the tail of bursts (a proxy) */
	bool tail_probe;
	unsigned suspend_max;			/* ms without a path, then it ends;
						   LINK_SUSPEND_MAX, or set by the owner */
	char peer_name[96];			/* for the log */
	struct link_internal *in;		/* owned */
};

/*
 * id is random, and what the link is called if it first comes up by an attempt of ours;
 * by one of the peer's it is called as the peer says. id, instance, ends and peer_name are copied.
 */
void link_init(struct link *l, const struct link_events *events, void *owner,
	       const uint8_t id[LINK_ID_BYTES], const uint8_t instance[INSTANCE_BYTES],
	       const struct link_ends *ends, const char *peer_name);
void link_finish(struct link *l);

/* Borrowed from the link. */
struct link_ends link_ends(const struct link *l);

/* A path is there, its TLS established. Output begins with HELLO if we initiate. */
void link_attach(struct link *l, bool initiator, uint64_t now);

/* The path is gone. Nothing happens if none is attached. */
void link_detach(struct link *l, const char *why, uint64_t now);

/*
 * What a responder does with the initiator's HELLO on a path not yet attached
 * to any link. Parse it with link_hello_parse(), decide with link_hello_decide()
 * given the link that exists for the device (or NULL).
 */
struct link_hello {
	uint8_t link[LINK_ID_BYTES];
	uint8_t instance[INSTANCE_BYTES];
	uint64_t received;
	uint64_t protocol;
	bool resume;
	const char *why;		/* with HELLO_MALFORMED: "field: rule" */
};

enum hello_fault {
	HELLO_GOOD,
	HELLO_MALFORMED,	/* no HELLO: the path is closed without a word */
	HELLO_OTHER_PROTOCOL,	/* answer HELLO version */
	HELLO_OTHER_NAMES,	/* of somebody else's path, or nobody's: answer HELLO not-you */
};

enum link_verdict {
	/*
	 * make a new link, or use the one that is still IDLE/HANDSHAKE, abandoning its own
	 * attempt
	 */
	LINK_ACCEPT_NEW,
	LINK_ACCEPT_RESUME,	/* detach the old path if any, attach this one to the link */
	LINK_REPLACE,		/* the device restarted: end the old link ("gone"), then as
				   ACCEPT_NEW */
	LINK_REFUSE_GONE,	/* nothing to resume: answer HELLO gone, close the path */
	LINK_REFUSE_COLLISION,	/* our own attempt wins: answer HELLO collision, close the path */
};

/*
 * An initiator's. hello->protocol is set unless HELLO_MALFORMED (then why is),
 * all of it with HELLO_GOOD.
 */
enum hello_fault link_hello_parse(const struct record *record, const struct link_ends *ends,
				  struct link_hello *hello);

/*
 * we_win: our fingerprint is the lower one, so that our attempts win over the peer's; but not
 * one that has had no answer for LINK_COLLISION_MAX: the peer's way may be the only one that
 * works.
 */
enum link_verdict link_hello_decide(const struct link *l, const struct link_hello *hello,
				    bool we_win, uint64_t now);

/*
 * The answer of a refusal, as bytes for the path: "gone", "collision", "untrusted". With ends
 * NULL "version" or "not-you", which say no more than that: who hears it is not known.
 */
void link_hello_refusal(const char *state, const struct link_ends *ends,
			const uint8_t instance[INSTANCE_BYTES], struct buf *out);

/*
 * Attaches a path as responder, with the initiator's HELLO already read and
 * decided as LINK_ACCEPT_*. A path that was attached is detached. UP on return,
 * unless a callback ended it.
 */
void link_accept(struct link *l, const struct link_hello *hello, uint64_t now);

/* Plaintext from the attached path. -1 when the path must be closed (link_detach() follows). */
int link_input(struct link *l, struct buf *plain, uint64_t now);

/*
 * Appends up to about max bytes of plaintext for the path: ACK, PONG, HELLO,
 * replay, control, then what fill() gives. The bytes appended; 0 when there is nothing.
 */
size_t link_output(struct link *l, struct buf *out, size_t max, uint64_t now);

/*
 * Queues a numbered record. Control goes before anything fill() adds. Works while IDLE or
 * suspended. False if the link has ended, or if too many records wait: then it does not end
 * within the call, but at the next link_tick(), which is due at once, or link_input().
 */
bool link_send(struct link *l, enum record_type type, const void *payload, size_t len);

/* The same for a payload that the caller writes, at once, where this points; NULL for false. */
uint8_t *link_send_room(struct link *l, enum record_type type, size_t len);

/* How many bytes of payload the record that fill() is asked for had best carry; at least 512. */
size_t link_fill_size(const struct link *l);

/* fill() has something again after it said false: kicks if need be. */
void link_wake(struct link *l);

/* Says BYE (once, if there is a path; call link_output() after it) and ends: events->ended(). */
void link_bye(struct link *l, const char *reason);

/*
 * When link_tick() wants to be called next; UINT64_MAX: never. May be sooner
 * after any other call.
 */
uint64_t link_deadline(const struct link *l);
void link_tick(struct link *l, uint64_t now);

/*
 * Until when a link that was up and has no path, or one that has not said HELLO
 * yet, waits for another; 0: it is up.
 */
uint64_t link_patience(const struct link *l);

/*
 * There is reason to doubt the path: the network changed, the machine woke up. Asks
 * the peer at once; when nothing at all is heard in LINK_PROBE_TIMEOUT, the path is dead.
 */
void link_probe(struct link *l, uint64_t now);

/*
 * To be asked after link_tick(): the path was silent for LINK_PING_TIMEOUT
 * after a ping, or LINK_PROBE_TIMEOUT after a probe, or no HELLO came in LINK_HELLO_TIMEOUT.
 * The owner closes it and calls link_detach(). False once another path is attached.
 */
bool link_path_dead(const struct link *l);

/* Whether a record of a channel (ACCEPT to CLOSE) is kept for replay. */
bool link_owes_channels(const struct link *l);

/*
 * Bytes kept for replay; how many stop data is LINK_UNACKED_FIRST to
 * LINK_UNACKED_MAX, as the path needs.
 */
size_t link_unacked(const struct link *l);

/*
 * How many numbered records there have been, each way, git's bytes (DATA)
 * aside. Replay does not count.
 */
uint64_t link_control_sent(const struct link *l);
uint64_t link_control_received(const struct link *l);

/* When the peer was last heard, and the last measured round trip (0: none yet). */
uint64_t link_heard_at(const struct link *l);
uint64_t link_rtt(const struct link *l);

/* The shortest round trip seen on this path, in ms, by whatever was answered; 0: none yet. */
uint64_t link_min_rtt(const struct link *l);

/*
 * Until when the present path brought anything on, as far as can be seen: when the peer was
 * last heard, if its silence is none of a path at rest, or, where records wait to be
 * acknowledged, when it last acknowledged any.
 */
uint64_t link_worked_until(const struct link *l, uint64_t now);

/* The time that the link was last told. For the layers above it, in its callbacks. */
uint64_t link_now(const struct link *l);
const char *link_state_name(enum link_state state);

#endif
