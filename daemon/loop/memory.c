/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory.h"

/*
 * Not every library checks whether it got memory, and ours could not go on if it did.
 * Without this the program would end as well, by a crash in a library and without a
 * message.
 */

#include <openssl/crypto.h>
#include <stdlib.h>
#include <uv.h>

#include "alloc.h"

static void *of_openssl(size_t n, const char *file, int line)
{
	return xmalloc(n);
}

static void *again_of_openssl(void *p, size_t n, const char *file, int line)
{
	return xrealloc(p, n);
}

static void free_of_openssl(void *p, const char *file, int line)
{
	free(p);
}

void memory_of_libraries(void)
{
	uv_replace_allocator(xmalloc, xrealloc, xcalloc, free);
	CRYPTO_set_mem_functions(of_openssl, again_of_openssl, free_of_openssl);
}
