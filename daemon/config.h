/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

/*
 * What the user's global git configuration says: the account and the shares.
 * Read through libgit2, whole, at start and at each reload.
 */

#include "policy.h"

struct git_config;

struct config {
	char *account;			/* its name; NULL: none configured */
	char *jid;			/* bare */
	char *server;			/* host[:port], or NULL */
	char *ca_file;
	char *password_command;
};

/* Never NULL; what is wrong in the configuration is logged and left out. */
struct config *config_read(void);
void config_free(struct config *c);

/* Adds the shares of [xmppShare "name"] sections. */
void config_read_shares(struct policy *policy);

/*
 * The global configuration for those who read more of it; git_config_free() it. NULL
 * if there is none or, logged, it cannot be read.
 */
struct git_config *config_open_global(void);

/* The account part is the same in both. */
bool config_same_account(const struct config *a, const struct config *b);

#endif
