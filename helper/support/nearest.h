/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_NEAREST_H
#define HELPER_NEAREST_H

/* The word that somebody may have meant who mistyped it. */

#include <stddef.h>

struct nearest {
	const char *word;	/* what was typed; not owned */
	const char *found;	/* NULL: nothing is near enough; not owned */
	size_t distance;	/* of found */
};

/*
 * Offers a candidate; it must outlive n->found. The nearest counts, of two that are alike the
 * first. The distance is the number of letters that are inserted, left out, replaced, or swapped
 * with their neighbour (the optimal string alignment distance). A candidate is near if no more
 * than half of the letters of the word are wrong. Words over 63 bytes are near to nothing.
 */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
