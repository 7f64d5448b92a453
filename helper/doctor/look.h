/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LOOK_H
#define HELPER_LOOK_H

/*
 * What git xmpp doctor looks at. Each function looks at one area and adds what it finds, and
 * what it has seen. None changes anything, starts a broker, runs a command that may ask the
 * user, or takes a lock. All of them together take no longer than LOOK_MS.
 */

#include <stdint.h>

#include "finding.h"
#include "gitconfig.h"
#include "jid.h"
#include "query.h"

enum { LOOK_MS = 10 * 1000 };

struct look {
	struct findings *found; /* borrowed */
	int64_t deadline;	/* of monotonic_ms(); git is ended then */
	struct gitconfig config;
	char *account;		      /* owned; NULL: none, or it is not known which */
	char jid[JID_MAX];	      /* of the account; empty as above */
	struct query status, buddies; /* what the broker has answered; no rows: nothing */
	bool roster;		      /* buddies has all of them */
};

/* Looks at everything. The caller finishes *look, also for the answers in it. */
void look_at_all(struct look *look, struct findings *found);
void look_finish(struct look *look);

void look_at_programs(struct look *look);
void look_at_git(struct look *look);
void look_at_configuration(struct look *look);
void look_at_passwords(struct look *look);
void look_at_socket(struct look *look);
/* Asks the broker, for those below. */
void look_at_broker(struct look *look);
void look_at_session(struct look *look);
void look_at_login(struct look *look);
void look_at_paths(struct look *look);
void look_at_files(struct look *look);
void look_at_shares(struct look *look);
void look_at_follows(struct look *look);
void look_at_queue(struct look *look);
void look_at_people(struct look *look);
void look_at_repository(struct look *look);

/* Calls each() for the settings, here and in this order, whose keys match; value may be NULL. */
void look_each_setting(const char *pattern, const char *where,
		       void (*each)(void *arg, const char *file, const char *key,
				    const char *value),
		       void *arg);

/* Whether it is certain that this is no buddy, nor the user. */
bool look_is_nobody(const struct look *look, const char *jid);

/* The path of a program that git, or without of_git a shell, finds; malloc'd. NULL: none. */
char *look_find_program(const char *name, bool of_git);

#endif
