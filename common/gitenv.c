/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gitenv.h"

#include <string.h>

#include "alloc.h"

bool gitenv_is_of_one_command(const char *variable)
{
	static const char *const names[] = {
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=", "GIT_ASKPASS=", "GIT_COMMON_DIR=",
		"GIT_CONFIG=",
		"GIT_CONFIG_COUNT=", "GIT_CONFIG_KEY_", "GIT_CONFIG_PARAMETERS=",
		"GIT_CONFIG_VALUE_",
		"GIT_DIR=", "GIT_EXEC_PATH=", "GIT_GRAFT_FILE=", "GIT_IMPLICIT_WORK_TREE=",
		"GIT_INDEX_FILE=", "GIT_INTERNAL_SUPER_PREFIX=", "GIT_NAMESPACE=",
		"GIT_NO_REPLACE_OBJECTS=", "GIT_OBJECT_DIRECTORY=", "GIT_PREFIX=", "GIT_PROTOCOL=",
		"GIT_PROTOCOL_FROM_USER=", "GIT_PUSH_OPTION_", "GIT_QUARANTINE_PATH=",
		"GIT_REFLOG_ACTION=", "GIT_REPLACE_REF_BASE=", "GIT_SHALLOW_FILE=", "GIT_TRACE",
		"GIT_WORK_TREE=", "GIT_XMPP_AUTOSTART=", "GIT_XMPP_NOTICES=",
		"GIT_XMPP_PREFER=", "GIT_XMPP_TASK=", "LISTEN_",
		"NOTIFY_SOCKET=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	return false;
}
