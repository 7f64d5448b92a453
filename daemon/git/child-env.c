/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child-env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "gitenv.h"

/*
 * The variables that a login sets, by ssh or otherwise. An entry that ends with "_" is a
 * prefix.
 */
static const char *const of_login[] = {
	"HOME", "PATH", "USER", "LOGNAME", "SHELL", "MAIL", "TMPDIR", "TZ", "LANG", "LANGUAGE",
	"LC_", "XDG_",
	"DBUS_SESSION_BUS_ADDRESS", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
};

static bool is_of_login(const char *variable)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_login); i++) {
		size_t n = strlen(of_login[i]);

		if (!strncmp(variable, of_login[i], n) &&
		    (of_login[i][n - 1] == '_' || variable[n] == '='))
			return true;
	}
	return false;
}

static bool is_of_user(const char *variable)
{
	return !gitenv_is_of_one_command(variable);
}

static bool is_given(const char *const *extra, const char *variable)
{
	for (size_t i = 0; extra[i]; i += 2) {
		size_t n = strlen(extra[i]);

		if (!strncmp(variable, extra[i], n) && variable[n] == '=')
			return true;
	}
	return false;
}

static char **create(const char *const *extra, bool (*passes)(const char *variable))
{
	size_t n = 0, count = 1;
	char **env;

	for (size_t i = 0; environ && environ[i]; i++)
		count++;
	for (size_t i = 0; extra[i]; i += 2)
		count++;
	env = xcalloc(count, sizeof(*env));
	for (size_t i = 0; environ && environ[i]; i++)
		if (passes(environ[i]) && !is_given(extra, environ[i]))
			env[n++] = xstrdup(environ[i]);
	for (size_t i = 0; extra[i]; i += 2)
		if (extra[i + 1])
			env[n++] = xasprintf("%s=%s", extra[i], extra[i + 1]);
	return env;
}

char **child_env_for_others(const char *const *extra)
{
	return create(extra, is_of_login);
}

char **child_env_for_user(const char *const *extra)
{
	return create(extra, is_of_user);
}

void child_env_destroy(char **env)
{
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}
