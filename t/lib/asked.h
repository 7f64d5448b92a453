/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ASKED_H
#define T_ASKED_H

/*
 * Records the requests that a part of the program makes by itself, as time passes. expect()
 * compares the record and empties it.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

static char asked[2048];
static unsigned asked_count;
static uint64_t now;

static inline void asked_begin(void)
{
	now = 1000;
	*asked = '\0';
	asked_count = 0;
}

static inline void asked_note(const char *what, const char *whom)
{
	size_t n = strlen(asked);

	asked_count++;
	snprintf(asked + n, sizeof(asked) - n, "%s%s%s", n ? ", " : "", what, whom);
}

static inline void expect(const char *what, const char *why)
{
	is_str(asked, what, why);
	*asked = '\0';
	asked_count = 0;
}

/* Lets ms pass: calls tick() at each deadline of the part that comes. */
#define PASS(ms, part, deadline, tick)					\
	do {								\
		uint64_t until = now + (ms);				\
									\
		while (deadline(part) <= until) {			\
			now = deadline(part) > now ? deadline(part) : now; \
			tick(part, now);				\
		}							\
		now = until;						\
	} while (0)

#endif
