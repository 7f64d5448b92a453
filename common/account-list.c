/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account-list.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"

static size_t find_name(const struct account_list *list, const char *name, size_t len)
{
	size_t i = 0;

	while (i < list->count &&
	       (strlen(list->rows[i].name) != len || strncmp(list->rows[i].name, name, len)))
		i++;
	return i;
}

size_t account_list_find_jid(const struct account_list *list, const char *jid)
{
	size_t i = 0;

	while (i < list->count && (!list->rows[i].jid || strcmp(list->rows[i].jid, jid)))
		i++;
	return i;
}

/* Of two entries of one account the last counts, as for every variable. */
static void take(struct account_list *list, const char *name, size_t len, const char *jid)
{
	size_t i = find_name(list, name, len);

	if (i == ACCOUNTS_MAX) {
		list->left_out++;
		return;
	}
	if (i == list->count) {
		list->count++;
		list->rows[i].name = xstrndup(name, len);
	}
	list->rows[i].given = jid ? jid : "";
}

/* After all entries are known. Two accounts of one address would be one device twice. */
static void settle(struct account_list *list)
{
	char bare[JID_MAX];

	for (size_t i = 0; i < list->count; i++)
		if (jid_bare(list->rows[i].given, bare) &&
		    account_list_find_jid(list, bare) == list->count)
			list->rows[i].jid = xstrdup(bare);
}

void account_list_take(struct account_list *list, const struct gitconfig *configuration)
{
	const char *name;
	size_t len;

	*list = (struct account_list){ .named = gitconfig_get(configuration, "xmpp.account") };
	for (size_t i = 0; i < configuration->count; i++) {
		const struct gitconfig_entry *e = &configuration->rows[i];
		const char *variable = gitconfig_variable(e, "xmpp", &name, &len);

		if (variable && !strcmp(variable, "jid"))
			take(list, name, len, e->value);
	}
	settle(list);
	if (list->count == 1)
		list->preferred = 0;
	else if (list->named)
		list->preferred = find_name(list, list->named, strlen(list->named));
	else
		list->preferred = list->count;
}

const char *account_list_fault(const struct account_list *list, size_t row)
{
	char bare[JID_MAX];

	return jid_bare(list->rows[row].given, bare)
		       ? "another account has the same address"
		       : "its jid is not an address like alice@example.org";
}

void account_list_finish(struct account_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->rows[i].name);
		free(list->rows[i].jid);
	}
	*list = (struct account_list){ .count = 0 };
}

size_t account_list_find(const struct account_list *list, const char *text)
{
	size_t i = find_name(list, text, strlen(text));
	char bare[JID_MAX];

	if (i == list->count && jid_bare(text, bare))
		i = account_list_find_jid(list, bare);
	return i;
}

/*
 * The only row that knows the buddy best; list->count if there is none, or are several. So nobody
 * can bring it about that another account is used than the one whose contact they are.
 */
static size_t only_one_that_knows(const struct account_list *list, const struct account_wish *wish)
{
	enum account_knowledge best = ACCOUNT_HEARD;
	size_t found = list->count, n = 0;

	for (size_t i = 0; wish->knows && i < list->count; i++) {
		enum account_knowledge it =
			list->rows[i].jid ? wish->knows(wish->arg, i) : ACCOUNT_KNOWS_NOT;

		if (it < best)
			continue;
		n = it == best ? n + 1 : 1;
		best = it;
		found = i;
	}
	return n == 1 ? found : list->count;
}

enum account_choice account_list_choose(const struct account_list *list,
					const struct account_wish *wish, size_t *row)
{
	size_t i = list->count;

	if (list->count == 0 && !wish->named)
		return ACCOUNT_UNCONFIGURED;
	if (wish->named) {
		i = account_list_find(list, wish->named);
		if (i == list->count)
			return ACCOUNT_UNKNOWN;
	} else if (wish->here) {
		i = account_list_find(list, wish->here);
		/* What the broker reads too is no choice of the repository's. */
		if (list->named && !strcmp(list->named, wish->here))
			i = list->count;
		else if (i == list->count)
			return ACCOUNT_UNKNOWN;
	}
	if (i == list->count)
		i = only_one_that_knows(list, wish);
	if (i == list->count)
		i = list->preferred;
	if (i == list->count)
		return ACCOUNT_UNDECIDED;
	*row = i;
	return ACCOUNT_CHOSEN;
}
