/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECEIVE_WINDOW_H
#define CORE_RECEIVE_WINDOW_H

/*
 * The receiver's side of a channel's credit: how many bytes the sender may have on their
 * way, or with us and not passed on (RFC 9293 3.3.1). The window begins at
 * CHANNEL_WINDOW. When a whole window has come within three round trips and was passed on
 * as fast, neither the path nor our reader holds the sender back, but the window does.
 * Then it doubles or more, up to CHANNEL_WINDOW_MAX.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receive_window {
	size_t size;		/* always granted + held + owed */
	size_t granted;		/* bytes the sender may still send */
	size_t held;		/* delivered and not consumed */
	size_t owed;		/* consumed, or added by growth, and not given as credit yet */

	/* how many bytes have come since when: tells how soon a whole window comes */
	uint64_t begun;
	size_t come;
};

void receive_window_init(struct receive_window *w);

/* n bytes have come; false if the sender had no credit for them. */
bool receive_window_take(struct receive_window *w, size_t n, uint64_t now);

/*
 * By how many bytes the window should grow, at most room; 0: not now. To be asked after
 * receive_window_take(). rtt in ms; 0: not known.
 */
size_t receive_window_growth(struct receive_window *w, size_t room, uint64_t rtt, uint64_t now);
void receive_window_grow(struct receive_window *w, size_t n);

/* n of the bytes held have been passed on. */
void receive_window_consumed(struct receive_window *w, size_t n);

/* The credit to give now, which then counts as given; 0: it is not worth a record. */
size_t receive_window_give(struct receive_window *w);

#endif
