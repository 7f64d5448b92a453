/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PUNCH_H
#define CORE_PUNCH_H

/*
 * One attempt of TCP hole punching (RFC 5128 3.4): two devices behind NATs or firewalls that
 * let nothing in connect to each other at once, each from a port that it has told. What each
 * sends opens its own side, and TCP's simultaneous open (RFC 9293 3.5) makes one connection
 * of the two attempts. No server takes part.
 *
 * Pure: records, results of connects, a random pause and `now` come in, what to connect and to
 * drop goes out. The owner has the ports and the sockets. Times are in ms.
 *
 * A device decides where the other one connects to. So an address is used only if it may be
 * dialled at all, has no well-known port, and is tried PUNCH_TRIES times at most.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "candidates.h"

enum {
	PUNCH_PORT_MIN = 1024,		/* lower ports are those of services */
	PUNCH_PAUSE_MIN = 4,		/* the shortest bound of the pause before an address that
					   refused is tried again; it grows with the tries */
	PUNCH_PAUSE_MAX = 100,		/* and the longest, for the side that answered */
	PUNCH_PAUSE_OFFERER = 200,	/* ... and for the side that offered */
	PUNCH_TRIES = 100,		/* of one address */
	PUNCH_ASK_MAX = 1000,		/* for the answer to how our port is seen */
	PUNCH_HEAD_START = 40,		/* for the answer, before the side that says it connects */
	PUNCH_ANSWER_MAX = 15 * 1000,	/* for the device to answer an offer */
	PUNCH_DIAL_MAX = 3000,		/* for a connection, for the side that offered */
	/* the same for the side that answered, which begins while its answer is on the way */
	PUNCH_ANSWERER_MAX = 6000,
	PUNCH_PROVE_MAX = 5000,		/* beyond that, for a connection that is in its handshake */
};

enum punch_state {
	PUNCH_ASKING,		/* nothing was told: how our port is seen is being asked */
	PUNCH_OFFERED,		/* we told our addresses; the device has not answered */
	PUNCH_DIALLING,		/* both sides connect */
	PUNCH_SETTLING,		/* nothing more is begun; a handshake still runs */
	PUNCH_OVER,		/* a path is there, or none will be; nothing happens any more */
};

enum punch_slot_state {
	PUNCH_PAUSING,		/* connects when `due` has come */
	PUNCH_CONNECTING,
	PUNCH_PROVING,		/* connected; the handshake of TLS runs */
	PUNCH_SPENT,		/* is not tried any more */
};

struct punch_events {
	/* Tell the device our addresses, after punch_wait(). */
	void (*tell)(void *owner);
	/* Begin to connect from our port to this address. No result comes within the call. */
	void (*connect)(void *owner, unsigned slot, const struct netaddr *to);
	/* End what was begun or stands for this slot. No event comes of it any more. */
	void (*drop)(void *owner, unsigned slot);
	/*
	 * The attempt is over without a path, and everything was dropped. tell: the device does
	 * not know. The last event.
	 */
	void (*failed)(void *owner, const char *why, bool tell);
};

struct punch_slot {
	enum punch_slot_state state;
	struct netaddr to;
	unsigned tries;
	uint64_t began;		/* the last try */
	uint64_t due;		/* the next one, of PUNCH_PAUSING */
};

struct punch {
	const struct punch_events *events;
	void *owner;
	enum punch_state state;
	bool local;		/* loopback and link-local addresses may be dialled */
	bool offered;		/* by our side, which is the client of TLS */
	uint64_t until;		/* the deadline of the state */
	struct punch_slot slots[PUNCH_ADDRESSES_MAX];
	unsigned n;
};

/* Our offer has been sent. */
void punch_offer(struct punch *p, const struct punch_events *events, void *owner, bool local,
		 uint64_t now);
/*
 * The device has made this offer, which our side answers. Connects PUNCH_HEAD_START later. False
 * if it names nothing that may be dialled: then there is no attempt, and no event comes.
 */
bool punch_answer(struct punch *p, const struct punch_events *events, void *owner, bool local,
		  const struct punch_record *offer, uint64_t now);

/*
 * Right after one of these two: our addresses are not told yet, since somebody is asked how our
 * port is seen. punch_go(): they are known, or will not be, so it is told, and the attempt
 * begins. That happens by itself after PUNCH_ASK_MAX.
 */
void punch_wait(struct punch *p, uint64_t now);
void punch_go(struct punch *p, uint64_t now);

/* The device says READY or FAILED to this attempt; anything else is passed over. */
void punch_hear(struct punch *p, const struct punch_record *record, uint64_t now);

/* The connection of the slot stands, and TLS begins. */
void punch_connected(struct punch *p, unsigned slot);
/*
 * The slot's attempt or connection has ended, whatever the reason: a refusal only says that
 * the other side was not open at that moment. random: any number, of which the pause is made.
 */
void punch_refused(struct punch *p, unsigned slot, uint32_t random, uint64_t now);
/* The handshake has proven the device. All other slots are dropped; this one is the owner's. */
void punch_proven(struct punch *p, unsigned slot);
/* Drops everything; no event comes any more. */
void punch_end(struct punch *p);

/* Does what is due. */
void punch_step(struct punch *p, uint64_t now);
uint64_t punch_deadline(const struct punch *p);

/*
 * The addresses to tell to a device, best first: global ones of our interfaces, what the
 * world sees of us, then private ones, which serve behind the same NAT. Of each family those
 * are left out for which there is no port (0). Returns how many.
 *
 * own: of the interfaces; their ports do not matter. mapped: how a port of ours is seen from
 * outside; NULL if that is not known.
 */
size_t punch_addresses(const struct netaddr *own, size_t n, const struct netaddr *mapped,
		       uint16_t port4, uint16_t port6, bool local,
		       struct netaddr out[PUNCH_ADDRESSES_MAX]);

enum { PUNCH_KIND_MAX = 48 };

/*
 * What stands before the device that tells these addresses, as far as they show it: "IPv6",
 * "NAT", "IPv4" for one that is reached as it is, "IPv6 and NAT" ... For people. changes: its
 * NAT is known to change the numbers of ports.
 */
void punch_kind(const struct netaddr *told, size_t n, bool changes, char out[PUNCH_KIND_MAX]);

#endif
