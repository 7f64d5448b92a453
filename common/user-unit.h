/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_USER_UNIT_H
#define COMMON_USER_UNIT_H

/* The units of the broker, and the user's systemd, which is asked by systemctl(1). */

#include <stdbool.h>
#include <stdint.h>

#define USER_UNIT_SOCKET  "git-xmpp-daemon.socket"
#define USER_UNIT_SERVICE "git-xmpp-daemon.service"

/* Whether the user has a systemd that runs, and that we can reach. */
bool user_unit_manager(void);

/*
 * Runs systemctl --user with these arguments, ended by NULL, and without output; until the
 * deadline (of monotonic_ms()). Returns its exit status; -1 if it cannot be run or was too slow.
 */
int user_unit_run(const char *const *args, int64_t deadline);

/*
 * Starts the socket unit for a client that found no broker at this path. False if there is no
 * such unit; or if its broker could be another one than that which the client would start: at
 * another path, or with other files of the user, as far as the environment tells.
 */
bool user_unit_start(const char *socket_path, int64_t deadline);

#endif
