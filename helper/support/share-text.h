/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_TEXT_H
#define HELPER_SHARE_TEXT_H

/* Shares, printed for people. */

#include "query.h"
#include "share-config.h"

/*
 * Prints a line for each right, with the members of groups, and one for each rule. Those who
 * may push may fetch too, and are not named twice.
 */
void share_show_rights(const struct share_configs *table, const struct share_config *row);

/* Prints the share's address (address.h). jid NULL: no account is configured. */
void share_print_address(const char *jid, const char *name);

/*
 * Prints all shares: who may what, who had it last, and which of them the broker does not serve.
 * jid as above. The second prints one JSON object.
 */
void share_configs_list(const struct share_configs *table, const char *jid);
void share_configs_json(const struct share_configs *table, const char *jid);

/* Prints the transfers that the broker ended, by its answer, because a right was taken away. */
void share_show_ended(const struct query *answer);

#endif
