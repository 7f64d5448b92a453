/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PASSWORD_H
#define DAEMON_PASSWORD_H

/*
 * The account's password, from the user's passwordCommand or from git's
 * credential helpers; nobody is asked on a terminal. At most 30 seconds.
 */

#include <uv.h>

#include "config.h"
#include "message.h"

struct password;

/*
 * password is NULL with *trouble set on failure; it is wiped after the call. MSG_NO_RESOURCES:
 * the source could not even be asked.
 */
typedef void (*password_done)(void *owner, const char *password, const struct message *trouble);

struct password *password_ask(uv_loop_t *loop, const struct config *config, password_done done,
			      void *owner);

/* done is not called any more. NULL is fine. */
void password_destroy(struct password *p);

#endif
