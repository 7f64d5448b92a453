/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVER_KEY_H
#define DAEMON_SERVER_KEY_H

/*
 * The key that a server shows in the TLS of a login, and whether it is pinned (key-pins.h).
 * With pins the key decides, and nothing else, as for DANE-EE (RFC 7671 5.1): a pinned key is
 * accepted whoever signed its certificate, and another one is refused whoever did. Without
 * pins the certificate must verify.
 */

#include <stdbool.h>
#include <stdint.h>

#include "key-pins.h"

struct server_key {
	const char *pins;		/* borrowed; NULL: none */
	char key[KEY_PIN_TEXT_MAX];	/* shown; empty: none yet */
	uint64_t until;			/* unix seconds: the end of its certificate */
	bool refused;			/* it is not the pinned one */
};

/*
 * From here on, TLS that libstrophe begins on this thread is judged for this server; NULL
 * when libstrophe has returned. Other TLS of the program is left alone.
 */
void server_key_watch(struct server_key *k);

#endif
