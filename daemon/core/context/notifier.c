/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A class's bucket is a time: until then its runs are paid for. The timer is set to the moment
 * when the next class that has something to tell may run.
 */
#include "notifier.h"

#include "context.h"

static uint64_t every(enum notice_class class)
{
	return class == NOTICE_STRANGER ? NOTIFY_STRANGERS_EVERY : NOTIFY_EVERY;
}

/* When the class may run next. */
static uint64_t free_at(const struct notifier *n, enum notice_class class)
{
	uint64_t credit = class == NOTICE_STRANGER ? 0 : (NOTIFY_BURST - 1) * every(class);

	return n->paid_until[class] > credit ? n->paid_until[class] - credit : 0;
}

static void pay(struct notifier *n, enum notice_class class, uint64_t now)
{
	if (n->paid_until[class] < now)
		n->paid_until[class] = now;
	n->paid_until[class] += every(class);
}

/* The oldest notice of the class that is not told; *more: how many others there are. */
static struct notice *find_untold(const struct notifier *n, enum notice_class class, unsigned *more)
{
	struct notices *all = n->context->notices;
	struct notice *first = NULL;
	unsigned count = 0;

	for (struct notice *at = notices_next(all, NULL); at; at = notices_next(all, at)) {
		if (at->ran || notices_class(all, at) != class)
			continue;
		first = first ? first : at;
		count++;
	}
	*more = count ? count - 1 : 0;
	return first;
}

static void mark_told(const struct notifier *n, enum notice_class class)
{
	struct notices *all = n->context->notices;

	for (struct notice *at = notices_next(all, NULL); at; at = notices_next(all, at))
		if (notices_class(all, at) == class)
			notices_ran(all, at);
}

/* Runs the command for the class if it may. Returns when the class is to be looked at again. */
static uint64_t look_at(struct notifier *n, enum notice_class class, uint64_t now)
{
	unsigned more;
	struct notice *notice = find_untold(n, class, &more);

	if (!notice)
		return UINT64_MAX;
	if (now < free_at(n, class))
		return free_at(n, class);
	if (!n->ops->run(n->owner, notice, more))
		return UINT64_MAX;
	n->running = true;
	pay(n, class, now);
	mark_told(n, class);
	return UINT64_MAX;
}

static void on_timer(void *owner)
{
	struct notifier *n = owner;
	uint64_t now = context_now(n->context), at = UINT64_MAX;

	for (int class = 0; class < NOTICE_CLASSES && !n->running; class ++) {
		uint64_t again = look_at(n, (enum notice_class) class, now);

		at = again < at ? again : at;
	}
	/* notifier_ended() looks at all classes again. */
	timer_set(&n->timer, n->running ? UINT64_MAX : at);
}

void notifier_init(struct notifier *n, struct context *context, const struct notifier_ops *ops,
		   void *owner)
{
	*n = (struct notifier){ .context = context, .ops = ops, .owner = owner };
	timer_init(&n->timer, &context->timers, on_timer, n);
}

void notifier_finish(struct notifier *n)
{
	if (n->context)
		timer_stop(&n->timer);
}

void notifier_wake(struct notifier *n)
{
	if (!n->running)
		timer_set(&n->timer, 0);
}

void notifier_ended(struct notifier *n)
{
	n->running = false;
	notifier_wake(n);
}
