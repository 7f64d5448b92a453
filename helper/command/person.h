/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PERSON_H
#define HELPER_PERSON_H

/* Tells the broker what the user has decided about a person. */

#include <stdbool.h>

#include "fingerprint.h"
#include "jid.h"
#include "message.h"
#include "words.h"

/*
 * Sends the verb to the broker, and prints the broker's message and the devices in its
 * answer. fingerprint is hex; NULL: none. Returns the exit status; an error was printed.
 */
int person_tell(const char *verb, const char *jid, const char *fingerprint);

/*
 * As person_tell(), but an error is not printed: it is put into *trouble, which the caller
 * sets to MSG_NONE before.
 */
int person_try(const char *verb, const char *jid, const char *fingerprint, struct message *trouble);

/* As person_try(). words: what the user saw of the comparison (compare.h), in hex, or NULL. */
int person_judge(const char *verb, const char *jid, const char *fingerprint, const char *words,
		 struct message *trouble);

/* Turn an argument into its normal form; false with *trouble if it is invalid. */
bool person_fingerprint(const char *text, char hex[2 * FINGERPRINT_BYTES + 1],
			struct message *trouble);
/* As person_fingerprint(), also of the words or digits that were read out of a fingerprint. */
bool person_reading(const char *text, char reading[FINGERPRINT_WORDS_MAX], struct message *trouble);

#endif
