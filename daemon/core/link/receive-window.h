/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECEIVE_WINDOW_H
#define CORE_RECEIVE_WINDOW_H

/*
 * The receiver's side of a channel's credit: how much the sender may have on
 * its way and with us, not passed on. It begins at CHANNEL_WINDOW and doubles or
 * more, up to CHANNEL_WINDOW_MAX, when a whole one has come within three round trips and was
 * passed on as fast: then it, and neither the path nor our reader, is what holds
 * the sender back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receive_window {
	size_t size;		/* always granted + held + owed */
	size_t granted;		/* bytes the sender may still send */
	size_t held;		/* delivered and not consumed */
	size_t owed;		/* consumed or grown by, and no credit given yet */

	/* since when how much has come, to see how soon it is a whole window */
	uint64_t begun;
	size_t come;
};

void receive_window_init(struct receive_window *w);

/* n bytes have come; false if the sender had no credit for them. */
bool receive_window_take(struct receive_window *w, size_t n, uint64_t now);

/*
 * To be asked after receive_window_take(): by how much the window should grow, at most room; 0:
 * not now. rtt 0: not known.
 */
size_t receive_window_growth(struct receive_window *w, size_t room, uint64_t rtt, uint64_t now);
void receive_window_grow(struct receive_window *w, size_t n);

/* n of the bytes held have been passed on. */
void receive_window_consumed(struct receive_window *w, size_t n);

/* The credit to give now; 0: it is not worth a record. What is returned counts as given. */
size_t receive_window_give(struct receive_window *w);

#endif
