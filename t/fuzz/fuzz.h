/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_FUZZ_H
#define T_FUZZ_H

/*
 * A harness for one parser: LLVMFuzzerTestOneInput(), as libFuzzer calls it, and some inputs
 * to begin with, from which driver.c makes many others where there is no libFuzzer.
 * An input that must not be is an abort().
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct fuzz_seed {
	const char *bytes;
	size_t n;
};

#define FUZZ_SEED(s) { (s), sizeof(s) - 1 }

extern const struct fuzz_seed fuzz_seeds[];	/* the last one has no bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A promise of the parser's. It holds in a build without assertions, too. */
static inline void must(int holds)
{
	if (!holds)
		abort();
}

/* The input as a string, up to its first NUL; to be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	must(text != NULL);
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

#endif
