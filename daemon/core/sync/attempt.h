/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ATTEMPT_H
#define CORE_ATTEMPT_H

/*
 * One attempt at a queued push, and what it means that it did not succeed. What git prints
 * does not count, for that is for people: what counts is how it ended, and whether something stood
 * between the two brokers. Pure.
 */

#include "message.h"
#include "queue.h"

struct attempt {
	enum message_id trouble;	/* with which a session of its git ended last; MSG_NONE:
					   with none */
	bool no_place;			/* git could not be started, for the place where it was to
					   run is gone */
};

/*
 * status: of git; -1 if it could not be run now, or was ended from outside.
 *
 *   0                                                     DELIVERED
 *   no place; nothing stood in the way, so that git or
 *   a hook of ours or theirs said no; a trouble that
 *   lasts until somebody does something                   REFUSED
 *   else                                                  UNREACHABLE
 */
enum queue_outcome attempt_outcome(const struct attempt *a, int status);

#endif
