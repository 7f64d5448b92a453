/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LINK_H
#define CORE_LINK_H

/*
 * A link between two devices carries numbered records over one path at a time. The sender
 * keeps a record until the peer has acknowledged it; acknowledgements are cumulative.
 * When a path dies, the link is suspended. On the next path both sides say in HELLO what
 * they have received, and the rest is sent again, so no record is lost, repeated or
 * reordered. There is no I/O here and no clock: bytes and `now` (milliseconds, monotonic)
 * are arguments.
 *
 * HELLO is the first record each way on a path. Both sides send the fields protocol=2,
 * from=<JID>, to=<JID>, instance=<16 hex>, received=<number>. The initiator of the path
 * adds link=<32 hex> and state=new|resume, the responder
 * state=new|resumed|gone|collision|untrusted. HELLO names both accounts. Until the peer's
 * HELLO has named the same two, nothing else is sent (but see link::ahead), and nothing is
 * assumed of the peer.
 * The answers "version" and "not-you" have the fields protocol and state only. A link
 * that was never up keeps its id from one attempt to the next, so a lost answer does not
 * make a second link.
 *
 *   state      event                    next
 *   IDLE       attach (initiator)       HANDSHAKE HELLO new
 *   IDLE       attach (responder)       HANDSHAKE waits for HELLO
 *   HANDSHAKE  HELLO new/resumed        UP        events->up, replay
 *   HANDSHAKE  HELLO gone, untrusted    ENDED     the peer has no such link, or refuses one
 *   HANDSHAKE  HELLO of other accounts  ENDED     "not-you"
 *   HANDSHAKE  another protocol         ENDED     "version"
 *   HANDSHAKE  peer not admitted        ENDED     "unknown-key"
 *   HANDSHAKE  HELLO collision          HANDSHAKE link_input() returns -1: the peer's attempt wins
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

/* The two accounts of a path: bare JIDs as jid_bare() writes them, borrowed. */
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
	 * Whether the peer's device may have a link. Asked once for a path that we
	 * opened, when the answer to our HELLO has named both accounts: now the key that
	 * was seen on the path is known to be the peer's. Nothing else in the answer has
	 * been acted on. NULL: every device may.
	 */
	bool (*admit)(void *owner);
	/* The link is up, for the first time or again (resumed). */
	void (*up)(void *owner, bool resumed);
	/*
	 * The link has lost its path and waits for another. In link_accept(), up()
	 * follows at once.
	 */
	void (*down)(void *owner);
	/* A numbered record of a known type has come. Each is delivered once, in order. */
	void (*deliver)(void *owner, const struct record *record);
	/*
	 * Called when the path can take more and no control record waits. Queues at most
	 * one record with link_send(). False when there is none.
	 */
	bool (*fill)(void *owner);
	/*
	 * The link has ended. The reason is a stable word: that of a BYE, or "untrusted",
	 * "protocol", "version", "not-you", "unknown-key", "gone", "no-path", "overflow".
	 * If a path is attached, link_output() may give a BYE for it; close the path
	 * after that. Called from inside the function that ended the link, but never from
	 * link_send(). Call link_finish() only after that function has returned.
	 */
	void (*ended)(void *owner, const char *reason);
	/*
	 * There is output again after link_output() had given all it had. May come from
	 * inside any function but link_output(). The owner may call link_output() from
	 * here, or later.
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
	uint64_t peer_protocol;			/* the peer's version, if the link ended with
						   "version" */
	bool initiator;				/* of the present path */
	bool ahead;				/* set by the owner before link_attach(): the key
						   of the path is trusted already, so that
						   control records of a new link follow our HELLO
						   without waiting for the answer */
	bool busy;				/* set by the owner: something is open, so a
						   PING goes sooner */
	/* set by the owner: the path withholds the last bytes of a burst (a proxy) */
	bool tail_probe;
	/* set by the owner before link_attach() and link_accept(): a path that worked was left
	   for this one, so its silence is doubted sooner (keepalive.h) */
	bool on_trial;
	unsigned suspend_max;			/* ms without a path, then the link ends;
						   LINK_SUSPEND_MAX, or set by the owner */
	char peer_name[96];			/* for the log */
	struct link_internal *in;		/* owned */
};

