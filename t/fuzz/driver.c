/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: fuzz-<parser> [--seed=N] [--count=N] [--corpus=<file>] [<file>...]
 *        fuzz-<parser> --unpack=<directory> [--corpus=<file>]
 *        fuzz-<parser> --pack <file>...
 *
 * Feeds a harness its own seeds, and count inputs that are made from them: bytes flipped,
 * cut, put in, said twice, two of them joined. The same seed makes the same inputs. A corpus
 * (t/fuzz/corpus) has an input in each line, in hexadecimal digits: what libFuzzer has found to
 * reach something new. It is fed first. With files, only those are fed.
 *
 * --unpack writes each input of a corpus, and each seed, into a file of its own, for libFuzzer;
 * --pack prints files as the lines of a corpus.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "fuzz.h"
#include "hex.h"

enum { INPUT_MAX = 1 << 17 };

static uint64_t state;

static uint32_t chance(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* In memory of exactly that size, so that a sanitizer sees a byte too far. */
static void feed(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	must(exact != NULL);
	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static size_t take_seed(uint8_t *out, size_t room, unsigned n_seeds)
{
	const struct fuzz_seed *s = &fuzz_seeds[chance(n_seeds)];
	size_t n = s->n < room ? s->n : room;

	memcpy(out, s->bytes, n);
	return n;
}

/* What makes parsers think. */
static uint8_t odd_byte(void)
{
	static const uint8_t odd[] = { 0,   0xff, 0x7f, 0x80, '=', '\n', '/', ':',
				       '[', ']',  '%',	'@',  '0', '9',	 'a' };

	return chance(2) ? odd[chance(sizeof(odd))] : (uint8_t)chance(256);
}

static size_t mutate(uint8_t *data, size_t n)
{
	size_t at = n ? chance((uint32_t)n) : 0, len = n ? chance((uint32_t)(n - at)) + 1 : 0;

	switch (chance(6)) {
	case 0:
		if (n)
			data[at] = odd_byte();
		break;
	case 1:
		if (n)
			data[at] ^= (uint8_t)(1 << chance(8));
		break;
	case 2:
		n = at;
		break;
	case 3:
		if (n < INPUT_MAX) {
			memmove(data + at + 1, data + at, n - at);
			data[at] = odd_byte();
			n++;
		}
		break;
	case 4:
		if (n) {
			memmove(data + at, data + at + len, n - at - len);
			n -= len;
		}
		break;
	default:
		if (n + len <= INPUT_MAX) {
			memmove(data + at + len, data + at, n - at);
			n += len;
		}
		break;
	}
	return n;
}

static void feed_many(uint64_t seed, unsigned long count)
{
	static uint8_t data[INPUT_MAX];
	unsigned n_seeds = 0;

	while (fuzz_seeds[n_seeds].bytes) {
		feed((const uint8_t *)fuzz_seeds[n_seeds].bytes, fuzz_seeds[n_seeds].n);
		n_seeds++;
	}
	feed((const uint8_t *)"", 0);
	state = seed;
	while (count-- > 0) {
		size_t n = take_seed(data, INPUT_MAX, n_seeds);

		if (chance(8) == 0)
			n += take_seed(data + n, INPUT_MAX - n, n_seeds);
		for (uint32_t times = chance(8) + 1; times > 0; times--)
			n = mutate(data, n);
		feed(data, n);
	}
}

static const char *unpack_into; /* NULL: inputs are fed */
static bool pack;

/* An input of a corpus, the n-th. */
static int take(const uint8_t *data, size_t size, unsigned n)
{
	char name[4096];
	FILE *f;

	if (!unpack_into) {
		feed(data, size);
		return 0;
	}
	snprintf(name, sizeof(name), "%s/%u", unpack_into, n);
	f = fopen(name, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
		perror(name);
		return 1;
	}
	return 0;
}

static int take_file(const char *name)
{
	static uint8_t data[INPUT_MAX];
	static char line[2 * INPUT_MAX + 1];
	FILE *f = fopen(name, "r");
	size_t n;

	if (!f) {
		perror(name);
		return 1;
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	if (!pack) {
		feed(data, n);
		return 0;
	}
	hex_encode(data, n, line);
	puts(line);
	return 0;
}

static int take_corpus(const char *name)
{
	static char line[2 * INPUT_MAX + 2];
	static uint8_t data[INPUT_MAX];
	FILE *f = fopen(name, "r");
	unsigned count = 0;
	int result = 0;

	if (!f) {
		perror(name);
		return 1;
	}
	while (!result && fgets(line, sizeof(line), f)) {
		size_t n = strcspn(line, "\n") / 2;

		line[2 * n] = '\0';
		must(hex_decode(line, data, n));
		result = take(data, n, ++count);
	}
	fclose(f);
	return result;
}

int main(int argc, char **argv)
{
	unsigned long count = 20000;
	bool files = false;
	uint64_t seed = 1;

	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];

		if (sscanf(a, "--seed=%" SCNu64, &seed) == 1 ||
		    sscanf(a, "--count=%lu", &count) == 1)
			continue;
		if (!strncmp(a, "--unpack=", 9)) {
			unpack_into = a + 9;
		} else if (!strcmp(a, "--pack")) {
			pack = true;
		} else if (!strncmp(a, "--corpus=", 9)) {
			if (take_corpus(a + 9))
				return 1;
		} else {
			files = true;
			if (take_file(a))
				return 1;
		}
	}
	for (unsigned n = 0; unpack_into && fuzz_seeds[n].bytes; n++)
		if (take((const uint8_t *)fuzz_seeds[n].bytes, fuzz_seeds[n].n, UINT_MAX - n))
			return 1;
	if (!files && !unpack_into)
		feed_many(seed, count);
	return 0;
}
