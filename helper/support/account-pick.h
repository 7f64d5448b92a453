/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ACCOUNT_PICK_H
#define HELPER_ACCOUNT_PICK_H

/*
 * Which of the user's accounts a command writes down for a share, a followed remote or a
 * queued push. It is chosen as the broker would choose it (account-list.h); the broker is
 * asked who knows the buddy, if one runs.
 */

#include <stdbool.h>

#include "account-list.h"
#include "jid.h"
#include "message.h"

struct account_pick {
	bool several;		/* there is a choice, so the account is written down */
	char jid[JID_MAX];	/* "": there is no account */
};

/*
 * buddy: their bare JID; remote: the remote's name; both may be NULL. False, with *trouble, if
 * no account can be chosen.
 */
bool account_pick(const struct gitconfig *configuration, const char *buddy, const char *remote,
		  struct account_pick *out, struct message *trouble);

/* Whether more than one account is configured, so that what is shown says which it is about. */
bool accounts_several(void);

#endif
