/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

/*
 * The pause before the next try: doubled with each failure, and up to half
 * as long again by chance, so that what failed together is not tried together.
 */

#include <stdint.h>

/*
 * The pause after one more failure, in ms. *pause is that of the failure before,
 * without what chance added; 0: there was none. *random is any number at first.
 */
uint64_t backoff_next(unsigned *pause, unsigned first, unsigned max, uint32_t *random);

#endif
