/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

/*
 * Exponential back-off: each failure doubles the pause before the next try. Chance adds up
 * to half of it, so that several who failed at one moment do not try again at one moment.
 */

#include <stdint.h>

/*
 * Returns the pause after one more failure, in ms. *pause holds the previous pause without
 * the random part, 0 before the first failure; it is updated. *random is the state of the
 * generator: any number at first.
 */
uint64_t backoff_next(unsigned *pause, unsigned first, unsigned max, uint32_t *random);

#endif
