/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PERSON_H
#define HELPER_PERSON_H

/* What is decided about a person, told to the broker. */

#include <stdbool.h>

#include "fingerprint.h"
#include "jid.h"
#include "message.h"

/*
 * Has the broker do it, and prints what it says and the devices it names. fingerprint is hex, NULL:
 * none. The exit status; trouble was printed.
 */
int person_tell(const char *verb, const char *jid, const char *fingerprint);

/*
 * The same; of what failed, the reason is in *trouble, which is MSG_NONE at
 * first, and nothing is printed.
 */
int person_try(const char *verb, const char *jid, const char *fingerprint, struct message *trouble);

/* An argument as it is kept; false with *trouble if it is no such thing. */
bool person_jid(const char *text, char jid[JID_MAX], struct message *trouble);
bool person_fingerprint(const char *text, char hex[2 * FINGERPRINT_BYTES + 1],
			struct message *trouble);

#endif
