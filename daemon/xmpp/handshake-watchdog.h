/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HANDSHAKE_WATCHDOG_H
#define DAEMON_HANDSHAKE_WATCHDOG_H

/*
 * The TLS handshake inside libstrophe blocks the whole loop while the server is silent. This
 * thread ends a handshake that takes too long: it shuts the socket down through a duplicate
 * of its own.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct watchdog {
	uv_thread_t thread;
	uv_mutex_t lock;	/* protects all below */
	uv_cond_t wake;
	bool armed, stop;
	uint64_t since;		/* when libstrophe was entered (uv_hrtime()); 0: not inside */
	int fd;			/* duplicate of the socket, or -1; owned */
};

/* Starts the thread. -1 if it cannot be started; nothing is left to finish then. */
int watchdog_init(struct watchdog *w);
/* Ends the thread and joins it. The socket must have been taken away before. */
void watchdog_finish(struct watchdog *w);

/* Tells whether a handshake may come: the thread sleeps until it is armed. */
void watchdog_arm(struct watchdog *w, bool armed);

/* To be called before and after each call of libstrophe that may block. */
void watchdog_entered(struct watchdog *w);
void watchdog_left(struct watchdog *w);

/* Takes over fd and closes the previous one. -1: there is none. */
void watchdog_socket(struct watchdog *w, int fd);

#endif
