/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random.h"

#include <assert.h>
#include <limits.h>

#include <openssl/rand.h>

#include "openssl-failure.h"

void random_bytes(void *p, size_t n)
{
	assert(n <= INT_MAX);
	if (RAND_bytes(p, (int)n) != 1)
		openssl_failure("get random bytes");
}
