/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "childenv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const char *const allowed[] = {
	"HOME", "PATH", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL",
	"LC_CTYPE", "LC_MESSAGES", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
	"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
};

static bool is_given(const char *const *extra, const char *name)
{
	for (size_t i = 0; extra[i]; i += 2)
		if (!strcmp(extra[i], name))
			return true;
	return false;
}

char **childenv_create(const char *const *extra)
{
	size_t n = 0, count = ARRAY_SIZE(allowed) + 1;
	char **env;

	for (size_t i = 0; extra[i]; i += 2)
		count++;
	env = xcalloc(count, sizeof(*env));
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		const char *value = getenv(allowed[i]);

		if (value && !is_given(extra, allowed[i]))
			env[n++] = xasprintf("%s=%s", allowed[i], value);
	}
	for (size_t i = 0; extra[i]; i += 2)
		if (extra[i + 1])
			env[n++] = xasprintf("%s=%s", extra[i], extra[i + 1]);
	return env;
}

void childenv_destroy(char **env)
{
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}
