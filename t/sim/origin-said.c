/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the origin said of itself (S): a scenario for each sentence. */
#include "origin.h"

#include <stdio.h>
#include <string.h>

/* No push reached a timeout, and none was refused. */
static void need_no_timer_ran(void)
{
	need(!said("timeout"));
	need(!said("says REFUSE"));
}

/* A can-push and its answer must have the same time. */
static void need_answered_at_once(const char *asked, const char *answered, unsigned times)
{
	need(said(asked) == times);
	need(said(answered) == times);
	need(said_at(asked) == said_at(answered));
}

static void s1_other_client_while_push_runs(void)
{
	struct world *w = stage_open(3, 2);
	struct ending stuck;

	push_stuck(w, 1, 0, &stuck);
	forget_said();
	for (unsigned i = 0; i < 10; i++)
		need(push_works(w, 2, 0));
	announcer_moved(&w->brokers[2], 1);
	play(w, 1000);
	need(said("b0: CAN-PUSH from b2") == said("b2: says CAN-PUSH to b0"));
	need(said("b0: hears that 'notes' of b2") == 1);
	need(!stuck.over);
	need_no_timer_ran();
	stage_close(w);
}

static void s2_second_push_is_deferred(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e[4];

	push_stuck(w, 0, 1, &e[0]);
	forget_said();
	for (unsigned i = 1; i < 4; i++)
		push(w, 0, 1, &e[i]);
	play(w, 1000);
	need(said("b1: says SEEN deferred to b0") == 3);
	need(!said(": started"));
	need(!said("says REFUSE"));
	processes_unhang(w);
	for (unsigned i = 0; i < 4; i++)
		need(play_end(w, &e[i], 1000) && e[i].success);
	/* They run in the order in which they came, one at a time. */
	need(e[0].at <= e[1].at && e[1].at <= e[2].at && e[2].at <= e[3].at);
	need(said("b1: receive-pack 'project' of b0: started") == 3);
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void s3_every_state_has_a_timer(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	/*
	 * A service that never talks: the user is told that it is starting, and in the end
	 * that it timed out.
	 */
	w->swarm.child_hangs = 1000;
	push(w, 0, 1, &e);
	need(play_until(w, "b1: says SEEN starting", NEG_START_NOTICE + 1000));
	need(play_end(w, &e, NEG_START_TIMEOUT + 1000));
	need(!e.success && !strcmp(e.because, "timeout"));
	play(w, 100);
	need(at_rest(w, 0, 1));
	fetch(w, 0, 1, &e);
	need(play_end(w, &e, NEG_START_TIMEOUT + 1000) && !strcmp(e.because, "timeout"));
	w->swarm.child_hangs = 0;
	play(w, 100);
	need(at_rest(w, 0, 1));
	need(push_works(w, 0, 1));
	stage_close(w);
}

static void s4_can_push_is_answered_at_once(void)
{
	struct world *w = stage_open(2, 1);
	struct ending stuck, failed, e;

	/* The device asked serves a receive-pack that hangs. */
	push_stuck(w, 0, 1, &stuck);
	forget_said();
	push(w, 0, 1, &e);
	play(w, 100);
	need_answered_at_once("b1: CAN-PUSH from b0", "b1: says SEEN deferred to b0", 1);
	/* Now its own push to the one who asks hangs as well. */
	push_stuck(w, 1, 0, &failed);
	forget_said();
	announcer_moved(&w->brokers[0], 1);
	play(w, 1000);
	need_answered_at_once("b1: CAN-PUSH from b0", "b1: says SEEN announcement to b0", 1);
	processes_unhang(w);
	need(play_end(w, &e, 2000) && e.success);
	/* A failed receive-pack has yet to time out. */
	w->swarm.child_hangs = 1000;
	push(w, 0, 1, &failed);
	play(w, 10000);
	w->swarm.child_hangs = 0;
	forget_said();
	push(w, 0, 1, &e);
	play(w, 100);
	need_answered_at_once("b1: CAN-PUSH from b0", "b1: says SEEN deferred to b0", 1);
	need(play_end(w, &e, NEG_START_TIMEOUT + 1000) && e.success && !failed.success);
	stage_close(w);
}

static void s5_who_wants_it_gets_it(void)
{
	struct world *w = stage_open(4, 1);
	struct ending e;

	push_any(w, 0, 1, &e);
	need(play_end(w, &e, 2000) && e.success);
	play(w, 1000);
	/*
	 * Every device of the buddy was asked. One of them got the push; to the others it
	 * was withdrawn.
	 */
	need(said("b0: says CAN-PUSH") == 3);
	need(said("receive-pack 'project' of b0: started") == 1);
	need(said("b0: says STARTING-PUSH") == 1);
	need(said("b0: says WITHDRAW served") == 2);
	/* An announcement that interests nobody is answered with SEEN, and nothing starts. */
	forget_said();
	announcer_moved(&w->brokers[0], 0);
	play(w, 1000);
	need(said("says SEEN announcement to b0") == 3);
	need(!said(": started"));
	stage_close(w);
}

static void s6_initiations_wait_beside_the_data(void)
{
	struct world *w = stage_open(2, 1);
	struct ending big, second;

	push_big(w, 0, 1, &big);
	forget_said();
	push(w, 0, 1, &second);
	announcer_moved(&w->brokers[0], 1);
	need(play_until(w, "b0: SEEN from b1", 1000));
	/* They are kept apart from the push that runs, whose bytes stay what they were. */
	need(!second.over && !big.over);
	need(play_end(w, &big, 10000) && big.success);
	need(play_end(w, &second, 1000) && second.success);
	play(w, 1000);
	need(said("b1: hears that 'notes' of b0") == 1);
	stage_close(w);
}

static void s7_a_duplicate_has_no_effect(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;
	char fields[128];
	size_t n;

	/* An offer that is accepted twice is started once. */
	push_big(w, 0, 1, &e);
	n = snprintf(fields, sizeof(fields), "id=%s%cshare=project%cservice=receive-pack%c",
		     serving(w, 1, 0)->id, 0, 0, 0);
	say_record(w, 1, 0, RECORD_PUSH_REQUEST, fields, n);
	need(play_end(w, &e, 10000) && e.success);
	need(said("b0: says STARTING-PUSH to b1") == 1);
	play(w, 1000);
	/*
	 * Now every record of a pusher is sent twice: both are answered alike, and there is
	 * one negotiation.
	 */
	forget_said();
	make_puppet(w, 0);
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=project\0");
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=project\0");
	play(w, 100);
	need(said("b1: says PUSH-REQUEST to b0") == 2);
	need(peer_with(&w->brokers[1], &w->brokers[0])->negotiations.count == 1);
	SAY(w, 0, 1, RECORD_STARTING_PUSH, "channel=1001\0");
	SAY(w, 0, 1, RECORD_STARTING_PUSH, "channel=1001\0");
	play(w, 100);
	need(said("b1: receive-pack 'project' of b0: started") == 1);
	SAY(w, 0, 1, RECORD_WITHDRAW, "reason=cancelled\0");
	SAY(w, 0, 1, RECORD_WITHDRAW, "reason=cancelled\0");
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=project\0");
	play(w, 100);
	need(said("b1: says REFUSE ended to b0") == 1);
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void s8_death_is_noticed_and_slowness_is_none(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;
	uint64_t at;

	/*
	 * The server reports it offline, which causes a PING. No answer comes, so its path
	 * is given up, and it is waited for.
	 */
	push_stuck(w, 0, 1, &e);
	forget_said();
	kill_process(w, 1, true);
	need(play_until(w, "b0: link with b1 waits for a path", LINK_PROBE_TIMEOUT + 1000));
	play(w, LONG);
	need(!e.over);
	/* When it is back, its HELLO shows that it is another process. */
	arrive(w, 1);
	need(play_end(w, &e, 2000) && !e.success);
	play(w, 4000);
	/*
	 * It crashes unnoticed and comes back: its presence causes a PING, and the next path
	 * leads to another process.
	 */
	push_big(w, 0, 1, &e);
	kill_process(w, 1, false);
	play(w, 1000);
	at = w->now;
	arrive(w, 1);
	need(play_end(w, &e, LINK_PROBE_TIMEOUT + 1000) && e.at >= at);
	play(w, 4000);
	/* Silence: the link's own PINGs find out within seconds, and the path is given up. */
	push_stuck(w, 0, 1, &e);
	forget_said();
	at = w->now;
	lose_path(w, 0, 1, true);
	need(play_until(w, "b0: link with b1 waits for a path",
			LINK_PING_BUSY + LINK_PING_TIMEOUT + 1000));
	need(play_until(w, "b0: link with b1 is up again", 5000));
	/* A slow process is not taken for dead. */
	play(w, 4 * LONG);
	need(!e.over);
	processes_unhang(w);
	need(play_end(w, &e, 1000) && e.success);
	/* A path for which a working one was left is on trial: its silence is noticed sooner. */
	push_big(w, 0, 1, &e);
	w->swarm.paths = true;
	w->dialling[0][1] = w->dialling[1][0] = DIAL_HOLE;
	forget_said();
	network_noticed(&w->brokers[0]);
	network_noticed(&w->brokers[1]);
	need(play_until(w, "the direct path b0-b1 is up", 2000) ||
	     play_until(w, "the direct path b1-b0 is up", 2000));
	at = w->now;
	need(play_end(w, &e, LINK_PING_TRIAL + LINK_PROBE_TIMEOUT + 1000) && e.success);
	need(w->now > at + LINK_PROBE_TIMEOUT);
	/*
	 * One that swallows what is long, and only that, is silent for one side: the other one is
	 * led back to in-band. Neither tries it again soon.
	 */
	w->dialling[0][1] = DIAL_REFUSED;
	w->dialling[1][0] = DIAL_NARROW;
	network_noticed(&w->brokers[0]);
	network_noticed(&w->brokers[1]);
	need(play_until(w, "b0: link with b1 is up again, direct", 2000));
	push_big(w, 1, 0, &e);
	need(play_end(w, &e, LINK_PING_TRIAL + LINK_PROBE_TIMEOUT + 1000) && e.success);
	push_stuck(w, 1, 0, &e);
	forget_said();
	play(w, PATH_SELECTOR_HOLE_FIRST - LINK_PROBE_TIMEOUT - 1000);
	need(!e.over && !said("tries a direct path"));
	stage_close(w);
}

static void s9_clean_up_runs_on_every_way_out(void)
{
	static void (*const outs[])(struct world *w) = {
		out_killed_early, out_killed_in_mid_pack, out_killed_while_deferred, out_refused,
		out_broken,
		out_service_dies, out_service_hangs, out_buddy_crashes, out_we_crash, out_link_ends,
	};
	struct world *w = stage_open(2, 1);

	for (size_t i = 0; i < sizeof(outs) / sizeof(*outs); i++) {
		forget_said();
		outs[i](w);
		play(w, 4000);
		need(at_rest(w, 0, 1));
		need(!w->brokers[0].git_services.services.quota.used &&
		     !w->brokers[1].git_services.services.quota.used);
		need(push_works(w, 0, 1));
		need(push_works(w, 1, 0));
		need(at_rest(w, 0, 1));
	}
	stage_close(w);
}

static void s10_initiations_wait_for_presence(void)
{
	struct world *w = stage_open_dark(2);
	struct ending e;

	/* Refs move, and a user pushes, before any presence is known. */
	broker_start(&w->brokers[0]);
	announcer_moved(&w->brokers[0], 0);
	push(w, 0, 1, &e);
	play(w, 1000);
	need(!e.over && !said("says CAN-PUSH"));
	arrive(w, 0);
	play(w, 500);
	need(!e.over && !said("says CAN-PUSH"));
	arrive(w, 1);
	need(play_end(w, &e, 2000) && e.success);
	play(w, 2000);
	need(said("b1: hears that 'project' of b0") == 1);
	stage_close(w);
}

static void s11_told_when_it_appears(void)
{
	struct world *w = stage_open_dark(3);

	arrive(w, 0);
	play(w, 4000);
	announcer_moved(&w->brokers[0], 0);
	play(w, 4000);
	need(!said("says CAN-PUSH"));
	arrive(w, 1);
	play(w, 2000);
	need(said("b1: hears that 'project' of b0") == 1);
	/* A repeated presence causes no new announcement. */
	for (unsigned i = 0; i < 5; i++)
		repeat_presence(w);
	play(w, 5000);
	need(said("b0: says CAN-PUSH to b1") == 1);
	/*
	 * One device has not seen the announcement; another one has forgotten it, by a
	 * restart.
	 */
	arrive(w, 2);
	play(w, 2000);
	need(said("b2: hears that 'project' of b0") == 1);
	need(said("b0: says CAN-PUSH to b1") == 1);
	kill_process(w, 1, true);
	play(w, 4000);
	arrive(w, 1);
	play(w, 4000);
	need(said("b1: hears that 'project' of b0") == 2);
	need(said("b2: hears that 'project' of b0") == 1);
	stage_close(w);
}

static void s12_the_newest_replaces_older(void)
{
	struct world *w = stage_open(2, 1);

	depart(w, 1);
	play(w, 4000);
	for (unsigned i = 0; i < 50; i++) {
		announcer_moved(&w->brokers[0], 0);
		play(w, 3000);
		need(announcer_waiting(w->brokers[0].announcer) <= 1);
	}
	need(!said("says CAN-PUSH"));
	arrive(w, 1);
	play(w, 5000);
	need(said("b0: says CAN-PUSH to b1") == 1);
	need(said("b1: hears that 'project' of b0 is 50") == 1);
	stage_close(w);
}

static void s13_both_push_at_once(void)
{
	struct world *w = stage_open(2, 1);

	for (unsigned i = 0; i < 100; i++) {
		struct ending a, b;

		push(w, 0, 1, &a);
		play(w, i % 25);
		push(w, 1, 0, &b);
		need(play_end(w, &a, 1000) && a.success);
		need(play_end(w, &b, 1000) && b.success);
		play(w, 100);
		need(at_rest(w, 0, 1));
	}
	need(!said("deferred"));
	need_no_timer_ran();
	stage_close(w);
}

static void s14_what_is_deferred_is_bounded(void)
{
	struct world *w = stage_open(2, 1);
	struct ending stuck, e[100];
	unsigned done = 0, busy = 0;

	/* All those that are not refused have their turn. */
	push_stuck(w, 0, 1, &stuck);
	for (unsigned i = 0; i < 100; i++)
		push(w, 0, 1, &e[i]);
	play(w, 1000);
	processes_unhang(w);
	for (unsigned i = 0; i < 100; i++) {
		need(play_end(w, &e[i], 20000));
		done += e[i].success;
		busy += !strcmp(e[i].because, "busy");
	}
	need(done + busy == 100 && done == NEGOTIATIONS_PER_DEVICE - 1);
	play(w, 1000);
	/* Whatever else is sent, no more is kept. */
	make_puppet(w, 0);
	forget_said();
	for (unsigned i = 0; i < 200; i++) {
		char id[128];
		size_t n = snprintf(id, sizeof(id), "id=%024x%cshare=project%c", i + 1, 0, 0);

		say_record(w, 0, 1, RECORD_CAN_PUSH, id, n);
	}
	play(w, 1000);
	need(peer_with(&w->brokers[1], &w->brokers[0])->negotiations.count ==
	     NEGOTIATIONS_PER_DEVICE);
	need(said("b1: says REFUSE busy to b0") == 200 - NEGOTIATIONS_PER_DEVICE);
	stage_close(w);
}

const struct scenario origin_said[] = {
	{ "S1: no message of one client is lost while a push with another one runs",
	  s1_other_client_while_push_runs },
	{ "S2: a second push of the same kind is deferred, and starts when the first ends",
	  s2_second_push_is_deferred },
	{ "S3: nothing stalls: every state has a timer and a sign of life, and the reason is told",
	  s3_every_state_has_a_timer },
	{ "S4: can-push is answered at once while a receive-pack of our own runs, hangs or fails",
	  s4_can_push_is_answered_at_once },
	{ "S5: every device is asked, the interested one gets it; with nothing to gain it is "
	  "only seen",
	  s5_who_wants_it_gets_it },
	{ "S6: an initiation that comes while a push runs is kept, apart from its data",
	  s6_initiations_wait_beside_the_data },
	{ "S7: a request that comes twice has one effect", s7_a_duplicate_has_no_effect },
	{ "S8: a dead peer is noticed within seconds, a slow process is not death",
	  s8_death_is_noticed_and_slowness_is_none },
	{ "S9: clean-up runs once on every way out, and the next push works",
	  s9_clean_up_runs_on_every_way_out },
	{ "S10: what is begun before presence is known waits for it",
	  s10_initiations_wait_for_presence },
	{ "S11: each device is told once, when it appears", s11_told_when_it_appears },
	{ "S12: only initiations are kept, and the newest replaces older ones",
	  s12_the_newest_replaces_older },
	{ "S13: both sides push at once, 100 times, and no wait reaches a timer",
	  s13_both_push_at_once },
	{ "S14: what is deferred is bounded, and those within the bound have their turn",
	  s14_what_is_deferred_is_bounded },
	{ 0 }
};
