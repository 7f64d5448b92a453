/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NOTIFIER_H
#define CORE_NOTIFIER_H

/*
 * Decides when the user's own command (xmpp.notifyCommand) is run for what notices.h has. It is
 * told one notice, and how many others of the same class it stands for, so nothing is left
 * untold however seldom it runs. One runs at a time. Of notices of strangers it runs once in
 * NOTIFY_STRANGERS_EVERY; of buddies, and of our own, NOTIFY_BURST times, and then once in
 * NOTIFY_EVERY. Pure.
 */

#include <stdbool.h>

#include "notices.h"
#include "timers.h"

struct notifier_ops {
	/*
	 * Runs the command; notifier_ended() follows, later. False if the user has none: then
	 * nothing is told by it.
	 */
	bool (*run)(void *owner, const struct notice *notice, unsigned more);
};

struct notifier {
	struct context *context; /* borrowed; context::notices may be NULL */
	const struct notifier_ops *ops;
	void *owner;
	struct timer timer;
	bool running;
	uint64_t paid_until[NOTICE_CLASSES]; /* ms; when the runs so far are paid for */
};

void notifier_init(struct notifier *n, struct context *context, const struct notifier_ops *ops,
		   void *owner);
void notifier_finish(struct notifier *n);
/* Something is to be told, or the user's command is another one: looks a moment later. */
void notifier_wake(struct notifier *n);
/* The command has ended, or could not be started. */
void notifier_ended(struct notifier *n);

#endif
