/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the origin said of itself (S), and why it failed (R), one scenario each, on
 * the real core in the simulator's world (stage.h). Documentation/origin.md has the rows, and what shows
 * those that need real brokers. STAGE_TRACE=1 in the environment prints the minutes of
 * one that fails; an argument runs those that begin with it.
 */
#include "stage.h"

#include <string.h>

#include "fields.h"
#include "tap.h"
#include "text.h"

/* Longer than any timer of a negotiation. */
enum { LONG = 2 * 60 * 1000 };

/* No push ever waited for a clock, and none was told no. */
static void need_no_timer_ran(void)
{
	need(!said("timeout"));
	need(!said("says REFUSE"));
}

/* A can-push and its answer carry the same time. */
static void need_answered_at_once(const char *asked, const char *answered, unsigned times)
{
	need(said(asked) == times);
	need(said(answered) == times);
	need(said_at(asked) == said_at(answered));
}

/* S: what the origin said of itself */

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
	serves_unhang(w);
	for (unsigned i = 0; i < 4; i++)
		need(play_end(w, &e[i], 1000) && e[i].success);
	/* In the order they came, one at a time. */
	need(e[0].at <= e[1].at && e[1].at <= e[2].at && e[2].at <= e[3].at);
	need(said("b1: receive-pack 'project' of b0: started") == 3);
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void s3_every_state_has_a_timer(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	/* A service that never says a word: whoever waits is told that it lives, and then why not. */
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

	/* In the middle of a receive-pack of its own, which hangs. */
	push_stuck(w, 0, 1, &stuck);
	forget_said();
	push(w, 0, 1, &e);
	play(w, 100);
	need_answered_at_once("b1: CAN-PUSH from b0", "b1: says SEEN deferred to b0", 1);
	/* And while its own push to the one who asks hangs as well. */
	push_stuck(w, 1, 0, &failed);
	forget_said();
	announcer_moved(&w->brokers[0], 1);
	play(w, 1000);
	need_answered_at_once("b1: CAN-PUSH from b0", "b1: says SEEN announcement to b0", 1);
	serves_unhang(w);
	need(play_end(w, &e, 2000) && e.success);
	/* While it waits for a failed one to time out. */
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
	/* Every device of the buddy was asked, one of them has it, the others were told never mind. */
	need(said("b0: says CAN-PUSH") == 3);
	need(said("receive-pack 'project' of b0: started") == 1);
	need(said("b0: says STARTING-PUSH") == 1);
	need(said("b0: says WITHDRAW served") == 2);
	/* With nothing to gain, seen is said and nothing starts. */
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
	/* Kept, not consumed by the push that runs, whose bytes are what they were. */
	need(!second.over && !big.over);
	need(play_end(w, &big, 10000) && big.success);
	need(play_end(w, &second, 1000) && second.success);
	play(w, 1000);
	need(said("b1: hears that 'notes' of b0") == 1);
	stage_close(w);
}

#define ID "id=0123456789abcdef01234567\0"
#define SAY(w, from, to, type, fields) say_record(w, from, to, type, ID fields, sizeof(ID fields) - 1)

static void s7_a_duplicate_has_no_effect(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;
	char fields[128];
	size_t n;

	/* An offer that is wanted twice is started once. */
	push_big(w, 0, 1, &e);
	n = snprintf(fields, sizeof(fields), "id=%s%cshare=project%cservice=receive-pack%c", serving(w, 1, 0)->id, 0, 0, 0);
	say_record(w, 1, 0, RECORD_PUSH_REQUEST, fields, n);
	need(play_end(w, &e, 10000) && e.success);
	need(said("b0: says STARTING-PUSH to b1") == 1);
	play(w, 1000);
	/* And every word of a pusher said twice: answered alike, and there is one. */
	forget_said();
	make_puppet(w, 0);
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=project\0");
	SAY(w, 0, 1, RECORD_CAN_PUSH, "share=project\0");
	play(w, 100);
	need(said("b1: says PUSH-REQUEST to b0") == 2);
	need(peer_find(&w->brokers[1], &w->brokers[0])->negotiations.count == 1);
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

	/* The server saw it go. */
	push_stuck(w, 0, 1, &e);
	kill_process(w, 1, true);
	need(play_end(w, &e, 10000) && !e.success);
	arrive(w, 1);
	play(w, 4000);
	/* Nobody saw it go, and it is back: presence shows another process. */
	push_big(w, 0, 1, &e);
	kill_process(w, 1, false);
	play(w, 1000);
	at = w->now;
	arrive(w, 1);
	need(play_end(w, &e, 1000) && e.at >= at);
	play(w, 4000);
	/* Silence: the path is given up by its own pings, in seconds. */
	push_stuck(w, 0, 1, &e);
	forget_said();
	at = w->now;
	lose_path(w, 0, 1, true);
	need(play_until(w, "b0: link with b1 waits for a path", LINK_PING_BUSY + LINK_PING_TIMEOUT + 1000));
	need(play_until(w, "b0: link with b1 is up again", 5000));
	/* A slow process is not death. */
	play(w, 4 * LONG);
	need(!e.over);
	serves_unhang(w);
	need(play_end(w, &e, 1000) && e.success);
	stage_close(w);
}

