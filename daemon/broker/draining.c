/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transfers end in many places, which know nothing of this. So a timer counts what is left,
 * as often as a person who waits would notice.
 */
#include "draining.h"

#include "bounds.h"
#include "fields.h"
#include "log.h"

enum { LOOK_EVERY = 100 };	/* ms */

/* Rows of what is served, each as describe() has it. Returns how many there are. */
static unsigned list_served(const struct list *all,
			    bool (*describe)(const struct list *served, struct buf *row),
			    void (*found)(void *arg, struct buf *row), void *arg)
{
	struct buf row = { 0 };
	unsigned n = 0;

	for (const struct list *r = all->next; r != all; r = r->next) {
		fields_add(&row, "kind", "transfer");
		n++;
		if (describe(r, &row))
			found(arg, &row);
		buf_reset(&row);
	}
	buf_finish(&row);
	return n;
}

unsigned draining_list(const struct draining *d, void (*found)(void *arg, struct buf *row),
		       void *arg)
{
	struct buf row = { 0 };
	unsigned n = 0;

	for (const struct session *s = d->sessions->first; s; s = session_next(s)) {
		fields_add(&row, "kind", "transfer");
		if (session_describe(s, &row)) {
			n++;
			found(arg, &row);
		}
		buf_reset(&row);
	}
	n += list_served(&d->services->services.runs, git_service_describe, found, arg);
	n += list_served(&d->services->leaving, git_service_describe_leaving, found, arg);
	buf_finish(&row);
	return n;
}

static void on_found(void *arg, struct buf *row)
{
}

static unsigned count(const struct draining *d)
{
	return draining_list(d, on_found, NULL) + d->reading(d->owner);
}

static void on_look(uv_timer_t *timer)
{
	struct draining *d = timer->data;
	unsigned n = count(d);

	/* Nothing twice in a row: one transfer of a command may follow another. */
	d->idle = n ? 0 : d->idle + 1;
	if (context_now(d->context) < d->until && d->idle < 2)
		return;
	if (n)
		log_warning("%u transfer%s ended by the stop", n, n == 1 ? " is" : "s are");
	d->over(d->owner);
}

void draining_begin(struct draining *d)
{
	unsigned n;

	if (d->context->draining || d->context->stopping)
		return;
	n = count(d);
	if (!n) {
		d->over(d->owner);
		return;
	}
	log_info("to stop when %u transfer%s over, in %d s at the latest", n,
		 n == 1 ? " is" : "s are", DRAIN_PATIENCE / 1000);
	d->context->draining = true;
	d->until = context_now(d->context) + DRAIN_PATIENCE;
	d->idle = 0;
	uv_timer_init(d->loop, &d->timer);
	d->timer.data = d;
	uv_timer_start(&d->timer, on_look, LOOK_EVERY, LOOK_EVERY);
	d->begun(d->owner);
}

void draining_end(struct draining *d)
{
	if (!d->context || !d->context->draining)
		return;
	d->context->draining = false;
	uv_close((uv_handle_t *)&d->timer, NULL);
}
