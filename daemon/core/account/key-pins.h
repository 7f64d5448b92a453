/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_KEY_PINS_H
#define CORE_KEY_PINS_H

/*
 * The server's public keys that the user has pinned, in the form of git's http.pinnedPubkey:
 * "sha256//" and the base64 of the SHA-256 of the SubjectPublicKeyInfo (RFC 7469 2.4), several
 * with ';' between them. It is a key and not a certificate, so that a certificate may be
 * renewed with the same key; a server that changes keys tells the next one before.
 */

#include <stdbool.h>

enum {
	KEY_PIN_DIGEST = 32,		/* bytes */
	KEY_PIN_TEXT_MAX = 8 + 44 + 1,	/* NUL included */
};

/* The pin of a digest. */
void key_pin_format(const unsigned char digest[KEY_PIN_DIGEST], char out[KEY_PIN_TEXT_MAX]);

/* Whether each part of the text is a pin, and there is one. */
bool key_pins_valid(const char *pins);

/*
 * Whether this key, as key_pin_format() writes it, is among the pins. A part that is no pin
 * stands for no key.
 */
bool key_pins_have(const char *pins, const char *key);

#endif
