/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

/*
 * A child process with its standard input, output and error on pipes of
 * ours, in a session of its own. child_destroy() may be called at any time:
 * it closes the input first (so that git's receive-pack cleans up its
 * quarantine), asks with SIGTERM after half a second, kills the whole
 * process group after five, and frees the child when everything is closed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct child;

struct child_events {
	void (*output)(void *owner, const void *data, size_t n);
	void (*error_output)(void *owner, const void *data, size_t n);
	/* n bytes of child_write() have left for the pipe. */
	void (*wrote)(void *owner, size_t n);
	/*
	 * It has exited and all its output was delivered (standard error is waited for only
	 * briefly: a hook may have left it to a background process). Last event.
	 */
	void (*exited)(void *owner, int status, int term_signal);
};

/* argv and envp end with NULL. NULL with *error a libuv error when it cannot be started. */
struct child *child_spawn(uv_loop_t *loop, const char *const argv[], char *const envp[], const char *cwd,
			  const struct child_events *events, void *owner, int *error);

/* Copies. After the child closed its input, bytes are dropped but counted by wrote. */
void child_write(struct child *c, const void *data, size_t n);

/* End of its input, after what was written. */
void child_end_input(struct child *c);

/* Stops or continues reading its standard output. */
void child_pause(struct child *c, bool pause);

/* It has so long, then it is ended as by child_destroy(), and reported. */
void child_limit(struct child *c, uint64_t ms);

int child_pid(const struct child *c);

/* No event comes any more. */
void child_destroy(struct child *c);

/* The same, and gone is called when the process has ended: not within the call, unless that is so already. */
void child_leave(struct child *c, void (*gone)(void *arg), void *arg);

#endif
