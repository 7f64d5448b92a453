/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulator reports all that happens with say(), which here writes the minutes, and a
 * broken invariant with violation(), which here ends the scenario.
 */
#include "stage.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static struct buf minutes;
static char trouble[512];
static jmp_buf curtain;
static struct stats stats;

void say(struct world *w, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&minutes, "%" PRIu64 " ", w->now);
	va_start(ap, fmt);
	buf_vprintf(&minutes, fmt, ap);
	va_end(ap);
	buf_puts(&minutes, "\n");
}

void violation(struct world *w, const char *fmt, ...)
{
	size_t n = snprintf(trouble, sizeof(trouble), "at %" PRIu64 " ms: ", w->now);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trouble + n, sizeof(trouble) - n, fmt, ap);
	va_end(ap);
	longjmp(curtain, 1);
}

void complain(const char *file, int line, const char *what)
{
	snprintf(trouble, sizeof(trouble), "%s:%d: not so: %s", file, line, what);
	longjmp(curtain, 1);
}

const char *perform(void (*scenario)(void))
{
	trouble[0] = '\0';
	buf_reset(&minutes);
	if (!setjmp(curtain))
		scenario();
	if (trouble[0] && getenv("STAGE_TRACE"))
		fputs(buf_str(&minutes), stderr);
	buf_finish(&minutes);
	return trouble[0] ? trouble : NULL;
}

/* Minutes */

static const char *find(const char *what, const char *from)
{
	return from ? strstr(from, what) : NULL;
}

unsigned said(const char *what)
{
	const char *at = buf_str(&minutes);
	unsigned count = 0;

	while ((at = find(what, at)) && (at = strchr(at, '\n')))
		count++;
	return count;
}

uint64_t said_at(const char *what)
{
	const char *start = buf_str(&minutes), *at = find(what, start);

	while (at && at > start && at[-1] != '\n')
		at--;
	return at ? strtoull(at, NULL, 10) : UINT64_MAX;
}

void forget_said(void)
{
	buf_reset(&minutes);
}

/* The world */

static struct world *make(unsigned brokers)
{
	struct world *w = xcalloc(1, sizeof(*w));
	uint8_t *pattern = xmalloc(PATTERN_ROOM);

	for (unsigned i = 0; i < PATTERN_ROOM; i++)
		pattern[i] = (i % PATTERN) * 2654435761u >> 24;
	w->pattern = pattern;
	w->stats = &stats;
	w->trace = true;
	world_make_quiet(w, 1, brokers);
	return w;
}

struct world *stage_open_dark(unsigned brokers)
{
	return make(brokers);
}

struct world *stage_open(unsigned brokers, unsigned account)
{
	struct world *w = make(brokers);

	for (unsigned i = account + 1; i < brokers; i++) {
		w->brokers[i].account = account;
		strcpy(w->brokers[i].jid, w->brokers[account].jid);
	}
	for (unsigned i = 0; i < brokers; i++)
		arrive(w, i);
	play(w, 4000);
	forget_said();
	return w;
}

void stage_close(struct world *w)
{
	world_end(w);
	free((void *)w->pattern);
	free(w);
}

void play(struct world *w, unsigned ms)
{
	uint64_t until = w->now + ms;

	while (w->now < until)
		world_step(w, until);
}

bool play_until(struct world *w, const char *what, unsigned ms)
{
	uint64_t until = w->now + ms;

	while (!said(what) && w->now < until)
		world_step(w, until);
	return said(what);
}

bool play_end(struct world *w, const struct ending *e, unsigned ms)
{
	uint64_t until = w->now + ms;

	while (!e->over && w->now < until)
		world_step(w, until);
	return e->over;
}

/* Brokers */

void arrive(struct world *w, unsigned broker)
{
	event_add(w, 0, EVENT_LOGIN, broker, w->brokers[broker].life, 0);
}

void repeat_presence(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		for (unsigned k = 0; k < w->count; k++)
			if (i != k && w->brokers[i].online && w->brokers[k].shown)
				broker_available(&w->brokers[i], &w->brokers[k],
						 w->brokers[k].shown_resource);
	paths_flush(w);
}

void depart(struct world *w, unsigned broker)
{
	struct broker *b = &w->brokers[broker];

	broker_offline(b);
	server_logout(b, true);
}

