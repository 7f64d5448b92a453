/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_REQUEST_H
#define HELPER_SHARE_REQUEST_H

/* The command line of git xmpp share. */

#include <stdbool.h>
#include <stddef.h>

#include "rights.h"
#include "share-config.h"

/* One --fetch, --push or --rm of the command line. */
struct right_wish {
	enum right_change kind;
	char who[RIGHT_WHO_MAX];
	char group[GROUP_NAME_MAX];	/* of the contact list; "" if it is none */
};

/* One --protect, --no-protect, --push-requires, --fetch-requires or --max-pack. */
struct rule_wish {
	enum share_rule_kind kind;
	char *value;			/* owned */
	bool remove;			/* --no-protect */
};

struct share_request {
	const char *path, *name;	/* borrowed from argv; NULL: not given */
	struct right_wish *changes;		/* owned; RIGHTS_MAX of them */
	size_t count;
	struct rule_wish rules[RIGHTS_MAX];
	size_t rules_count;
	const char *accept_group;	/* borrowed from argv; NULL: not given */
	char *members[RIGHTS_MAX];	/* bare JIDs of --member; owned */
	size_t members_count;
	bool list, json;
};

/* An exit status; the reason of another one than STATUS_OK was printed. Finish it in any case. */
int share_request_read(struct share_request *r, int argc, char **argv);
void share_request_finish(struct share_request *r);

/* Whether rights are taken, and nothing is given or ruled. */
bool share_request_only_takes(const struct share_request *r);
bool share_request_lets_push(const struct share_request *r);

#endif