/* The ways out of a push, each with what is there of it. */
static void out_killed_early(struct world *w)
{
	struct ending e;
	struct helper *h = push(w, 0, 1, &e);

	need(play_until(w, "b0: says STARTING-PUSH", 1000));
	helper_kill(h, "cancelled");
}

static void out_killed_in_mid_pack(struct world *w)
{
	struct ending e;

	helper_kill(push_big(w, 0, 1, &e), "cancelled");
}

static void out_killed_while_deferred(struct world *w)
{
	struct ending stuck, e;
	struct helper *h;

	push_stuck(w, 0, 1, &stuck);
	h = push(w, 0, 1, &e);
	need(play_until(w, "b1: says SEEN deferred", 1000));
	helper_kill(h, "cancelled");
	serves_unhang(w);
	need(play_end(w, &stuck, 1000));
}

static void out_refused(struct world *w)
{
	struct ending e;

	w->brokers[1].may_push[0][0] = false;
	push(w, 0, 1, &e);
	need(play_end(w, &e, 1000) && !strcmp(e.because, "push-denied"));
	w->brokers[1].may_push[0][0] = true;
}

static void out_broken(struct world *w)
{
	struct ending e;

	w->swarm.child_fails = 1000;
	push(w, 0, 1, &e);
	need(play_end(w, &e, 1000) && !strcmp(e.because, "broken"));
	w->swarm.child_fails = 0;
}

static void out_service_dies(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	serve_die(serving(w, 1, 0));
	need(play_end(w, &e, 2000) && !e.success);
}

static void out_service_hangs(struct world *w)
{
	struct ending e;

	w->swarm.child_hangs = 1000;
	push(w, 0, 1, &e);
	need(play_end(w, &e, LONG) && !strcmp(e.because, "timeout"));
	w->swarm.child_hangs = 0;
}

static void out_buddy_crashes(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	kill_process(w, 1, true);
	arrive(w, 1);
	need(play_end(w, &e, 5000) && !e.success);
}

static void out_we_crash(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	kill_process(w, 0, true);
	need(e.over);
	arrive(w, 0);
}

static void out_link_ends(struct world *w)
{
	struct ending e;

	push_big(w, 0, 1, &e);
	peer_end(peer_find(&w->brokers[1], &w->brokers[0]), "stopped");
	paths_flush(w);
	need(play_end(w, &e, 2000) && !e.success);
}

static void s9_clean_up_runs_on_every_way_out(void)
{
	static void (*const outs[])(struct world *w) = {
		out_killed_early, out_killed_in_mid_pack, out_killed_while_deferred, out_refused, out_broken,
		out_service_dies, out_service_hangs, out_buddy_crashes, out_we_crash, out_link_ends,
	};
	struct world *w = stage_open(2, 1);

	for (size_t i = 0; i < sizeof(outs) / sizeof(*outs); i++) {
		forget_said();
		outs[i](w);
		play(w, 4000);
		need(at_rest(w, 0, 1));
		need(!w->brokers[0].children && !w->brokers[1].children);
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

	/* Refs move, and a user pushes, before anything is known of anybody. */
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
	/* Presence that is repeated is no news. */
	for (unsigned i = 0; i < 5; i++)
		repeat_presence(w);
	play(w, 5000);
	need(said("b0: says CAN-PUSH to b1") == 1);
	/* One that has not seen it; and one that has forgotten it. */
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
		need(announce_waiting(w->brokers[0].announcements) <= 1);
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

	/* Those who are not refused all have their turn. */
	push_stuck(w, 0, 1, &stuck);
	for (unsigned i = 0; i < 100; i++)
		push(w, 0, 1, &e[i]);
	play(w, 1000);
	serves_unhang(w);
	for (unsigned i = 0; i < 100; i++) {
		need(play_end(w, &e[i], 20000));
		done += e[i].success;
		busy += !strcmp(e[i].because, "busy");
	}
	need(done + busy == 100 && done == NEGOTIATIONS_PER_DEVICE - 1);
	play(w, 1000);
	/* Whatever else is sent, not more is kept. */
	make_puppet(w, 0);
	forget_said();
	for (unsigned i = 0; i < 200; i++) {
		char id[128];
		size_t n = snprintf(id, sizeof(id), "id=%024x%cshare=project%c", i + 1, 0, 0);

		say_record(w, 0, 1, RECORD_CAN_PUSH, id, n);
	}
	play(w, 1000);
	need(peer_find(&w->brokers[1], &w->brokers[0])->negotiations.count == NEGOTIATIONS_PER_DEVICE);
	need(said("b1: says REFUSE busy to b0") == 200 - NEGOTIATIONS_PER_DEVICE);
	stage_close(w);
}

/* R: why the origin failed */

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
	/* Every byte once, in order: the streams prove themselves. */
	need(play_end(w, &e, 20000) && e.success);
	need(at_rest(w, 0, 1));
	stage_close(w);
}

