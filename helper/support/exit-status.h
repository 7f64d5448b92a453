/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_EXIT_STATUS_H
#define HELPER_EXIT_STATUS_H

/* What git xmpp ends with, as git does. */
enum {
	STATUS_OK = 0,
	STATUS_NO = 1,		/* asked, and the answer is no */
	STATUS_FATAL = 128,
	STATUS_USAGE = 129,
};

#endif