void kill_process(struct world *w, unsigned broker, bool seen)
{
	struct broker *b = &w->brokers[broker];

	w->swarm.path_silent = seen ? 0 : 1000;
	broker_crash(b);
	server_logout(b, seen);
	w->swarm.path_silent = 0;
}

/* Users */

static struct helper *start(struct world *w, enum service service, unsigned from, unsigned account,
			    int device, struct ending *e)
{
	struct helper *h;

	if (e)
		*e = (struct ending){ 0 };
	w->ending = e;
	h = helper_start(&w->brokers[from], service, account, device, 0, NULL);
	w->ending = NULL;
	paths_flush(w);
	return h;
}

struct helper *push(struct world *w, unsigned from, unsigned to, struct ending *e)
{
	return start(w, SERVICE_RECEIVE_PACK, from, w->brokers[to].account, (int)to, e);
}

struct helper *fetch(struct world *w, unsigned from, unsigned to, struct ending *e)
{
	return start(w, SERVICE_UPLOAD_PACK, from, w->brokers[to].account, (int)to, e);
}

struct helper *push_any(struct world *w, unsigned from, unsigned account, struct ending *e)
{
	return start(w, SERVICE_RECEIVE_PACK, from, account, -1, e);
}

void push_stuck(struct world *w, unsigned from, unsigned to, struct ending *e)
{
	struct service_process *s;

	need(!serving(w, to, from));
	push(w, from, to, e);
	for (unsigned ms = 0; ms < 5000 && !((s = serving(w, to, from)) && s->talked); ms++)
		play(w, 1);
	need(s);
	w->swarm.child_hangs = 1000;
	while (s->used && !s->finishing)
		play(w, 1);
	w->swarm.child_hangs = 0;
	need(s->used && s->hangs);
}

struct helper *push_big(struct world *w, unsigned from, unsigned to, struct ending *e)
{
	struct helper *h;
	struct service_process *s;

	w->swarm.push_size = 3 * CHANNEL_WINDOW;
	h = push(w, from, to, e);
	for (unsigned ms = 0; ms < 5000 && !((s = serving(w, to, from)) && s->talked); ms++)
		play(w, 1);
	need(s);
	while (s->used && s->in.done < 100 * 1024 && !e->over)
		play(w, 1);
	w->swarm.push_size = 0;
	need(s->used && !s->in_ended);
	return h;
}

bool push_works(struct world *w, unsigned from, unsigned to)
{
	struct ending e;

	push(w, from, to, &e);
	return play_end(w, &e, 1000) && e.success;
}

/* What is so */

struct service_process *serving(struct world *w, unsigned by, unsigned of)
{
	const struct broker *b = &w->brokers[by];
	const struct peer *p = peer_with(b, &w->brokers[of]);
	const struct negotiation *neg = p ? p->negotiations.first : NULL;
	struct service_process *newest = NULL;

	for (; neg; neg = neg_next(neg))
		if (!neg_ours(neg) && process_of(b, neg_id(neg)))
			newest = process_of(b, neg_id(neg));
	return newest;
}

static bool rests(struct world *w, unsigned at, unsigned with)
{
	const struct peer *p = peer_with(&w->brokers[at], &w->brokers[with]);

	return !serving(w, at, with) && (!p || (!p->negotiations.count && !p->channels.count));
}

bool at_rest(struct world *w, unsigned a, unsigned b)
{
	return rests(w, a, b) && rests(w, b, a);
}

void lose_path(struct world *w, unsigned a, unsigned b, bool silently)
{
	struct peer *p = peer_with(&w->brokers[a], &w->brokers[b]);

	need(p && p->path);
	path_lose(w, wire_of(w, p->path), silently);
}

void make_puppet(struct world *w, unsigned broker)
{
	w->brokers[broker].hostile = w->brokers[broker].puppet = true;
}

void say_record(struct world *w, unsigned from, unsigned to, enum record_type type,
		const void *fields, size_t len)
{
	struct peer *p = peer_with(&w->brokers[from], &w->brokers[to]);

	need(p);
	link_send(&p->link, type, fields, len);
	peer_touch(p);
	paths_flush(w);
}
