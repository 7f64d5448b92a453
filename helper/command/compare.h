/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_COMPARE_H
#define HELPER_COMPARE_H

/*
 * The short string that both users see, while both devices are online
 * (daemon/core/peer/comparison.h), and the question to the user.
 */

#include <stdbool.h>

#include "words.h"

struct shown_words {
	char hex[2 * SHORT_BYTES + 1];		/* as the broker said them; empty: there are none */
	char words[SHORT_WORDS_MAX], digits[SHORT_DIGITS_MAX];
	bool different;				/* the other user has said that they differ */
	char why[33];				/* if there are none: a word */
};

/*
 * Lets the broker make the string with the device of jid that has this key (hex), and waits
 * until it is there, or cannot be. False if there is none.
 */
bool compare_words(const char *jid, const char *fingerprint, struct shown_words *out);

/* Prints the string in its own lines, as words and as digits. */
void compare_print(const struct shown_words *shown);

/*
 * Prints what people read of a fingerprint (hex), each line behind the indent: thirteen words,
 * the digits that say the same, and all of it in hex.
 */
void compare_print_fingerprint(const char *hex, const char *indent);

enum reply {
	REPLY_YES,
	REPLY_NO,
	REPLY_ENTER,	/* an empty line */
	REPLY_NONE,	/* anything else, or the end of the input */
};

/* Asks on the terminal. */
enum reply compare_ask(const char *question);

#endif
