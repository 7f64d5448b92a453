/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GITRUN_H
#define DAEMON_GITRUN_H

/*
 * git, run for the user in one of his repositories: in the environment of
 * childenv.h, with this broker's socket for git-remote-xmpp, which is found next
 * to this program. Nobody is asked for anything, nothing is shown: what
 * it prints is kept, up to a bound.
 */

#include <uv.h>

enum {
	GITRUN_OUTPUT_MAX = 1024 * 1024,	/* of standard output; the rest is dropped */
	GITRUN_ERROR_MAX = 1000,		/* of the line that says what was wrong */
	GITRUN_LIMIT = 6 * 3600 * 1000,		/* ms; then it is ended */
};

struct gitrun;

/*
 * It has ended. status is its exit status, or -1 if it could not be run, was
 * ended by a signal or by the time limit. output is what it printed, a string.
 * error, never NULL, is the first line of standard error with "fatal: " or "error: ",
 * what is behind it; if there is none, the last line of all that is no progress; or why it could not be run. Escaped. Both
 * are valid during the call. The gitrun is gone after it.
 */
typedef void gitrun_fn(void *owner, int status, const char *output, const char *error);

/*
 * Runs "git --git-dir=<path> <args...>"; args end with NULL and need not outlive the
 * call. socket_path NULL: no remote is talked to. device, if not NULL, is the one to ask
 * first. done follows, not within the call.
 */
struct gitrun *gitrun_start(uv_loop_t *loop, const char *path, const char *const args[],
			    const char *socket_path, const char *device, gitrun_fn *done, void *owner);

/* It is ended when nothing was printed for so long: for a git that shows its progress. */
void gitrun_limit_silence(struct gitrun *run, unsigned ms);

/* Ends it; done is not called any more. NULL is fine. */
void gitrun_destroy(struct gitrun *run);

#endif
