/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways in which a push can fail. */
#include "origin.h"

#include <string.h>

void out_killed_early(struct world *w)
{
	struct ending e;
	struct helper *h = push(w, 0, 1, &e);

	need(play_until(w, "b0: says STARTING-PUSH", 1000));
	helper_kill(h, "cancelled");
}

void out_killed_in_mid_pack(struct world *w)
{
	struct ending e;

	helper_kill(push_big(w, 0, 1, &e), "cancelled");
}

void out_killed_while_deferred(struct world *w)
{
	struct ending stuck, e;
	struct helper *h;

	push_stuck(w, 0, 1, &stuck);
	h = push(w, 0, 1, &e);
	need(play_until(w, "b1: says SEEN deferred", 1000));
	helper_kill(h, "cancelled");
	processes_unhang(w);
	need(play_end(w, &stuck, 1000));
}

void out_refused(struct world *w)
{
	struct ending e;

	w->brokers[1].may_push[0][0] = false;
	broker_configure(&w->brokers[1]);
	push(w, 0, 1, &e);
	need(play_end(w, &e, 1000) && !strcmp(e.because, "push-denied"));
	w->brokers[1].may_push[0][0] = true;
	broker_configure(&w->brokers[1]);
}

void out_broken(struct world *w)
{
	struct ending e;

	w->swarm.child_fails = 1000;
	push(w, 0, 1, &e);
	need(play_end(w, &e, 1000) && !strcmp(e.because, "share-broken"));
	w->swarm.child_fails = 0;
}

void out_service_dies(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	process_die(serving(w, 1, 0));
	need(play_end(w, &e, 2000) && !e.success);
}

void out_service_hangs(struct world *w)
{
	struct ending e;

	w->swarm.child_hangs = 1000;
	push(w, 0, 1, &e);
	need(play_end(w, &e, LONG) && !strcmp(e.because, "timeout"));
	w->swarm.child_hangs = 0;
}

void out_buddy_crashes(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	kill_process(w, 1, true);
	arrive(w, 1);
	need(play_end(w, &e, 5000) && !e.success);
}

void out_we_crash(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	kill_process(w, 0, true);
	need(e.over);
	arrive(w, 0);
}

void out_link_ends(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	peer_end(peer_with(&w->brokers[1], &w->brokers[0]), "stopped");
	paths_flush(w);
	need(play_end(w, &e, 2000) && !e.success);
}
