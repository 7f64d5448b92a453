/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ATTEMPT_H
#define CORE_ATTEMPT_H

/*
 * One attempt at a queued push, and what its failure means. What git prints does not count,
 * for it is written for people. What counts is git's exit status, and whether something stood
 * between the two brokers. Pure.
 */

#include "message.h"
#include "queue.h"

struct attempt {
	enum message_id trouble;	/* message of the last session of its git that failed;
					   MSG_NONE: none did */
	bool no_place;			/* git could not be started, because the directory where it
					   has to run is gone */
};

/*
 * status: git's exit status; -1: git could not be run now, or was ended from outside.
 *
 *   0                                                     DELIVERED
 *   the directory is gone; or no session failed, so that
 *   git, or a hook of ours or theirs, said no; or a
 *   session failed for a reason that lasts until
 *   somebody does something                               REFUSED
 *   else                                                  UNREACHABLE
 */
enum queue_outcome attempt_outcome(const struct attempt *a, int status);

#endif
