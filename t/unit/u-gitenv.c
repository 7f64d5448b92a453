/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gitenv.h"

#include "alloc.h"
#include "tap.h"

int main(void)
{
	static const char *const one[] = {
		"GIT_DIR=/srv/a.git", "GIT_CONFIG_KEY_0=a.b", "GIT_XMPP_PREFER=k7qf",
		"GIT_XMPP_TASK=q1", "GIT_XMPP_AUTOSTART=false",
	};
	static const char *const all[] = {
		"PATH=/bin", "GIT_XMPP_SOCKET=/run/socket", "GIT_SSH=ssh", "GIT_DIRECTION=x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(one); i++)
		ok(gitenv_is_of_one_command(one[i]), "%s belongs to one command", one[i]);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ok(!gitenv_is_of_one_command(all[i]), "%s does not", all[i]);
	return tap_done();
}
