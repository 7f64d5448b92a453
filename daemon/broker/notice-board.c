/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Most notices are derived: from requests, pending devices, failed pushes. Whatever may change
 * one of these only says so, with notice_board_look(); all are looked through a moment later,
 * once for all changes of that moment.
 */
#include "notice-board.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "broker.h"
#include "granting.h"
#include "groups.h"
#include "hex.h"
#include "log.h"
#include "notices.h"
#include "notify-command.h"
#include "push-queue.h"
#include "state-files.h"

enum {
	LOOK_PAUSE = 100, /* ms from a change to the review */
	SAVE_PAUSE = 500, /* ms from a change of the table to its writing */
};

/*
 * The address of which the pending device d is a trusted one, or NULL: its owner has moved.
 * TLS has proven the key, and HELLO both addresses. What the owner means is for the user to
 * find out: a thief of the key could say the same from an address of theirs.
 */
static const char *moved_from(const struct broker *b, const struct trusted_device *d)
{
	const struct trust *t = b->context.trust;

	if (context_is_self(&b->context, d->jid))
		return NULL;
	for (const struct trusted_device *old = trust_first(t); old; old = old->next)
		if (trust_allows(old->state) && !memcmp(old->fp, d->fp, FINGERPRINT_BYTES) &&
		    trust_may_move(t, old->jid, d->jid) == TRUST_MOVED)
			return old->jid;
	return NULL;
}

static void review_devices(struct broker *b)
{
	char hex[2 * FINGERPRINT_BYTES + 1];
	const char *other;

	for (const struct trusted_device *d = trust_first(b->context.trust); d; d = d->next) {
		if (d->state != TRUST_PENDING)
			continue;
		other = moved_from(b, d);
		if (other) {
			notices_add(b->context.notices, NOTICE_MOVED, d->jid, other, NULL);
			continue;
		}
		hex_encode(d->fp, FINGERPRINT_BYTES, hex);
		notices_add(b->context.notices,
			    context_is_self(&b->context, d->jid) ? NOTICE_OWN_DEVICE
								 : NOTICE_DEVICE,
			    d->jid, hex, NULL);
	}
}

static void review_queue(struct broker *b)
{
	for (const struct queue_entry *e = push_queue_first(b->push_queue); e; e = e->next) {
		char *detail;

		if (e->state != QUEUE_FAILED)
			continue;
		detail = xasprintf("%s, has failed: %s", e->share, e->error ? e->error : "refused");
		notices_add(b->context.notices, NOTICE_QUEUE_FAILED, e->jid, e->id, detail);
		free(detail);
	}
}

static void add_waiting(void *arg, const char *group, const char *jid)
{
	const struct broker *b = arg;

	notices_add(b->context.notices, NOTICE_GROUP_WIDENED, jid, group, NULL);
}

static void review_roster(struct broker *b)
{
	unsigned lost = 0;
	char *count;

	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next)
		lost += p->since[MARK_LOST] != 0;
	if (!lost)
		return;
	count = xasprintf("%u", lost);
	notices_add(b->context.notices, NOTICE_ROSTER_EMPTIED, "", NULL, count);
	free(count);
}

/*
 * The requests of the last login, before this one has said who is a buddy: they are added again,
 * so that the review does not end them.
 */
static void keep_requests(struct notices *n)
{
	for (struct notice *at = notices_next(n, NULL); at; at = notices_next(n, at))
		if (at->kind == NOTICE_WANTS)
			notices_keep(n, at);
}

void notice_board_requests(struct broker *b)
{
	struct notices *n = b->context.notices;

	for (struct notice *at = notices_next(n, NULL); at; at = notices_next(n, at))
		if (at->kind == NOTICE_WANTS && !context_blocks(&b->context, at->jid))
			presence_pending_in(b->context.presence, at->jid);
}

void notice_board_review(struct broker *b)
{
	struct notices *n = b->context.notices;

	if (b->context.stopping)
		return;
	notices_review(n);
	if (!b->context.roster_known)
		keep_requests(n);
	if (b->twin_since)
		notices_add(n, NOTICE_COPIED, b->context.jid, NULL, NULL);
	for (const struct buddy *buddy = presence_buddies(b->context.presence); buddy;
	     buddy = buddy->next)
		if (context_asks_user(&b->context, buddy))
			notices_add(n, NOTICE_WANTS, buddy->jid, NULL, NULL);
	review_devices(b);
	review_queue(b);
	groups_waiting(b, add_waiting, b);
	review_roster(b);
	notices_reviewed(n);
}

static void on_look(void *owner)
{
	notice_board_review(owner);
}

void notice_board_look(struct broker *b)
{
	if (!b->context.stopping)
		timer_set(&b->notice_board.look, context_now(&b->context) + LOOK_PAUSE);
}

