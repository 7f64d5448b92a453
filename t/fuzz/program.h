/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_PROGRAM_H
#define T_PROGRAM_H

/*
 * An input that is a program: each byte chooses an act, and the bytes behind it are its
 * arguments. Behind the end of the input all bytes are 0.
 */

#include <stdbool.h>

#include "fuzz.h"

struct program {
	const uint8_t *at;
	size_t left;
	unsigned round; /* of program_many(); 0: an act that is not repeated */
};

static inline uint8_t program_byte(struct program *p)
{
	if (!p->left)
		return 0;
	p->left--;
	return *p->at++;
}

/* Its next bytes, as many as the next byte says; *n is less where the input ends. */
static inline const uint8_t *program_bytes(struct program *p, size_t *n)
{
	const uint8_t *bytes;

	*n = program_byte(p);
	if (*n > p->left)
		*n = p->left;
	bytes = p->at;
	p->at += *n;
	p->left -= *n;
	return bytes;
}

/*
 * One act, so many times as the next byte says, with the same bytes behind it each time. Acts mix
 * p->round into the names they make up, for what is bounded is many things and not the same one.
 */
static inline void program_many(struct program *p, void (*perform)(struct program *p))
{
	unsigned times = program_byte(p);
	const struct program act = *p;

	if (p->round)
		return;
	for (unsigned round = 1; round <= times; round++) {
		*p = act;
		p->round = round;
		perform(p);
	}
	p->round = 0;
}

static inline const char *program_word(struct program *p, const char *const *words, unsigned n)
{
	return words[program_byte(p) % n];
}

/* One of these words. */
#define PROGRAM_WORD(p, ...)                                                                       \
	program_word(p, (const char *const[]){ __VA_ARGS__ },                                      \
		     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

#endif
