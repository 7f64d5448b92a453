/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ORIGIN_H
#define T_ORIGIN_H

/* The scenarios of u-origin, and what they share. */

#include "stage.h"

struct scenario {
	const char *name;		/* begins with the row: "S4: ..." */
	void (*run)(void);
};

/* What the origin said of itself, and why it failed; a row without a name is the last. */
extern const struct scenario origin_said[], origin_causes[];

/* Longer than any timer of a negotiation. */
enum { LONG = 2 * 60 * 1000 };

#define ID "id=0123456789abcdef01234567\0"
#define SAY(w, from, to, type, fields)                                                             \
	say_record(w, from, to, type, ID fields, sizeof(ID fields) - 1)

/*
 * Ways in which a push from 0 to 1 ends, each with what is there of it; nothing
 * is open when the stage has rested.
 */
void out_killed_early(struct world *w);
void out_killed_in_mid_pack(struct world *w);
void out_killed_while_deferred(struct world *w);
void out_refused(struct world *w);
void out_broken(struct world *w);
void out_service_dies(struct world *w);
void out_service_hangs(struct world *w);
void out_buddy_crashes(struct world *w);
void out_we_crash(struct world *w);
void out_link_ends(struct world *w);

#endif
