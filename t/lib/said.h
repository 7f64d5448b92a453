/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SAID_H
#define T_SAID_H

/*
 * That a message was provoked. t0011-messages.sh runs the unit tests that include this, and
 * reads in their lines which ids of the catalogue they have seen. So what is shown to says() is
 * what the code under test has made: an id that the test itself has put there proves nothing.
 */

#include "message.h"
#include "tap.h"

static inline bool says(enum message_id said, enum message_id wanted, const char *what)
{
	bool good = ok(said == wanted, "says %s: %s", message_name(wanted), what);

	if (!good)
		printf("# says %s\n", message_name(said));
	return good;
}

#endif
