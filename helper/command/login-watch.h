/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LOGIN_WATCH_H
#define HELPER_LOGIN_WATCH_H

/*
 * Has the broker log in, and shows how that goes: each address that is tried, and the stage at
 * which it fails, as soon as that is known.
 */

#include <stdbool.h>

#include "message.h"

enum { LOGIN_KEY_MAX = 64 };	/* bytes of a server's key, as a pin is written; NUL included */

struct login_watch {
	const char *account;		/* its name; borrowed */
	const char *domain;		/* borrowed */
	char key[LOGIN_KEY_MAX];	/* the key that the last server showed; or empty */
	bool waiting_shown;		/* a line on the terminal says that we wait */
	char jid[64 + 1024];		/* the full JID, once we are online */
};

/*
 * Waits until the account is online (true), or its servers have been tried without success
 * (false, with the reason in *trouble), for seconds at most.
 */
bool login_watch(struct login_watch *w, int seconds, struct message *trouble);

#endif