/*
 * id is random. A link that first comes up by an attempt of ours keeps it; one that comes
 * up by the peer's attempt takes the id in the peer's HELLO. id, instance, ends and
 * peer_name are copied.
 */
void link_init(struct link *l, const struct link_events *events, void *owner,
	       const uint8_t id[LINK_ID_BYTES], const uint8_t instance[INSTANCE_BYTES],
	       const struct link_ends *ends, const char *peer_name);
void link_finish(struct link *l);

/* Borrowed from the link. */
struct link_ends link_ends(const struct link *l);

/*
 * Attaches a path whose TLS is established; the link must be IDLE or SUSPENDED. If we are
 * the initiator, output begins with HELLO.
 */
void link_attach(struct link *l, bool initiator, uint64_t now);

/* The path is gone; why is for the log. Does nothing if no path is attached. */
void link_detach(struct link *l, const char *why, uint64_t now);

/*
 * The initiator's HELLO, as a responder reads it on a path that is not attached to a link
 * yet. Parse it with link_hello_parse(), then call link_hello_decide() with the link that
 * exists for the device (or NULL).
 */
struct link_hello {
	uint8_t link[LINK_ID_BYTES];
	uint8_t instance[INSTANCE_BYTES];
	uint64_t received;
	uint64_t protocol;
	bool resume;
	bool meet;			/* a meeting, which is no link: core/peer/meeting.h */
	const char *why;		/* with HELLO_MALFORMED: "field: rule" */
};

enum hello_fault {
	HELLO_GOOD,
	HELLO_MALFORMED,	/* not a HELLO: close the path without an answer */
	HELLO_OTHER_PROTOCOL,	/* answer HELLO version */
	HELLO_OTHER_NAMES,	/* names other accounts than the path's, or none: answer HELLO
				   not-you */
};

enum link_verdict {
	/*
	 * make a new link, or use the one that is IDLE or in HANDSHAKE and give up our
	 * own attempt
	 */
	LINK_ACCEPT_NEW,
	LINK_ACCEPT_RESUME,	/* detach the old path if any, attach this one to the link */
	LINK_REPLACE,		/* the device restarted: end the old link ("gone"), then as
				   ACCEPT_NEW */
	LINK_REFUSE_GONE,	/* nothing to resume: answer HELLO gone, close the path */
	LINK_REFUSE_COLLISION,	/* our own attempt wins: answer HELLO collision, close the path */
};

/*
 * Parses an initiator's HELLO. With HELLO_GOOD all of *hello is valid, with
 * HELLO_MALFORMED only why, otherwise only protocol.
 */
enum hello_fault link_hello_parse(const struct record *record, const struct link_ends *ends,
				  struct link_hello *hello);

/*
 * we_win: our fingerprint is the lower one, so our attempt wins a collision. An attempt
 * that has had no answer for LINK_COLLISION_MAX does not win any more: perhaps only the
 * peer's path works.
 */
enum link_verdict link_hello_decide(const struct link *l, const struct link_hello *hello,
				    bool we_win, uint64_t now);

/*
 * Appends the HELLO that refuses with this state: "gone", "collision" or "untrusted".
 * With ends NULL the state is "version" or "not-you" and the HELLO says nothing else,
 * since it is not known who reads it.
 */
void link_hello_refusal(const char *state, const struct link_ends *ends,
			const uint8_t instance[INSTANCE_BYTES], struct buf *out);

/*
 * Attaches a path as the responder, after link_hello_decide() returned LINK_ACCEPT_*. A
 * path that is attached is detached first. The link is UP on return, unless a callback
 * ended it.
 */
void link_accept(struct link *l, const struct link_hello *hello, uint64_t now);

/*
 * Takes plaintext from the attached path and consumes whole records. -1 when the path
 * must be closed; the owner then calls link_detach().
 */
int link_input(struct link *l, struct buf *plain, uint64_t now);

/*
 * Appends plaintext for the path, about max bytes at most: HELLO, PONG, PING, replay,
 * control records, then what fill() gives, and an ACK. Returns how many bytes were
 * appended; 0 when there is nothing to send.
 */
