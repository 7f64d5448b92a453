/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the broker is there when buddies want something. That matters to those who share
 * something, and a note is all that it is worth: whoever uses git only when they sit here lacks
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "look.h"
#include "session-state.h"

static bool shares_anything(const struct look *look)
{
	for (size_t i = 0; i < look->config.count; i++) {
		const char *name, *variable;
		size_t len;

		variable = gitconfig_variable(&look->config.rows[i], "xmppshare", &name, &len);
		if (variable && !strcmp(variable, "path"))
			return true;
	}
	return false;
}

/* One that was started by hand may belong to a supervisor that we do not know. */
void look_at_session(struct look *look)
{
	struct fields row;

	if (!query_find(&look->status, "broker", &row) || !shares_anything(look))
		return;
	if (!session_has_broker(look->deadline)) {
		if (!strcmp(row_get(row, "started-by"), "on-demand"))
			findings_add(look->found, FOUND_ON_DEMAND, NULL);
		return;
	}
	/* At a desktop the machine is used by whoever is logged in. */
	if (session_has_unit(look->deadline) && !session_has_desktop() && !session_lingers())
		findings_add(look->found, FOUND_NO_LINGER, NULL);
}
