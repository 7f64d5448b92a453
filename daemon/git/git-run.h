/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GIT_RUN_H
#define DAEMON_GIT_RUN_H

/*
 * git, run for the user in one of their repositories, where and as they would run it: at the
 * top of its work tree, so that hooks, submodules and configuration are found as always; in
 * their environment (child-env.h), with this broker's socket for git-remote-xmpp. Nobody is
 * asked for anything, nothing is shown: what it prints is kept, up to a bound. One that changes
 * the repository is protected (child.h). Messages are not translated, since they are read.
 */

#include "child.h"

enum {
	GIT_RUN_OUTPUT_MAX = 1024 * 1024,	/* of standard output; the rest is dropped */
	GIT_RUN_ERROR_MAX = 1000,		/* of the line that says what was wrong */
	GIT_RUN_LIMIT = 6 * 3600 * 1000,	/* ms; then it is ended */
	GIT_RUN_NO_PLACE = -2,			/* as a status */
};

/* What all of them share; borrowed. */
struct git_run_host {
	uv_loop_t *loop;
	struct sink *sink;		/* NULL: none */
	const char *socket_path;	/* where we listen; NULL: no remote is talked to */
};

struct git_run_task {
	const char *const *args;	/* after "git", ended by NULL */
	const char *git_dir;		/* the repository */
	/*
	 * Where to run it. NULL: at the top of the work tree of git_dir, if it has one that can
	 * be found, else in git_dir.
	 */
	const char *directory;
	/* With directory: pairs of name and value, ended by NULL, like GIT_DIR. NULL: none. */
	const char *const *variables;
	const char *device;		/* the one to ask first; NULL: any */
	const char *task;		/* a word by which its sessions are known (session.h); NULL:
					   none */
	/*
	 * What it prints, in pieces, to the owner of done; NULL: it is kept for done, up to
	 * GIT_RUN_OUTPUT_MAX.
	 */
	void (*printed)(void *owner, const char *data, size_t n);
	bool only_reads;		/* it changes nothing */
};

struct git_run;

/*
 * It has ended. status is its exit status, GIT_RUN_NO_PLACE if it could not be run because the
 * directory is not there (any more), or -1 if it could not be run for another reason, was
 * ended by a signal or by the time limit. output is what it printed, a string.
 * error, never NULL, is the first line of standard error with "fatal: " or "error: ",
 * what is behind it; if there is none, the last line of all that is no progress; or why it
 * could not be run. Escaped. Both are valid during the call. The run is gone after it.
 */
typedef void git_run_fn(void *owner, int status, const char *output, const char *error);

/*
 * The line of standard error before error, which is often a hook's reason, where error is git's
 * word for "no"; "" if there was none. Escaped, valid as long as error.
 */
const char *git_run_last_word(struct git_run *run);

/* The task need not outlive the call. done follows, not within the call. */
struct git_run *git_run_start(const struct git_run_host *host, const struct git_run_task *task,
			      git_run_fn *done, void *owner);

/*
 * It is ended, as by its limit of time (child.h), when nothing was printed for so long: for a
 * git that shows its progress.
 */
void git_run_limit_silence(struct git_run *run, unsigned ms);

/*
 * What it takes comes from somebody else: its memory is bounded, 0: not, and
 * its time on the processor.
 */
void git_run_bound(struct git_run *run, uint64_t memory);

/*
 * done is not called any more. A git that changes something goes on to its end,
 * any other is ended. NULL is fine.
 */
void git_run_destroy(struct git_run *run);

#endif
