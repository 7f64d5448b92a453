/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_EXIT_STATUS_H
#define HELPER_EXIT_STATUS_H

/* The exit statuses of git xmpp, as git uses them. */
enum {
	STATUS_OK = 0,
	STATUS_NO = 1,		/* the command asks something, and the answer is no */
	STATUS_FATAL = 128,
	STATUS_USAGE = 129,
};

#endif
