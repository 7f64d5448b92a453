/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

/*
 * A child process with its standard input, output and error on pipes of
 * ours, in a session of its own.
 *
 * How a child is ended depends on what it does:
 *
 * One that changes nothing (upload-pack, a password command) is sent SIGTERM as soon as
 * nobody wants it, and SIGKILL five seconds later: there is nothing that it could leave half done.
 *
 * One that changes a repository (receive-pack, our own fetch or push) is protected:
 * child_protect(). It gets the end of its input, a reader for whatever it says, and time, as
 * over ssh. git removes its quarantine and finishes its refs and hooks when it ends by itself,
 * and not when a signal ends it (SIGPIPE is one). Only child_limit() ends it, and that spares
 * git itself while it can: what hangs for hours is a hook or another program below git, so
 * these get SIGTERM, after five seconds SIGKILL, and git goes on without them in good order. A
 * git that has not ended a minute after that gets SIGTERM, and SIGKILL after another minute.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "sink.h"

struct child;

struct child_events {
	void (*output)(void *owner, const void *data, size_t n);
	void (*error_output)(void *owner, const void *data, size_t n);
	/* n bytes of child_write() have left for the pipe, or never will. */
	void (*wrote)(void *owner, size_t n);
	/*
	 * It has exited, and all that it wrote was delivered. A process that it left behind may
	 * still hold its output: that is waited for only briefly. Last event.
	 */
	void (*exited)(void *owner, int status, int term_signal);
};

/* argv and envp end with NULL. NULL with *error a libuv error when it cannot be started. */
struct child *child_spawn(uv_loop_t *loop, const char *const argv[], char *const envp[],
			  const char *cwd, const struct child_events *events, void *owner,
			  int *error);

/*
 * It changes a repository; call it at once. sink reads its output if we die;
 * borrowed, may be NULL.
 */
void child_protect(struct child *c, struct sink *sink);

/* Copies. After the child closed its input, bytes are dropped but counted by wrote. */
void child_write(struct child *c, const void *data, size_t n);

/* End of its input, after what was written. */
void child_end_input(struct child *c);

/* End of its input now, unless that was said before: what it has not taken yet is dropped. */
void child_cut_input(struct child *c);

/* Stops or continues reading its standard output. */
void child_pause(struct child *c, bool pause);

/* It has so long, in milliseconds, and is then ended as described above. exited comes as always. */
void child_limit(struct child *c, uint64_t ms);

int child_pid(const struct child *c);

/*
 * No event comes any more; may be called at any time, NULL is fine. The child is ended, or, if it
 * is protected, let go: its input is cut and its output read to its end, for nobody.
 */
void child_destroy(struct child *c);

/*
 * The same, and gone is called when the process has ended, or goes on without us: not
 * within the call, unless it has ended already.
 */
void child_leave(struct child *c, void (*gone)(void *arg), void *arg);

/*
 * The broker stops: those who were let go keep the loop alive for so long at most, then they go on
 * without us. The sink has their output.
 */
void children_leave(uv_loop_t *loop, uint64_t ms);

#endif
