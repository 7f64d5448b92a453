/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DRAINING_H
#define DAEMON_DRAINING_H

/*
 * A broker that is told to stop lets the transfers that move data end by themselves, for
 * DRAIN_PATIENCE at most: ours, until git has read what came, and those that it serves. Meanwhile
 * it begins nothing new (context::draining): clients are told MSG_BROKER_STOPPING, and devices that
 * it is busy. A session that only waits for somebody is not waited for.
 */

#include <stdint.h>
#include <uv.h>

#include "context.h"
#include "git-service.h"
#include "session.h"

struct draining {
	/* set by the owner; borrowed */
	uv_loop_t *loop;
	struct context *context;
	const struct sessions *sessions;
	const struct git_services *services;
	/* How many clients have not read all of what came for them. */
	unsigned (*reading)(void *owner);
	void (*begun)(void *owner);	/* it waits from now on */
	void (*over)(void *owner);	/* the broker is to stop now; may be called within
					   draining_begin() */
	void *owner;

	uv_timer_t timer;		/* runs while context->draining */
	uint64_t until;			/* ms; when it is over at the latest */
	unsigned idle;			/* looks in a row that found nothing to wait for */
};

/* Begins to wait, once: it is over now if nothing moves, else as soon as nothing does. */
void draining_begin(struct draining *d);

/* The broker stops: the waiting ends, if there is any. */
void draining_end(struct draining *d);

/*
 * What is waited for, or would be: calls found for each transfer, with a row as status has it,
 * which may be changed. Returns how many there are; a push that has lost its link counts, because
 * git still runs, and has no row, because nobody is at its other end.
 */
unsigned draining_list(const struct draining *d, void (*found)(void *arg, struct buf *row),
		       void *arg);

#endif
