/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ACCOUNT_LIST_H
#define COMMON_ACCOUNT_LIST_H

/*
 * The accounts of the user's configuration, [xmpp "name"] with a jid, and which of them a
 * command is for. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"

enum { ACCOUNTS_MAX = 16 };	/* accounts that are used; the others are left out */

struct account_entry {
	char *name;	/* owned */
	char *jid;	/* owned; bare. NULL: the configured one is no address, or is that of
			   an entry before this one */
	const char *given;	/* the jid as it is configured; borrowed from the configuration */
};

struct account_list {
	struct account_entry rows[ACCOUNTS_MAX];	/* in the order of the configuration */
	size_t count;
	size_t preferred;	/* the default account: the one that xmpp.account names, or the
				   only one; count: there is none */
	const char *named;	/* xmpp.account; borrowed from the configuration; NULL: not set */
	size_t left_out;	/* accounts beyond ACCOUNTS_MAX */
};

/* Why a row has no address: a clause. */
const char *account_list_fault(const struct account_list *list, size_t row);

/* The list is valid as long as the configuration. The caller finishes it. */
void account_list_take(struct account_list *list, const struct gitconfig *configuration);
void account_list_finish(struct account_list *list);

/*
 * The account of this name, else the one of this address, in any spelling; list->count if
 * there is none.
 */
size_t account_list_find(const struct account_list *list, const char *text);

/* The account of this bare JID; list->count if there is none. */
size_t account_list_find_jid(const struct account_list *list, const char *jid);

enum account_choice {
	ACCOUNT_CHOSEN,
	ACCOUNT_UNCONFIGURED,	/* there is no account at all */
	ACCOUNT_UNKNOWN,	/* the one that is wanted is not in the list */
	ACCOUNT_UNDECIDED,	/* there are several, and nothing says which */
};

/* How well an account knows a buddy. */
enum account_knowledge {
	ACCOUNT_KNOWS_NOT,
	ACCOUNT_HEARD,	/* by what anybody can do: they have asked, or shown a key */
	ACCOUNT_KNOWS,	/* the user has decided so: they are a contact, or a key is trusted */
};

/* What is known of a command when its account is chosen. Each pointer may be NULL. */
struct account_wish {
	const char *named;	/* a name or an address, from the command line, the environment,
				   the remote, or the repository's own configuration */
	const char *here;	/* xmpp.account as git reads it in the repository. It counts
				   where it differs from the default account: an includeIf has
				   set it. */
	/* How well the account of this row knows the buddy of whom the command speaks. */
	enum account_knowledge (*knows)(void *arg, size_t row);
	void *arg;
};

/*
 * Chooses by the first of these that decides: the account that is named, the one of the
 * repository, the only one that knows the buddy, or else the only one that has heard of them, the
 * default account, the only account. *row is set if one was chosen. Nobody else is asked.
 */
enum account_choice account_list_choose(const struct account_list *list,
					const struct account_wish *wish, size_t *row);

#endif
