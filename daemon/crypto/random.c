/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "log.h"

void random_bytes(void *p, size_t n)
{
	const char *why;

	assert(n <= INT_MAX);
	if (RAND_bytes(p, (int)n) == 1)
		return;
	why = ERR_reason_error_string(ERR_peek_last_error());
	log_error("cannot get random bytes: %s", why ? why : "no memory");
	abort();
}
