/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_MOVING_H
#define HELPER_MOVING_H

/*
 * What the user's own files say of an address that is another one now: rights, groups,
 * nicknames and follows in the configuration, and the URLs of remotes. The repositories are the
 * present one, those in which a remote of the old address is followed, and those from which a
 * queued push to it waits.
 */

#include <stdbool.h>

#include "amend.h"
#include "gitconfig.h"
#include "jid.h"
#include "message.h"

struct moving {
	char from[JID_MAX], to[JID_MAX];	/* bare; the caller sets them, the rest is 0 */
	struct gitconfig configuration;
	struct amendment there, back;	/* there: what is changed; back: what undoes that */
	char **repositories;		/* owned; git directories, each once */
	size_t count;
};

/*
 * Reads the configuration and the queue, and makes the wishes and the list of repositories.
 * False with *trouble.
 */
bool moving_read(struct moving *m, struct message *trouble);

enum moving_ask {
	MOVING_CHECK,	/* whether the broker would move it */
	MOVING_DO,
	MOVING_GO_ON,	/* the trust was moved before */
};

/* Has the broker move what it keeps of the address, by this verb. False with *trouble. */
bool moving_tell(const struct moving *m, const char *verb, enum moving_ask ask, bool autostart,
		 struct message *trouble);

/* Makes the wishes true (amend.h). False if not, which was printed; they are undone then. */
bool moving_apply(struct amendment *a);

/*
 * Changes the remotes, and says which. False if one was not changed: the command that does it
 * was printed.
 */
bool moving_remotes(const struct moving *m);

void moving_finish(struct moving *m);

#endif
