/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

/*
 * Fills p with n random bytes that nobody can foresee. Ends the program if the system has
 * none.
 */
void random_bytes(void *p, size_t n);

#endif
