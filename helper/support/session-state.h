/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SESSION_STATE_H
#define HELPER_SESSION_STATE_H

/*
 * Whether the broker starts with the user's session, and what could start it there: the user's
 * systemd, or a desktop that reads files (XDG Desktop Application Autostart Specification).
 * Nothing is changed, and nobody is waited for longer than the deadline, of monotonic_ms().
 */

#include <stdbool.h>
#include <stdint.h>

/* A line of our autostart file, by which it is told from a file of somebody else. */
#define SESSION_MARK "X-Git-Xmpp=true\n"

enum session_starter {
	SESSION_STARTER_NONE,		/* none that we know of */
	SESSION_STARTER_SYSTEMD,
	SESSION_STARTER_DESKTOP,
};

/* What would start the broker here, if it were told to. */
enum session_starter session_starter(void);

/* Whether systemd starts the broker. False if systemd cannot be asked. */
bool session_has_unit(int64_t deadline);
/* Whether systemd or a desktop starts it. */
bool session_has_broker(int64_t deadline);

/*
 * The autostart file, malloc'd, whether it exists or not; NULL if there is no home. Whether the
 * file there is ours.
 */
char *session_autostart_file(void);
bool session_autostart_is_ours(const char *file);

/* Whether this is a session of a desktop, by what that tells its programs. */
bool session_has_desktop(void);

/* Whether what systemd runs for the user runs from boot on, and after the last logout. */
bool session_lingers(void);

#endif
