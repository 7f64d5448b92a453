/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account-pick.h"

#include <stdio.h>

#include "client-config.h"
#include "query.h"

/* Asks the broker. 0; 1 if none runs, or one that does not know the verb; -1 with *trouble. */
static int ask(const struct client_config *config, const char *buddy, struct account_pick *out,
	       struct message *trouble)
{
	struct buf command = { 0 };
	struct query answer;
	struct fields row;
	int result;

	fields_add(&command, "verb", "account");
	fields_add(&command, "jid", buddy);
	client_config_put_account(config, &command);
	result = query_get(&answer, &command, false, trouble);
	if (result == 0 && query_find(&answer, "account", &row))
		snprintf(out->jid, sizeof(out->jid), "%s", row_get(row, "jid"));
	query_finish(&answer);
	buf_finish(&command);
	if (result < 0 && (trouble->id == MSG_BROKER_UNREACHABLE || trouble->id == MSG_BAD_COMMAND))
		return 1;
	return result;
}

static bool choose(const struct account_list *list, const struct client_config *config,
		   struct account_pick *out, struct message *trouble)
{
	const struct account_wish wish = {
		.named = *config->account ? config->account : NULL,
		.here = *config->here ? config->here : NULL,
	};
	size_t row;

	switch (account_list_choose(list, &wish, &row)) {
	case ACCOUNT_CHOSEN:
		if (list->rows[row].jid)
			snprintf(out->jid, sizeof(out->jid), "%s", list->rows[row].jid);
		break;
	case ACCOUNT_UNCONFIGURED:
		break;
	case ACCOUNT_UNKNOWN:
		message_set(trouble, MSG_UNKNOWN_ACCOUNT, "account",
			    wish.named ? wish.named : wish.here, NULL);
		return false;
	case ACCOUNT_UNDECIDED:
		message_set(trouble, MSG_WHICH_ACCOUNT, NULL);
		return false;
	}
	return true;
}

bool account_pick(const struct gitconfig *configuration, const char *buddy, const char *remote,
		  struct account_pick *out, struct message *trouble)
{
	struct client_config_query query;
	struct client_config config;
	struct account_list list;
	int result = 1;
	bool good;

	*out = (struct account_pick){ .several = false };
	client_config_ask(&query, remote);
	account_list_take(&list, configuration);
	client_config_read(&query, &config);
	out->several = list.count > 1;
	if (out->several && buddy)
		result = ask(&config, buddy, out, trouble);
	good = result > 0 ? choose(&list, &config, out, trouble) : result == 0;
	account_list_finish(&list);
	return good;
}

bool accounts_several(void)
{
	struct account_list list;
	struct message trouble;
	struct gitconfig c;
	bool several = false;

	if (gitconfig_read(&c, &trouble) == 0) {
		account_list_take(&list, &c);
		several = list.count > 1;
		account_list_finish(&list);
	}
	gitconfig_finish(&c);
	return several;
}
