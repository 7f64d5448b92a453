/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PASSWORD_H
#define DAEMON_PASSWORD_H

/*
 * Asks the user's passwordCommand, or git's credential helpers, for the account's password,
 * for 30 seconds at most. Nobody is asked on a terminal.
 */

#include <uv.h>

#include "config.h"
#include "message.h"

struct password;

/*
 * password is NULL, and *trouble set, on failure. The password is wiped after the call.
 * MSG_NO_RESOURCES: no child could be started.
 */
typedef void (*password_done)(void *owner, const char *password, const struct message *trouble);

struct password *password_ask(uv_loop_t *loop, const struct config *config, password_done done,
			      void *owner);

/* done is not called any more. p may be NULL. */
void password_destroy(struct password *p);

#endif
