/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "pass-key.h"
#include "tcp-path.h"
#include "wipe.h"

/*
 * Dials the addresses in their order, the next one when DIALER_STAGGER has passed or an
 * earlier one has failed. The first path with TLS up wins. A TCP connection alone proves
 * nothing: in our network an address may belong to another machine, and only the device
 * itself can finish the handshake.
 */

struct dial_attempt {
	struct dialer *dialer;		/* borrowed */
	struct path *path;		/* owned; NULL: not begun, or failed */
};

struct dialer {
	uv_loop_t *loop;
	const struct device_key *key;	/* borrowed */
	const struct dialer_events *events;
	void *owner;
	unsigned char fp[FINGERPRINT_BYTES];	/* of the device to be reached */
	struct pass pass;
	uint64_t *number;		/* number of the pass's last use; borrowed */
	struct netaddr *to;		/* owned */
	struct dial_attempt *attempts;	/* owned; one for each address */
	size_t n, begun, failed;
	uv_timer_t timer;		/* until the next address is due */
};

static void on_timer_closed(uv_handle_t *timer)
{
	struct dialer *d = timer->data;

	free(d->attempts);
	free(d->to);
	wipe(&d->pass, sizeof(d->pass));
	free(d);
}

/* Closes all other attempts. */
static void end(struct dialer *d)
{
	for (size_t i = 0; i < d->begun; i++) {
		struct path *path = d->attempts[i].path;

		d->attempts[i].path = NULL;
		if (path)
			path_close(path);
	}
	uv_close((uv_handle_t *)&d->timer, on_timer_closed);
}

static void on_due(uv_timer_t *timer);

static void on_closed(void *owner, const char *why)
{
	struct dial_attempt *a = owner;
	struct dialer *d = a->dialer;

	log_debug("dialling: %s: %s", path_name(a->path), why);
	a->path = NULL;
	if (++d->failed == d->n) {
		end(d);
		d->events->failed(d->owner, why);
	} else if (d->begun < d->n) {
		/* Not from within this event: the next attempt may fail as fast. */
		uv_timer_start(&d->timer, on_due, 0, 0);
	}
}

static void on_established(void *owner, const unsigned char *fp)
{
	struct dial_attempt *a = owner;
	struct dialer *d = a->dialer;
	struct path *path = a->path;

	log_debug("dialled: %s", path_name(path));
	a->path = NULL;
	end(d);
	d->events->reached(d->owner, path, fp);
}

static const struct path_events path_events = {
	.established = on_established,
	.closed = on_closed,
};

static void on_due(uv_timer_t *timer)
{
	struct dialer *d = timer->data;
	struct dial_attempt *a = &d->attempts[d->begun];
	char text[NETADDR_TEXT_MAX], name[NETADDR_TEXT_MAX + 8];
	struct pass_use use;

	netaddr_format(&d->to[d->begun], text);
	snprintf(name, sizeof(name), "direct %s", text);
	a->dialer = d;
	pass_use(&d->pass, ++*d->number, true, device_key_fingerprint(d->key), d->fp, &use);
	a->path = tcp_path_dial(d->loop, d->key, &d->to[d->begun], &use, name, &path_events, a);
	if (++d->begun < d->n)
		uv_timer_start(&d->timer, on_due, DIALER_STAGGER, 0);
}

struct dialer *dialer_start(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			    size_t n, const unsigned char *fp, const struct pass *pass,
			    uint64_t *number, const struct dialer_events *events, void *owner)
{
	struct dialer *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->key = key;
	d->events = events;
	d->owner = owner;
	memcpy(d->fp, fp, FINGERPRINT_BYTES);
	d->pass = *pass;
	d->number = number;
	d->n = n;
	d->to = xcalloc(n, sizeof(*to));
	memcpy(d->to, to, n * sizeof(*to));
	d->attempts = xcalloc(n, sizeof(*d->attempts));
	uv_timer_init(loop, &d->timer);
	d->timer.data = d;
	uv_timer_start(&d->timer, on_due, 0, 0);
	return d;
}

void dialer_destroy(struct dialer *d)
{
	if (d)
		end(d);
}
