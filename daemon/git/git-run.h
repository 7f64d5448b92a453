/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GIT_RUN_H
#define DAEMON_GIT_RUN_H

/*
 * Runs git for the user in one of their repositories, as they would run it: at the top of its
 * work tree, so that hooks, submodules and configuration are found as always, and in their
 * environment (child-env.h), with this broker's socket for git-remote-xmpp. git asks nobody
 * and shows nothing; its output is kept, up to a bound. A git that changes the repository is
 * protected (child.h). Its messages are not translated, because this program reads them.
 */

#include "child.h"

enum {
	GIT_RUN_OUTPUT_MAX = 1024 * 1024,	/* bytes of standard output; the rest is
						   dropped */
	GIT_RUN_ERROR_MAX = 1000,		/* bytes of the error line */
	GIT_RUN_LIMIT = 6 * 3600 * 1000,	/* ms; then git is ended */
	GIT_RUN_NO_PLACE = -2,			/* a status: the directory is not there */
};

/* What all runs share; borrowed. */
struct git_run_host {
	uv_loop_t *loop;
	struct sink *sink;		/* NULL: none */
	const char *socket_path;	/* the broker's socket; NULL: git talks to no remote */
	const char *account;		/* bare JID of the account that git talks with; NULL or
					   "": none */
};

struct git_run_task {
	const char *const *args;	/* after "git", ended by NULL */
	const char *git_dir;		/* the repository */
	/*
	 * Where to run git. NULL: at the top of the work tree of git_dir, if that can be
	 * found, else in git_dir.
	 */
	const char *directory;
	/*
	 * With directory: variables like GIT_DIR, as pairs of name and value, ended by NULL.
	 * NULL: none.
	 */
	const char *const *variables;
	const char *device;		/* the device to ask first; NULL: any */
	const char *task;		/* a word that marks its sessions (session.h); NULL:
					   none */
	/*
	 * Gets standard output in pieces, with the owner of done. NULL: the output is kept
	 * for done, up to GIT_RUN_OUTPUT_MAX.
	 */
	void (*printed)(void *owner, const char *data, size_t n);
	bool only_reads;		/* git changes nothing */
};

struct git_run;

/*
 * git has ended. status is its exit status; GIT_RUN_NO_PLACE if it could not be run because
 * the directory is not there; or -1 if it could not be run for another reason, or was ended
 * by a signal or a time limit. output is what it printed, a string.
 *
 * error, never NULL, is the text of the first line of standard error with "fatal: " or
 * "error: ". If there is none, it is the last line that is no progress and no hint, or why
 * git could not be run. It is escaped. Both strings are valid during the call. The run is
 * freed after it.
 */
typedef void git_run_fn(void *owner, int status, const char *output, const char *error);

/*
 * The line of standard error before error; "" if there is none. It is often a hook's reason,
 * where error is only git's refusal. Escaped; valid as long as error.
 */
const char *git_run_last_word(struct git_run *run);

/* Starts git. The task need not outlive the call. done follows, not within the call. */
struct git_run *git_run_start(const struct git_run_host *host, const struct git_run_task *task,
			      git_run_fn *done, void *owner);

/*
 * Ends git, as by GIT_RUN_LIMIT (child.h), when it printed nothing for ms: for a git that
 * shows its progress.
 */
void git_run_limit_silence(struct git_run *run, unsigned ms);

/*
 * git works on somebody else's data: bounds its memory (bytes; 0: no limit) and its processor
 * time (git-limits.h).
 */
void git_run_bound(struct git_run *run, uint64_t memory);

/*
 * done is not called any more. A git that changes something goes on to its end; any other is
 * ended. run may be NULL.
 */
void git_run_destroy(struct git_run *run);

#endif
