/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_FOLLOW_CONFIG_H
#define DAEMON_FOLLOW_CONFIG_H

/*
 * The followed shares in the user's configuration:
 *
 *   [xmppFollow "bob@example.org/project"]
 *           remote = origin /home/alice/project/.git
 */

#include "config.h"
#include "follows.h"

/*
 * Adds those that are for this account (config_is_ours()) with follows_add(). Malformed ones are
 * logged and left out.
 */
void config_read_follows(const struct config *config, struct follows *follows);

#endif
