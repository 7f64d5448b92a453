/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_STAGE_H
#define T_STAGE_H

/*
 * A stage for scenarios: the simulator's world with no faults but those of the scenario, and
 * a transcript, the minutes, of all that is said in it. After each event every invariant of
 * the simulator is checked (sim-check.c).
 */

#include "sim.h"

/*
 * Opens a stage with brokers that know and trust each other and are online. Those from
 * `account` on are devices of one account.
 */
struct world *stage_open(unsigned brokers, unsigned account);
/* The same, but no broker runs yet. */
struct world *stage_open_dark(unsigned brokers);
/* Stops everything; nothing may be left open. */
void stage_close(struct world *w);

/* Lets ms pass. */
void play(struct world *w, unsigned ms);
/* Plays until the text is in the minutes. False if it is not after ms. */
bool play_until(struct world *w, const char *said, unsigned ms);
/* Plays until the helper has ended. False if it has not after ms. */
bool play_end(struct world *w, const struct ending *e, unsigned ms);

/*
 * How many lines of the minutes contain the text, and the time of the first; UINT64_MAX if
 * none. forget_said() empties the minutes.
 */
unsigned said(const char *what);
uint64_t said_at(const char *what);
void forget_said(void);

/* Logs a broker in now. */
void arrive(struct world *w, unsigned broker);
/* The server repeats the presence of everybody who is online. */
void repeat_presence(struct world *w);
/* A broker loses its connection, and the server notices. */
void depart(struct world *w, unsigned broker);
/* Kills a broker's process. seen: the server notices. */
void kill_process(struct world *w, unsigned broker, bool seen);

/* Requests of users. to is a device. e is filled in when the helper ends; it may be NULL. */
struct helper *push(struct world *w, unsigned from, unsigned to, struct ending *e);
struct helper *fetch(struct world *w, unsigned from, unsigned to, struct ending *e);
/* A push to any device of an account. */
struct helper *push_any(struct world *w, unsigned from, unsigned account, struct ending *e);
/* A push whose receive-pack hangs in a hook after everything was sent. */
void push_stuck(struct world *w, unsigned from, unsigned to, struct ending *e);
/* A push of more than a window, of which a part has arrived. */
struct helper *push_big(struct world *w, unsigned from, unsigned to, struct ending *e);
/* Whether a push succeeds within a second. */
bool push_works(struct world *w, unsigned from, unsigned to);

/* The newest service that one broker runs for another, or NULL. */
struct service_process *serving(struct world *w, unsigned by, unsigned of);
/* Whether nothing is open or being served between the two. */
bool at_rest(struct world *w, unsigned a, unsigned b);
/* Loses the path between the two. silently: the ends are not told. */
void lose_path(struct world *w, unsigned a, unsigned b, bool silently);
/* From now on the broker says only what the scenario makes it say. */
void make_puppet(struct world *w, unsigned broker);
/*
 * Sends a record from one to the other, over their link. fields: NUL-terminated key=value
 * pairs.
 */
void say_record(struct world *w, unsigned from, unsigned to, enum record_type type,
		const void *fields, size_t len);

/* Ends the scenario: something that it needs is false. */
void complain(const char *file, int line, const char *what) __attribute__((noreturn));
#define need(what) ((what) ? (void)0 : complain(__FILE__, __LINE__, #what))

/* Runs the scenario. Returns NULL, or what went wrong. */
const char *perform(void (*scenario)(void));

#endif
