/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HANDSHAKE_WATCHDOG_H
#define DAEMON_HANDSHAKE_WATCHDOG_H

/*
 * The TLS handshake inside libstrophe blocks for as long as the server is silent, and with it the
 * whole loop. This thread ends one that takes too long: it shuts the socket, through a duplicate of
 * it, from outside.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct watchdog {
	uv_thread_t thread;
	uv_mutex_t lock;	/* for all below */
	uv_cond_t wake;
	bool armed, stop;
	uint64_t since;		/* when libstrophe was entered; 0: it is not */
	int fd;			/* duplicate of the socket, or -1; owned */
};

/* Starts the thread. -1 if there can be none; nothing is left then. */
int watchdog_init(struct watchdog *w);
/* Ends it, and waits for that. There must be no socket any more. */
void watchdog_finish(struct watchdog *w);

/* Whether a handshake may come: the thread sleeps while it is not armed. */
void watchdog_arm(struct watchdog *w, bool armed);

/* Around each call of libstrophe that may block. */
void watchdog_entered(struct watchdog *w);
void watchdog_left(struct watchdog *w);

/* Takes fd, closing the one before. -1: there is none. */
void watchdog_socket(struct watchdog *w, int fd);

#endif
