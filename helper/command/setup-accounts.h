/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SETUP_ACCOUNTS_H
#define HELPER_SETUP_ACCOUNTS_H

/*
 * git xmpp setup, where it is about the accounts that there are: the list, the default one,
 * and the end of one. The share that names no account is the default account's; it never
 * goes to another because the default changes.
 */

#include "amend.h"
#include "gitconfig.h"

/* Each returns the exit status. The account is named by its name or its address. */
int setup_list(const struct gitconfig *configuration, bool json);
int setup_default(const struct gitconfig *configuration, const char *account);
int setup_remove(const struct gitconfig *configuration, const char *account, bool yes);

/*
 * Wishes that each share and each followed remote that names no account names this one: it
 * was the default until now. Returns how many there are.
 */
size_t setup_wish_owner(struct amendment *a, const struct gitconfig *configuration,
			const char *jid);

#endif