/* The file */

static void save(struct broker *b)
{
	struct notice_board *board = &b->notice_board;
	struct message trouble;

	timer_stop(&board->save);
	if (!board->account)
		return;
	if (!state_files_write_notices(board->account, b->context.notices, &trouble)) {
		board->unwritten = false;
		return;
	}
	if (!board->unwritten)
		log_error("%s", trouble.text);
	board->unwritten = true;
}

static void on_save(void *owner)
{
	save(owner);
}

static void on_changed(void *owner)
{
	struct broker *b = owner;

	if (b->context.stopping)
		return;
	if (!timer_is_set(&b->notice_board.save))
		timer_set(&b->notice_board.save, context_now(&b->context) + SAVE_PAUSE);
	notifier_wake(&b->notice_board.notifier);
}

static const struct notices_events notices_events = { .changed = on_changed };

/* The user's command */

static void on_command_over(void *owner)
{
	struct broker *b = owner;

	b->notice_board.command = NULL;
	notifier_ended(&b->notice_board.notifier);
}

/* Like notice_line(). Where there are several accounts, each line says which it is about. */
static char *line_of(const struct broker *b, const struct notice *notice, unsigned more)
{
	return notice_line(notice, b->shared->several ? b->configured : NULL, more);
}

static bool on_run(void *owner, const struct notice *notice, unsigned more)
{
	struct broker *b = owner;
	char *line;

	if (b->context.stopping || !b->config->notify_command)
		return false;
	line = line_of(b, notice, more);
	b->notice_board.command = notify_command_start(
		b->loop, b->config->notify_command,
		&(struct notify_about){
			.kind = notice_name(notice->kind), .jid = notice->jid, .line = line },
		on_command_over, b);
	free(line);
	return true;
}

static const struct notifier_ops notifier_ops = { .run = on_run };

/* Lines for a client */

static void send_line(struct conn *conn, char *line)
{
	conn_send_note(conn, "notice", line);
	free(line);
}

static bool is_unsaid(const struct notice *notice, const char *jid)
{
	return !notice->said && !(jid && !strcmp(notice->jid, jid));
}

static unsigned count_unsaid(struct notices *n, const char *jid)
{
	unsigned count = 0;

	for (struct notice *at = notices_next(n, NULL); at; at = notices_next(n, at))
		count += is_unsaid(at, jid);
	return count;
}

void notice_board_say(struct broker *b, struct conn *conn, const char *jid)
{
	struct notices *n = b->context.notices;
	unsigned left, lines = 0;

	notice_board_review(b);
	left = count_unsaid(n, jid);
	for (struct notice *at = notices_next(n, NULL); at; at = notices_next(n, at)) {
		if (!is_unsaid(at, jid))
			continue;
		left--;
		lines++;
		/* The last line stands for all that follow it. */
		if (lines <= NOTICE_LINES_MAX)
			send_line(conn, line_of(b, at, lines == NOTICE_LINES_MAX ? left : 0));
		notices_said(n, at);
	}
}

void notice_board_shown(struct broker *b)
{
	struct notices *n = b->context.notices;

	for (struct notice *at = notices_next(n, NULL); at; at = notices_next(n, at))
		notices_said(n, at);
}

/* Life */

void notice_board_identify(struct broker *b)
{
	struct notice_board *board = &b->notice_board;
	const char *account = *b->identity.account ? b->identity.account : NULL;
	struct message trouble;

	if (account && board->account && !strcmp(account, board->account))
		return;
	if (timer_is_set(&board->save))
		save(b);
	notices_clear(b->context.notices);
	free(board->account);
	board->account = xstrdup(account);
	if (account && state_files_read_notices(account, b->context.notices, &trouble))
		log_error("%s", trouble.text);
	grantings_read(b);
	notice_board_look(b);
}

void notice_board_begin(struct broker *b)
{
	struct notice_board *board = &b->notice_board;

	timer_init(&board->look, &b->context.timers, on_look, b);
	timer_init(&board->save, &b->context.timers, on_save, b);
	notifier_init(&board->notifier, &b->context, &notifier_ops, b);
	b->context.notices = notices_create(&b->context, &notices_events, b);
	notice_board_identify(b);
}

void notice_board_stop(struct broker *b)
{
	struct notice_board *board = &b->notice_board;

	if (!b->context.notices)
		return;
	if (timer_is_set(&board->save))
		save(b);
	timer_stop(&board->look);
	notifier_finish(&board->notifier);
	notify_command_destroy(board->command);
	board->command = NULL;
}

void notice_board_finish(struct broker *b)
{
	notices_destroy(b->context.notices);
	b->context.notices = NULL;
	free(b->notice_board.account);
	b->notice_board.account = NULL;
}