static void r2_errors_and_absence_end_a_push(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;
	uint64_t at;

	push_stuck(w, 0, 1, &e);
	at = w->now;
	/* A block bounces: another path is made at once. */
	lose_path(w, 0, 1, false);
	need(play_until(w, "b0: link with b1 is up again", 2000));
	need(said_at("waits for a path") < at + 1000);
	/* It is unavailable, and says nothing any more. */
	depart(w, 1);
	need(play_end(w, &e, 15000) && !e.success);
	need(play_until(w, "link with b1 ended: offline", 1));
	stage_close(w);
}

static void r3_the_senders_death_is_told(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	helper_kill(push_big(w, 0, 1, &e), "cancelled");
	paths_flush(w);
	play(w, 1000);
	need(!w->brokers[1].children && at_rest(w, 0, 1));
	/* The receiver's death as well. */
	out_service_dies(w);
	play(w, 100);
	need(at_rest(w, 0, 1));
	/* And one before there was anything: starting-push has gone out, and no byte ever follows. */
	out_killed_early(w);
	play(w, 1000);
	need(!w->brokers[1].children && at_rest(w, 0, 1));
	stage_close(w);
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
	fetch(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "not-shared"));
	w->brokers[1].may_fetch[0][0] = true;
	push(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "push-denied"));
	w->brokers[1].may_push[0][0] = true;
	w->brokers[1].children += CHILDREN_MAX;
	push(w, 0, 1, &e);
	need(play_end(w, &e, 100) && !strcmp(e.because, "busy"));
	w->brokers[1].children -= CHILDREN_MAX;
	/* A sender that is gone when its turn comes costs the next one nothing. */
	out_killed_while_deferred(w);
	need(push_works(w, 0, 1));
	stage_close(w);
}

/* A record of a channel: its number, and what follows. */
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
	channel = channel_number(serving(w, 1, 0)->channel);
	serves_unhang(w);
	need(play_end(w, &first, 1000) && first.success);
	push_big(w, 0, 1, &second);
	/* Of the first one: data, its end, its status, and every word of its negotiation. */
	say_channel(w, RECORD_DATA, channel, 0xdeadbeef);
	say_channel(w, RECORD_END, channel, 0);
	say_channel(w, RECORD_EXIT, channel, 1);
	n = snprintf(fields, sizeof(fields), "id=%s%cshare=project%creason=ended%cchannel=%u%c", id, 0, 0, 0, channel, 0);
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
	/* Of those, one follows the share: one fetch, and no process anywhere else. */
	need(said(": started") == 1);
	need(said("b0: upload-pack 'project' of b1: started") == 1);
	/* Away and back, and still the same process: it knows. */
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

	/* A throttled server: 2 KiB in flight, of more than a megabyte that waits. */
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

	/* Who reads slowly stops the sender; not a byte is lost, and no more than the credit is kept. */
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
	for (struct serve *s = w->brokers[1].serves; s; s = s->next)
		s->hangs = true;
	forget_said();
	play(w, 10 * LONG);
	need(!e.over && !f.over);
	/* The path is alive meanwhile. */
	need(!said("waits for a path"));
	serves_unhang(w);
	need(play_end(w, &e, 2000) && e.success && play_end(w, &f, 2000) && f.success);
	stage_close(w);
}

static void r12_one_bad_peer_blocks_nobody(void)
{
	struct world *w = stage_open(4, 3);
	struct ending out, in, silent;

	/* One whose receive-pack hangs, one whose push hangs here, one that is dead and nobody knows. */
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

	/* A device that falls silent before it answers, and does not come back. */
	need(push_works(w, 0, 1));
	push(w, 0, 1, &e);
	kill_process(w, 1, false);
	need(play_end(w, &e, LONG) && !e.success);
	need(at_rest(w, 0, 1) || !w->brokers[1].running);
	arrive(w, 1);
	play(w, 4000);
	/* One that is deferred, and whose turn never comes because the device is gone. */
	push_stuck(w, 0, 1, &e);
	push(w, 0, 1, &deferred);
	play(w, 1000);
	kill_process(w, 1, false);
	need(play_end(w, &deferred, LONG) && !deferred.success);
	need(play_end(w, &e, 2 * LONG) && !e.success);
	stage_close(w);
}

