/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-state.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "user-unit.h"
#include "userfile.h"

bool session_has_desktop(void)
{
	const char *desktop = getenv("XDG_CURRENT_DESKTOP");

	return desktop && *desktop;
}

enum session_starter session_starter(void)
{
	if (user_unit_manager())
		return SESSION_STARTER_SYSTEMD;
	return session_has_desktop() ? SESSION_STARTER_DESKTOP : SESSION_STARTER_NONE;
}

static bool is_enabled(const char *unit, int64_t deadline)
{
	const char *const args[] = { "is-enabled", unit, NULL };

	return user_unit_run(args, deadline) == 0;
}

bool session_has_unit(int64_t deadline)
{
	return user_unit_manager() &&
	       (is_enabled(USER_UNIT_SERVICE, deadline) || is_enabled(USER_UNIT_SOCKET, deadline));
}

/*
 * The socket alone starts the broker for the next command, and not before: packages enable the
 * socket for all users.
 */
bool session_has_broker(int64_t deadline)
{
	char *file = session_autostart_file();
	bool has = (user_unit_manager() && is_enabled(USER_UNIT_SERVICE, deadline)) ||
		   (file && session_autostart_is_ours(file));

	free(file);
	return has;
}

char *session_autostart_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		return xasprintf("%s/autostart/git-xmpp.desktop", config);
	return home && home[0] == '/' ? xasprintf("%s/.config/autostart/git-xmpp.desktop", home)
				      : NULL;
}

bool session_autostart_is_ours(const char *file)
{
	struct buf text = { 0 };
	struct message trouble;
	bool ours =
		userfile_read(file, &text, &trouble) == 0 && strstr(buf_str(&text), SESSION_MARK);

	buf_finish(&text);
	return ours;
}

bool session_lingers(void)
{
	const struct passwd *user = getpwuid(geteuid());
	char path[PATH_MAX];

	if (!user)
		return false;
	snprintf(path, sizeof(path), "/var/lib/systemd/linger/%s", user->pw_name);
	return access(path, F_OK) == 0;
}
