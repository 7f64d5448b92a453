/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_WIPE_H
#define COMMON_WIPE_H

#include <stddef.h>

/*
 * Sets n bytes of a secret to 0. Compilers do not optimise this away, though nobody reads
 * them again.
 */
void wipe(void *p, size_t n);

#endif
