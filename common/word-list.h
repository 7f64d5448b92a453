/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_WORD_LIST_H
#define COMMON_WORD_LIST_H

/*
 * The words that people read to each other. Each stands for ten bits: the number of the word
 * in the list. A word has four to seven letters a-z and is known by the first four.
 */

#include <stddef.h>

enum {
	WORD_COUNT = 1024,
	WORD_BITS = 10,
	WORD_PREFIX = 4,	/* letters that tell the word */
	WORD_MAX = 8,		/* bytes, with the NUL */
};

/* The word of this number, 0 to WORD_COUNT - 1. */
const char *word_list_word(unsigned number);

/*
 * The number of the word that the n bytes of text are, in either case, or that they begin
 * with at least WORD_PREFIX letters; -1 if there is none.
 */
int word_list_find(const char *text, size_t n);

#endif
