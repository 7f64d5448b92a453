/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why the origin failed (R): a scenario for each cause that lies in the core. */
#include "origin.h"

#include <stdio.h>
#include <string.h>

static void r1_what_is_lost_is_sent_again(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	push_big(w, 0, 1, &e);
	for (unsigned i = 0; i < 3 && !e.over; i++) {
		forget_said();
		lose_path(w, 0, 1, false);
		need(play_until(w, "b0: link with b1 is up again", 10000));
		play(w, 30);
	}
	/* Every byte arrives once, in order: the streams are verified (sim-stream.c). */
	need(play_end(w, &e, 20000) && e.success);
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void r2_errors_and_absence_move_a_push(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;
	uint64_t at;

	push_stuck(w, 0, 1, &e);
	at = w->now;
	/* A path is lost and its ends are told: another one is made at once. */
	lose_path(w, 0, 1, false);
	need(play_until(w, "b0: link with b1 is up again", 2000));
	need(said_at("waits for a path") < at + 1000);
	/* The device goes offline and is back a minute later. */
	forget_said();
	depart(w, 1);
	need(play_until(w, "b0: link with b1 waits for a path", 4000));
	play(w, 60 * 1000);
	need(!e.over);
	arrive(w, 1);
	need(play_until(w, "b0: link with b1 is up again", 2000));
	/* The device goes offline for good. */
	depart(w, 1);
	need(play_end(w, &e, LINK_SUSPEND_MAX + 10 * 1000) && !e.success);
	need(play_until(w, "link with b1 ended: no-path", 1));
	stage_close(w);
}

static void r3_the_senders_death_is_told(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	helper_kill(push_big(w, 0, 1, &e), "cancelled");
	paths_flush(w);
	play(w, 1000);
	need(!w->brokers[1].git_services.services.quota.used && at_rest(w, 0, 1));
	/* The death of the receiver is told as well. */
	out_service_dies(w);
	play(w, 100);
	need(at_rest(w, 0, 1));
	/*
	 * A sender may die before any data: starting-push has gone out, and no byte follows.
	 */
	out_killed_early(w);
	play(w, 1000);
	need(!w->brokers[1].git_services.services.quota.used && at_rest(w, 0, 1));
	stage_close(w);
}

/* Takes every place, each for another account, so that none can be freed. */
static struct quota_place taken[SERVICES_MAX];

static void fill_places(struct quota *q)
{
	char jid[16];

	for (unsigned i = 0; i < SERVICES_MAX; i++) {
		snprintf(jid, sizeof(jid), "x%u@sim", i);
		quota_take(q, &taken[i], jid, true);
		taken[i].unfinished = false;
	}
}

static void empty_places(void)
{
	for (unsigned i = 0; i < SERVICES_MAX; i++)
		quota_leave(&taken[i]);
}

static void r4_no_is_an_answer(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	need(push_works(w, 0, 1));
	forget_said();
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=unknown\0");
	play(w, 20);
	need(said("b1: says REFUSE not-shared to b0") == 1);
	w->brokers[1].may_push[0][0] = w->brokers[1].may_fetch[0][0] = false;
	broker_configure(&w->brokers[1]);
	fetch(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "not-shared"));
	w->brokers[1].may_fetch[0][0] = true;
	broker_configure(&w->brokers[1]);
	push(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "push-denied"));
	w->brokers[1].may_push[0][0] = true;
	broker_configure(&w->brokers[1]);
	fill_places(&w->brokers[1].git_services.services.quota);
	push(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "busy"));
	empty_places();
	/* A sender that is gone when its turn comes does not delay the next one. */
	out_killed_while_deferred(w);
	need(push_works(w, 0, 1));
	stage_close(w);
}

/* Sends a record of a channel: its number, and a value if the type has one. */
static void say_channel(struct world *w, enum record_type type, uint32_t channel, uint32_t value)
{
	uint8_t payload[8];

	put_be32(payload, channel);
	put_be32(payload + 4, value);
	say_record(w, 0, 1, type, payload, type == RECORD_END ? 4 : 8);
}

