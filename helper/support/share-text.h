/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_TEXT_H
#define HELPER_SHARE_TEXT_H

/* Shares, printed for people. */

#include "query.h"
#include "share-config.h"

/* A line for each right. Whoever may push may fetch as well, and is not named twice. */
void share_show_rights(const struct share_config *row);

/* The address that leads to it (address.h). jid NULL: no account is configured. */
void share_print_address(const char *jid, const char *name);

/* All of them, and which are not served. */
void share_configs_list(const struct share_configs *table);

/* What the broker ended, by its answer, because nobody may do it any more. */
void share_show_ended(const struct query *answer);

#endif