static void r14_failure_is_told_and_tried_again(void)
{
	struct world *w = stage_open(2, 1);
	struct ending e;

	/* What receive-pack ended with is what the pusher hears. */
	push_big(w, 0, 1, &e);
	serve_die(serving(w, 1, 0));
	need(play_end(w, &e, 2000) && !e.success);
	play(w, 100);
	/* Also when the link is lost after everything was sent. */
	push_stuck(w, 0, 1, &e);
	depart(w, 1);
	need(play_until(w, "a push to b1 is lost: offline", 20000));
	arrive(w, 1);
	need(play_until(w, "b1: a push of b0 goes on without a link", 5000));
	play(w, 5000);
	need(said("b1: says OUTCOME running to b0") > 1 && !e.over);
	serves_unhang(w);
	need(play_end(w, &e, 5000) && e.success);
	/* A fetch that fails in the background is made again without anybody's doing. */
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
	/* A receive-pack that brings the same refs anew is not mistaken for what was fetched. */
	need(push_works(w, 0, 1));
	announcer_moved(&w->brokers[0], 0);
	play(w, 5000);
	need(w->brokers[1].fetched[0][0] == 2);
	/* A push moves them, too: the pusher, who has every object of it, still hears of it. */
	forget_said();
	need(push_works(w, 0, 1));
	play(w, 5000);
	need(said("b0: hears that 'project' of b1") == 1);
	stage_close(w);
}

static const struct {
	const char *name;
	void (*scenario)(void);
} rows[] = {
	{ "S1: no message of one client is lost while a push with another one runs", s1_other_client_while_push_runs },
	{ "S2: a second push of the same kind is deferred, and starts when the first ends", s2_second_push_is_deferred },
	{ "S3: nothing stalls: every state has a timer and a sign of life, and the reason is told",
	  s3_every_state_has_a_timer },
	{ "S4: can-push is answered at once while a receive-pack of our own runs, hangs or fails",
	  s4_can_push_is_answered_at_once },
	{ "S5: every device is asked, the interested one gets it; with nothing to gain it is only seen",
	  s5_who_wants_it_gets_it },
	{ "S6: an initiation that comes while a push runs is kept, apart from its data",
	  s6_initiations_wait_beside_the_data },
	{ "S7: a request that comes twice has one effect", s7_a_duplicate_has_no_effect },
	{ "S8: a dead peer is noticed within seconds, a slow process is not death",
	  s8_death_is_noticed_and_slowness_is_none },
	{ "S9: clean-up runs once on every way out, and the next push works", s9_clean_up_runs_on_every_way_out },
	{ "S10: what is begun before presence is known waits for it", s10_initiations_wait_for_presence },
	{ "S11: each device is told once, when it appears", s11_told_when_it_appears },
	{ "S12: only initiations are kept, and the newest replaces older ones", s12_the_newest_replaces_older },
	{ "S13: both sides push at once, 100 times, and no wait reaches a timer", s13_both_push_at_once },
	{ "S14: what is deferred is bounded, and those within the bound have their turn",
	  s14_what_is_deferred_is_bounded },
	{ "R1: what a lost path took with it is sent again, once", r1_what_is_lost_is_sent_again },
	{ "R2: errors and absence end or move a push within seconds", r2_errors_and_absence_end_a_push },
	{ "R3: the death of a sender is told to the receiver, and the other way", r3_the_senders_death_is_told },
	{ "R4: no is an answer: unknown, forbidden, busy, each with its reason", r4_no_is_an_answer },
	{ "R5: nothing late of one push reaches the next one", r5_nothing_late_reaches_the_next_push },
	{ "R6: one move of refs is one can-push to each device and one fetch by who follows",
	  r6_one_move_is_one_word_to_each },
	{ "R8: control goes before data when the server is slow", r8_control_goes_before_data },
	{ "R9: a slow reader stops the sender, and nothing is thrown away", r9_nothing_is_thrown_away },
	{ "R10: a push goes on when its device comes back under another resource",
	  r10_a_new_resource_is_the_same_device },
	{ "R11: twenty minutes of legal silence are not taken for death", r11_legal_silence_is_no_death },
	{ "R12: one bad peer blocks nobody else, in either direction", r12_one_bad_peer_blocks_nobody },
	{ "R13: no push takes for ever, wherever the device falls silent", r13_nothing_takes_for_ever },
	{ "R14: a failure is told as it was, and what runs in the background is tried again",
	  r14_failure_is_told_and_tried_again },
	{ "R15: it is refs that are compared, not objects", r15_refs_are_compared_not_objects },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *wrong;

		if (argc > 1 && strncmp(rows[i].name, argv[1], strlen(argv[1])))
			continue;
		wrong = perform(rows[i].scenario);
		if (!ok(!wrong, "%s", rows[i].name))
			printf("# %s\n", wrong), fflush(stdout);
	}
	return tap_done();
}