static void r5_nothing_late_reaches_the_next_push(void)
{
	struct world *w = stage_open(2, 1);
	struct ending first, second;
	char id[NEG_ID_LEN + 1], fields[128];
	uint32_t channel;
	size_t n;

	push_stuck(w, 0, 1, &first);
	strcpy(id, serving(w, 1, 0)->id);
	channel = channel_number(peer_with(&w->brokers[1], &w->brokers[0])->channels.first);
	processes_unhang(w);
	need(play_end(w, &first, 1000) && first.success);
	push_big(w, 0, 1, &second);
	/*
	 * Late records of the first push: data, its end, its status, and all of its
	 * negotiation.
	 */
	say_channel(w, RECORD_DATA, channel, 0xdeadbeef);
	say_channel(w, RECORD_END, channel, 0);
	say_channel(w, RECORD_EXIT, channel, 1);
	n = snprintf(fields, sizeof(fields), "id=%s%cshare=project%creason=ended%cchannel=%u%c", id,
		     0, 0, 0, channel, 0);
	say_record(w, 0, 1, RECORD_CAN_PUSH, fields, n);
	need(play_until(w, "b1: says REFUSE ended to b0", 1000));
	say_record(w, 0, 1, RECORD_WITHDRAW, fields, n);
	say_record(w, 0, 1, RECORD_REFUSE, fields, n);
	need(play_end(w, &second, 10000) && second.success);
	need(push_works(w, 0, 1));
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void r6_one_move_is_one_word_to_each(void)
{
	struct world *w = stage_open(4, 1);

	follower_add(&w->brokers[1], 0, 0);
	announcer_moved(&w->brokers[0], 0);
	play(w, 5000);
	for (unsigned i = 0; i < 3; i++)
		repeat_presence(w);
	play(w, 5000);
	need(said("b0: says CAN-PUSH") == 3);
	need(said("says SEEN announcement to b0") == 3);
	/* One of the three follows the share: it fetches once, and no other process runs. */
	need(said(": started") == 1);
	need(said("b0: upload-pack 'project' of b1: started") == 1);
	/* A device that was offline, and is still the same process, is not told again. */
	depart(w, 2);
	play(w, 5000);
	arrive(w, 2);
	play(w, 5000);
	need(said("b0: says CAN-PUSH") == 3);
	stage_close(w);
}

static void r8_control_goes_before_data(void)
{
	struct world *w = stage_open(2, 1);
	struct ending big, e;

	/* A throttled server: 2 KiB are in flight, and more than a megabyte waits. */
	w->swarm.delay_max = 100;
	w->swarm.block = 1024;
	w->swarm.window = 2048;
	push_big(w, 0, 1, &big);
	forget_said();
	announcer_moved(&w->brokers[0], 1);
	fetch(w, 1, 0, &e);
	need(play_until(w, "b1: CAN-PUSH from b0", 5000));
	need(said_at("b1: CAN-PUSH from b0") < said_at("b0: says CAN-PUSH to b1") + 1500);
	need(play_until(w, "b1: STARTING-PUSH from b0", 5000));
	need(said_at("b1: STARTING-PUSH from b0") < said_at("b0: says STARTING-PUSH to b1") + 1500);
	need(!big.over);
	stage_close(w);
}

static void r9_nothing_is_thrown_away(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	/*
	 * A slow reader stops the sender. Not a byte is lost, and no more is kept than the
	 * credit.
	 */
	w->swarm.slow_reader = 1000;
	push_big(w, 0, 1, &e);
	need(play_end(w, &e, 10 * LONG) && e.success);
	stage_close(w);
}

static void r10_a_new_resource_is_the_same_device(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	push_big(w, 0, 1, &e);
	forget_said();
	depart(w, 1);
	w->brokers[1].resource = 0;
	play(w, 500);
	arrive(w, 1);
	need(play_until(w, "is up again", 5000));
	need(play_end(w, &e, 20000) && e.success);
	need(!said("link with b1 ended"));
	stage_close(w);
}

static void r11_legal_silence_is_no_death(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e, f;

	push_stuck(w, 0, 1, &e);
	fetch(w, 0, 1, &f);
	need(play_until(w, "b1: upload-pack 'project' of b0: started", 1000));
	for (unsigned i = 0; i < PROCESSES_MAX; i++)
		w->processes[i].hangs |= w->processes[i].used;
	forget_said();
	play(w, 10 * LONG);
	need(!e.over && !f.over);
	/* The path stays up meanwhile. */
	need(!said("waits for a path"));
	processes_unhang(w);
	need(play_end(w, &e, 2000) && e.success && play_end(w, &f, 2000) && f.success);
	stage_close(w);
}

static void r12_one_bad_peer_blocks_nobody(void)
{
	struct world *w = stage_open(4, 3);
	struct ending out, in, silent;

	/*
	 * The receive-pack of b1 hangs, and so does its push to b0. b3 is dead, and nobody knows
	 * yet.
	 */
	push_stuck(w, 0, 1, &out);
	push_stuck(w, 1, 0, &in);
	need(push_works(w, 0, 3));
	kill_process(w, 3, false);
	push(w, 0, 3, &silent);
	play(w, 100);
	need(!out.over && !in.over && !silent.over);
	need(push_works(w, 0, 2));
	need(push_works(w, 2, 0));
	need(!out.over && !in.over && !silent.over);
	stage_close(w);
}

static void r13_nothing_takes_for_ever(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e, deferred;

	/* A device falls silent before it answers, and does not come back. */
	need(push_works(w, 0, 1));
	push(w, 0, 1, &e);
	kill_process(w, 1, false);
	need(play_end(w, &e, LONG) && !e.success);
	need(at_rest(w, 0, 1) || !w->brokers[1].running);
	arrive(w, 1);
	play(w, 4000);
	/* A push is deferred, and its turn never comes because the device is gone. */
	push_stuck(w, 0, 1, &e);
	push(w, 0, 1, &deferred);
	play(w, 1000);
	kill_process(w, 1, false);
	need(play_end(w, &deferred, LONG) && !deferred.success);
	need(play_end(w, &e, LINK_SUSPEND_MAX + LONG) && !e.success);
	stage_close(w);
}

static void r14_failure_is_told_and_tried_again(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	/* The pusher is told the status with which receive-pack ended. */
	push_big(w, 0, 1, &e);
	process_die(serving(w, 1, 0));
	need(play_end(w, &e, 2000) && !e.success);
	play(w, 100);
	/* That is so, too, if the link is lost after everything was sent. */
	push_stuck(w, 0, 1, &e);
	depart(w, 1);
	need(play_until(w, "a push to b1 is lost: no-path", LINK_SUSPEND_MAX + 10 * 1000));
	arrive(w, 1);
	need(play_until(w, "b1: a push of b0 goes on without a link", 5000));
	play(w, 5000);
	need(said("b1: says OUTCOME running to b0") > 1 && !e.over);
	processes_unhang(w);
	need(play_end(w, &e, 5000) && e.success);
	/* A background fetch that fails is repeated by itself. */
	follower_add(&w->brokers[0], 1, 0);
	w->swarm.child_fails = 1000;
	announcer_moved(&w->brokers[1], 0);
	play(w, 4000);
	need(w->brokers[0].fetched[1][0] < w->brokers[1].refs[0]);
	w->swarm.child_fails = 0;
	play(w, 10000);
	need(w->brokers[0].fetched[1][0] == w->brokers[1].refs[0]);
	stage_close(w);
}

static void r15_refs_are_compared_not_objects(void)
{
	struct world *w = stage_open(2, 1);

	follower_add(&w->brokers[1], 0, 0);
	announcer_moved(&w->brokers[0], 0);
	play(w, 5000);
	need(w->brokers[1].fetched[0][0] == 1);
	/*
	 * A push to the follower must not hide that the refs which it follows have moved
	 * again.
	 */
	need(push_works(w, 0, 1));
	announcer_moved(&w->brokers[0], 0);
	play(w, 5000);
	need(w->brokers[1].fetched[0][0] == 2);
	/*
	 * A push moves refs as well: the pusher, which has every object of it, is still
	 * told.
	 */
	forget_said();
	need(push_works(w, 0, 1));
	play(w, 5000);
	need(said("b0: hears that 'project' of b1") == 1);
	stage_close(w);
}

const struct scenario origin_causes[] = {
	{ "R1: what a lost path took with it is sent again, once", r1_what_is_lost_is_sent_again },
	{ "R2: errors and absence move a push within seconds, and end it in time",
	  r2_errors_and_absence_move_a_push },
	{ "R3: the death of a sender is told to the receiver, and the other way",
	  r3_the_senders_death_is_told },
	{ "R4: no is an answer: unknown, forbidden, busy, each with its reason",
	  r4_no_is_an_answer },
	{ "R5: nothing late of one push reaches the next one",
	  r5_nothing_late_reaches_the_next_push },
	{ "R6: one move of refs is one can-push to each device and one fetch by who follows",
	  r6_one_move_is_one_word_to_each },
	{ "R8: control goes before data when the server is slow", r8_control_goes_before_data },
	{ "R9: a slow reader stops the sender, and nothing is thrown away",
	  r9_nothing_is_thrown_away },
	{ "R10: a push goes on when its device comes back under another resource",
	  r10_a_new_resource_is_the_same_device },
	{ "R11: twenty minutes of legal silence are not taken for death",
	  r11_legal_silence_is_no_death },
	{ "R12: one bad peer blocks nobody else, in either direction",
	  r12_one_bad_peer_blocks_nobody },
	{ "R13: no push takes for ever, wherever the device falls silent",
	  r13_nothing_takes_for_ever },
	{ "R14: a failure is told as it was, and what runs in the background is tried again",
	  r14_failure_is_told_and_tried_again },
	{ "R15: it is refs that are compared, not objects", r15_refs_are_compared_not_objects },
	{ 0 }
};