size_t link_output(struct link *l, struct buf *out, size_t max, uint64_t now);

/*
 * For a path that is full, but has a place for control records: appends those that wait as
 * long as they fit into max bytes, and nothing while a replay has to go before them. Returns
 * how many bytes were appended.
 */
size_t link_urgent(struct link *l, struct buf *out, size_t max, uint64_t now);

/*
 * Queues a numbered record, also while the link is IDLE or SUSPENDED. Control records go
 * before the records that fill() adds. False if the link has ended, or if
 * LINK_CONTROL_QUEUE_MAX control records are kept already. The link then ends with
 * "overflow", not within this call but at the next link_tick(), which is due at once, or
 * link_input().
 */
bool link_send(struct link *l, enum record_type type, const void *payload, size_t len);

/*
 * Like link_send(), but the caller writes the payload at once, where the result points.
 * NULL means false.
 */
uint8_t *link_send_room(struct link *l, enum record_type type, size_t len);

/*
 * The best size in bytes for the payload of the record that fill() is asked for; at least
 * 512.
 */
size_t link_fill_size(const struct link *l);

/* To be called when fill() has something again after it returned false. Kicks if needed. */
void link_wake(struct link *l);

/*
 * Ends the link: events->ended(). If the peer has said HELLO on the present path,
 * link_output() then gives a BYE, once.
 */
void link_bye(struct link *l, const char *reason);

/* When to call link_tick() next; UINT64_MAX: never. Any other call may make it sooner. */
uint64_t link_deadline(const struct link *l);
void link_tick(struct link *l, uint64_t now);

/*
 * Until when a link that was up waits in SUSPENDED or HANDSHAKE to come up again. 0 if it
 * is up, was never up or has ended.
 */
uint64_t link_patience(const struct link *l);

/*
 * To be called when the path is in doubt, because the network changed or the machine woke
 * up. Sends a PING at once. If nothing is heard for LINK_PROBE_TIMEOUT, the path is dead.
 */
void link_probe(struct link *l, uint64_t now);

/*
 * Whether the path is dead; to be asked after link_tick(). It is when nothing was heard
 * for LINK_PING_TIMEOUT after a PING, or for LINK_PROBE_TIMEOUT after a probe or on trial, or
 * when no HELLO came in LINK_HELLO_TIMEOUT (LINK_PROBE_TIMEOUT on trial). The owner closes the path
 * and calls link_detach(). False once another path is attached.
 */
bool link_path_dead(const struct link *l);

/* Whether a record of a channel (ACCEPT to CLOSE) is kept for replay. */
bool link_owes_channels(const struct link *l);

/*
 * Bytes kept for replay. Data waits when they reach a limit, which is between
 * LINK_UNACKED_FIRST and LINK_UNACKED_MAX as the path needs (send-window.h).
 */
size_t link_unacked(const struct link *l);

/*
 * The number of the record that was queued last, and of the last one that the peer is known
 * to have; 0: none.
 */
uint64_t link_queued(const struct link *l);
uint64_t link_acknowledged(const struct link *l);

/*
 * How many numbered records other than DATA were queued, and received. Replays are not
 * counted.
 */
uint64_t link_control_sent(const struct link *l);
uint64_t link_control_received(const struct link *l);

/* When the peer was last heard, and the last measured round trip (0: none yet). */
uint64_t link_heard_at(const struct link *l);
uint64_t link_rtt(const struct link *l);

/* The shortest recent round trip of this path in ms, by HELLO, PING or ACK; 0: none yet. */
uint64_t link_min_rtt(const struct link *l);

/*
 * The last time of proven progress on the present path:
 *   in HANDSHAKE: when the path was attached;
 *   no record waits for an ACK: `now`, or when the peer fell silent if a PING is unanswered;
 *   a record waits: when an ACK last covered a new record, or when the waiting began if that is
 *   later; but not later than the time of the row above.
 */
uint64_t link_worked_until(const struct link *l, uint64_t now);

/* The last `now` that was passed in; for the owner, inside its callbacks. */
uint64_t link_now(const struct link *l);
const char *link_state_name(enum link_state state);

#endif
