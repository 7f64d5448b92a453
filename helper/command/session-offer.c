/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-offer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compare.h"
#include "exit-status.h"
#include "monotonic.h"
#include "session-start.h"
#include "session-state.h"
#include "table.h"

enum { ASK_MS = 2 * 1000 };	/* for systemd to answer, while the user waits for the prompt */

/* A broker at a socket of the user's own is started by their own means. */
static bool is_apart(void)
{
	const char *socket = getenv("GIT_XMPP_SOCKET");

	return socket && *socket;
}

static void say_who(enum session_starter starter)
{
	if (starter == SESSION_STARTER_DESKTOP)
		table_say("Buddies reach you while the broker runs. Your desktop can start it "
			  "when you log in.");
	else if (session_lingers())
		table_say("Buddies reach you while the broker runs. systemd can start it when "
			  "this machine starts.");
	else
		table_say("Buddies reach you while the broker runs. systemd can start it when you "
			  "log in; it ends when you log out.");
}

static bool ask(enum session_starter starter)
{
	enum reply reply;

	say_who(starter);
	reply = compare_ask("Start it by itself? [Y/n]");
	return reply == REPLY_YES || reply == REPLY_ENTER;
}

bool session_offer(bool has_password)
{
	enum session_starter starter = session_starter();

	if (is_apart() || session_has_broker(monotonic_ms() + ASK_MS))
		return false;
	if (!has_password) {
		table_say("After a reboot the broker asks for the password at your first git "
			  "command, and no buddy reaches you before.");
		return false;
	}
	if (starter != SESSION_STARTER_NONE && isatty(STDIN_FILENO)) {
		if (ask(starter))
			return session_start_enable(false) == STATUS_OK;
		table_say("\"git xmpp daemon enable\" does it later.");
		return false;
	}
	table_say("\"git xmpp daemon enable\" starts the broker at login; else your first git "
		  "command does.");
	return false;
}
