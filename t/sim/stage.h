/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_STAGE_H
#define T_STAGE_H

/*
 * A stage for scenarios: the simulator's world without any trouble but what the
 * scenario makes, and minutes of what is said in it. Every invariant of the
 * simulator (sim-check.c) is checked after each event here too.
 */

#include "sim.h"

/*
 * Brokers that know and trust each other and are online. Those from `account`
 * on are devices of one account.
 */
struct world *stage_open(unsigned brokers, unsigned account);
/* The same, and none of them runs yet. */
struct world *stage_open_dark(unsigned brokers);
/* Stops everything; nothing may be left. */
void stage_close(struct world *w);

/* Time passes. */
void play(struct world *w, unsigned ms);
/* Until it is said, in the minutes; false after so long. */
bool play_until(struct world *w, const char *said, unsigned ms);
/* Until the helper has ended. */
bool play_end(struct world *w, const struct ending *e, unsigned ms);

/*
 * In the minutes, since they were begun anew: how many lines have this, and
 * when the first of them was.
 */
unsigned said(const char *what);
uint64_t said_at(const char *what);
void forget_said(void);

/* Logs a broker in now. */
void arrive(struct world *w, unsigned broker);
/* The server says of everybody who is online that they are. */
void repeat_presence(struct world *w);
/* It loses its connection; for the server it is gone. */
void depart(struct world *w, unsigned broker);
/* Its process is killed; the server sees it or not. */
void kill_process(struct world *w, unsigned broker, bool seen);

/* What users do; e may be NULL. to is a device. */
struct helper *push(struct world *w, unsigned from, unsigned to, struct ending *e);
struct helper *fetch(struct world *w, unsigned from, unsigned to, struct ending *e);
/* A push of the account's, to any of its devices. */
struct helper *push_any(struct world *w, unsigned from, unsigned account, struct ending *e);
/* A push in whose receive-pack, after all has been sent, a hook hangs. */
void push_stuck(struct world *w, unsigned from, unsigned to, struct ending *e);
/* A push of more than a window, some of which has arrived. */
struct helper *push_big(struct world *w, unsigned from, unsigned to, struct ending *e);
/* True if a push goes through within a second from now. */
bool push_works(struct world *w, unsigned from, unsigned to);

/* The service that one broker runs for another, or NULL. */
struct service_process *serving(struct world *w, unsigned by, unsigned of);
/* Nothing is open, or being served, between the two. */
bool at_rest(struct world *w, unsigned a, unsigned b);
/* A path between the two is lost; silently: nobody is told. */
void lose_path(struct world *w, unsigned a, unsigned b, bool silently);
/* From now on it says only what the scenario makes it say. */
void make_puppet(struct world *w, unsigned broker);
/* One says this record to the other, over their link. fields: NUL-terminated key=value pairs. */
void say_record(struct world *w, unsigned from, unsigned to, enum record_type type,
		const void *fields, size_t len);

/* From a scenario: what it needs is not so. Ends the scenario. */
void complain(const char *file, int line, const char *what) __attribute__((noreturn));
#define need(what) ((what) ? (void)0 : complain(__FILE__, __LINE__, #what))

/* Runs the scenario; NULL, or what went wrong. */
const char *perform(void (*scenario)(void));

#endif
