/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RETRY_H
#define CORE_RETRY_H

/*
 * When a failed login is tried again. It always is, because the cause may pass or be
 * mended, and nobody tells us. The pause depends on what a try costs, and whom. A refused
 * account does not try again by itself: its owner does, with the password asked for anew.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Why a login failed, in the order of how much it says. If several servers of a domain
 * were tried, the cause that says most counts. First the shortest and the longest pause.
 */
enum retry_cause {
	RETRY_MACHINE,		/* 1 s to 30 s: this machine is out of resources, or a file cannot
				   be read */
	RETRY_SERVER,		/* 1 s to 30 s: the server was not reached, or has a problem of
				   its own */
	RETRY_CERTIFICATE,	/* 1 s to 30 s: the server's certificate is not trusted; it was
				   told nothing */
	RETRY_ACCOUNT,		/* 1 to 30 min: the account or its password was refused, or is
				   missing */
	RETRY_PLACE,		/* 10 s to 30 min: another connection took our place */
};

struct retry {
	enum retry_cause cause;	/* of the last failure */
	unsigned pause;		/* ms; the last pause, without the random part; 0: there was none */
	uint32_t random;
	unsigned hurried;	/* tries caused by commands that still count */
	uint64_t forgotten_at;	/* ms; up to when such tries were forgotten, one a minute */
};

void retry_init(struct retry *r, uint32_t seed);

/*
 * Notes one more failure. Returns the pause before the next try, in ms. It doubles from
 * one failure to the next, with chance added; another cause begins anew.
 */
uint64_t retry_pause(struct retry *r, enum retry_cause cause);

/* The login worked, or something changed that makes earlier failures meaningless. */
void retry_reset(struct retry *r);

/*
 * A command wants to be served: whether a login that a server refused may be repeated
 * before its time, although nothing has changed. Five times, then once a minute, because
 * servers count refusals and shut out accounts with too many.
 */
bool retry_may_hurry(struct retry *r, uint64_t now);

#endif
