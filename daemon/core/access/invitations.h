/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INVITATIONS_H
#define CORE_INVITATIONS_H

/*
 * The invitations that the user has made. Each may be used once, before it expires: whoever
 * proves its secret has their device verified and gets the right that it names. One that is
 * over is kept for INVITATION_KEPT, so that somebody who comes later can be told what became
 * of it, and the user that somebody came.
 *
 * The table is kept in a text file of one line an invitation, "-" for what there is not:
 *   id secret(32 hex) state made(unix) expires(unix) right ended(unix) jid fingerprint [share]
 * right is "fetch", "push", "device" or "-". A share is the rest of the line. The caller reads
 * and writes the file.
 *
 *   state	event					next
 *   open	somebody proves the secret in time	used
 *   open	the user takes it back			revoked
 *   used	the same device proves it once more	used; nothing is granted again
 */

#include <stdint.h>

#include "bounds.h"
#include "join-proof.h"

enum { INVITATION_ID_BYTES = 4, INVITATION_ID_LEN = 2 * INVITATION_ID_BYTES };

enum invitation_state {
	INVITATION_OPEN,
	INVITATION_USED,
	INVITATION_REVOKED,
};

struct invitation {
	struct invitation *next;
	char id[INVITATION_ID_LEN + 1];		/* hex; for people, and no secret */
	unsigned char secret[INVITATION_SECRET_BYTES];
	char share[SHARE_NAME_MAX];		/* empty: it names none */
	bool push;				/* of the share; else fetch */
	bool device;				/* for a device of our own account */
	enum invitation_state state;
	uint64_t made, expires, ended;		/* unix seconds; ended 0: it is open */
	char *jid;				/* who used it; owned; NULL: nobody */
	unsigned char fp[FINGERPRINT_BYTES];	/* and with which key */
};

/* What an invitation is worth to somebody who has proven its secret. */
enum invitation_verdict {
	INVITATION_GOOD,
	INVITATION_AGAIN,	/* this device has used it before */
	INVITATION_WAS_USED,	/* another device has */
	INVITATION_EXPIRED,
	INVITATION_TAKEN_BACK,
	INVITATION_NOT_FOR,	/* it is for a device of our own account, or not for one */
};

struct invitations;

struct invitations *invitations_create(hmac_fn *hmac);
void invitations_destroy(struct invitations *all);

/* As trust_parse() and trust_write(). */
int invitations_parse(struct invitations *all, const char *text, size_t n);
void invitations_write(const struct invitations *all, struct buf *out);

/*
 * Adds a copy of what describes the invitation: its id, secret, share, right and times; the
 * rest of `as` does not matter. NULL if INVITATIONS_MAX are open. One that is over makes room.
 */
struct invitation *invitations_add(struct invitations *all, const struct invitation *as,
				   uint64_t unix_now);

const struct invitation *invitations_first(const struct invitations *all);
struct invitation *invitations_find(const struct invitations *all, const char *id);
/* Whether somebody may use it yet. */
bool invitation_is_open(const struct invitation *one, uint64_t unix_now);

/* Takes an open one back. False if it is over. */
bool invitations_revoke(struct invitation *one, uint64_t unix_now);

/*
 * Whether a bytestream with this sid, from joiner (bare) to us, is opened by somebody who has
 * the link of an invitation, one that is over too. JOIN_ATTEMPTS hashes an invitation are made
 * to find out, so INVITATION_LOOKS bounds it for each domain; what is more is not expected. now
 * is in ms.
 */
bool invitations_expect(struct invitations *all, const char *inviter, const char *joiner,
			const char *sid, uint64_t now);

/* The invitation whose secret this proof of a joiner's proves; NULL: none. */
struct invitation *invitations_proven(const struct invitations *all, const struct join_ends *ends,
				      const unsigned char exporter[JOIN_EXPORTER_BYTES],
				      const unsigned char proof[JOIN_PROOF_BYTES]);

enum invitation_verdict invitation_judge(const struct invitation *one, const struct join_ends *ends,
					 uint64_t unix_now);

/* The joiner has used it. */
void invitation_use(struct invitation *one, const struct join_ends *ends, uint64_t unix_now);

/* Forgets what has been over for INVITATION_KEPT. */
void invitations_expire(struct invitations *all, uint64_t unix_now);

const char *invitation_state_name(const struct invitation *one, uint64_t unix_now);

#endif
