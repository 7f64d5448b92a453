/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ORIGIN_H
#define T_ORIGIN_H

/* The scenarios of u-origin, and what they have in common. */

#include "stage.h"

struct scenario {
	const char *name;		/* begins with its row in Documentation/origin.md: "S4:
					   ..." */
	void (*run)(void);
};

/*
 * One for each sentence that the origin said of itself, and one for each cause of its
 * failure. A row without a name is the last.
 */
extern const struct scenario origin_said[], origin_causes[];

/* ms; longer than any timer of a negotiation */
enum { LONG = 2 * 60 * 1000 };

#define ID "id=0123456789abcdef01234567\0"
#define SAY(w, from, to, type, fields)                                                             \
	say_record(w, from, to, type, ID fields, sizeof(ID fields) - 1)

/*
 * Ways in which a push from broker 0 to broker 1 ends. Nothing is open once time has passed
 * after them.
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
