/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

/*
 * A child process with its standard input, output and error on pipes of ours, in a session of
 * its own.
 *
 * A child that changes nothing (upload-pack, a password command) gets SIGTERM as soon as
 * nobody wants it, and SIGKILL five seconds later. It has nothing to leave half done.
 *
 * A child that changes a repository (receive-pack, our own fetch or push) is protected:
 * child_protect(). When nobody wants it, its input ends, its output is still read, and it
 * gets time, as over ssh. git removes its quarantine and finishes its refs and hooks when it
 * ends by itself, but not when a signal ends it (SIGPIPE is one).
 *
 * Only child_limit() ends a protected child, and spares git itself while it can. What hangs
 * for hours is a hook or another program below git. These get SIGTERM, and SIGKILL five
 * seconds later, and git goes on without them in good order. If git has not ended a minute
 * after that, it gets SIGTERM, and SIGKILL after another minute.
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
	/* n bytes of child_write() were written to the pipe, or never will be. */
	void (*wrote)(void *owner, size_t n);
	/*
	 * The child has exited, and its output was delivered. Output of a process that it
	 * left behind is only waited for briefly. This is the last event.
	 */
	void (*exited)(void *owner, int status, int term_signal);
};

/*
 * argv and envp end with NULL. NULL, and a libuv error in *error, if the child cannot be
 * started.
 */
struct child *child_spawn(uv_loop_t *loop, const char *const argv[], char *const envp[],
			  const char *cwd, const struct child_events *events, void *owner,
			  int *error);

/*
 * The child changes a repository; to be called at once after its start. sink reads its output
 * if the broker dies; borrowed, may be NULL.
 */
void child_protect(struct child *c, struct sink *sink);

/*
 * Copies data. After the child closed its input, bytes are dropped but still counted by
 * wrote.
 */
void child_write(struct child *c, const void *data, size_t n);

/* Ends the child's input after what was written. */
void child_end_input(struct child *c);

/*
 * Ends the child's input now; what it has not taken yet is dropped. Does nothing after
 * child_end_input().
 */
void child_cut_input(struct child *c);

/* Stops or continues reading the child's standard output. */
void child_pause(struct child *c, bool pause);

/*
 * The child has ms milliseconds, and is then ended as described above. exited comes as
 * always.
 */
void child_limit(struct child *c, uint64_t ms);

int child_pid(const struct child *c);

/*
 * No event comes any more. May be called at any time; c may be NULL. The child is ended. A
 * protected one is let go: its input is cut, and its output is read to its end and dropped.
 */
void child_destroy(struct child *c);

/*
 * The same. gone is called when the process has ended, or goes on without us
 * (children_leave()). It is called within the call only if the process has ended already.
 */
void child_leave(struct child *c, void (*gone)(void *arg), void *arg);

/*
 * The broker stops: protected children keep the loop alive for ms at most, then they go on
 * without us. The sink has their output.
 */
void children_leave(uv_loop_t *loop, uint64_t ms);

#endif
