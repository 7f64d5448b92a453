/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SESSION_START_H
#define HELPER_SESSION_START_H

/*
 * Whether the broker starts with the user's session: by the units of the user's systemd, where
 * that runs, else by a file that desktops read (XDG Desktop Application Autostart
 * Specification).
 */

#include <stdbool.h>

/* Each prints what it has done, and returns the exit status. linger: from boot on. */
int session_start_enable(bool linger);
int session_start_disable(bool linger);

/* Ends the socket of the user's systemd, which would start the broker for the next command. */
void session_start_stop_socket(void);

#endif
