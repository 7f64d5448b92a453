/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "twin-watch.h"

#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "journal.h"
#include "log.h"

enum { PATIENCE = 15 * 1000 };	/* ms for the answer to a ping */

struct twin_question {
	struct broker *broker;		/* borrowed */
	char *full;			/* owned */
};

/*
 * Writes to the journal that the key was copied; once, until we are online again. False if
 * that was done already.
 */
static bool note(struct broker *b)
{
	struct message m;

	if (b->twin_since)
		return false;
	b->twin_since = (uint64_t)time(NULL);
	message_set(&m, MSG_COPIED, "jid", b->context.jid, NULL);
	journal_add(&(struct journal_event){
		.kind = "device",
		.jid = b->context.jid,
		.what = b->context.device,
		.result = "copied",
		.text = m.text,
		.account = b->configured,
	});
	notice_board_look(b);
	return true;
}

static void on_answer(void *arg, const char *error)
{
	struct twin_question *q = arg;
	struct broker *b = q->broker;

	if (error)
		log_info("%s carries our device, and is a ghost: %s", q->full, error);
	if (b->xmpp && account_jid(b->xmpp) && twins_answered(&b->twins, q->full, !error)) {
		if (note(b))
			log_warning("%s is another machine with the key of this one, and lives",
				    q->full);
		if (!twins_we_stay(b->context.device, account_jid(b->xmpp), q->full))
			account_yield(b->xmpp);
		else
			/*
			 * The twin may have asked while we were asleep and taken us for a
			 * ghost; our presence makes it ask again.
			 */
			account_available(b->xmpp, q->full, false);
	}
	free(q->full);
	free(q);
}

void twin_watch_seen(struct broker *b, const char *full)
{
	struct twin_question *q;

	if (!b->xmpp || !twins_seen(&b->twins, full))
		return;
	q = xcalloc(1, sizeof(*q));
	q->broker = b;
	q->full = xstrdup(full);
	if (!account_request(b->xmpp, full, "get", "<ping xmlns='urn:xmpp:ping'/>", PATIENCE,
			     on_answer, q))
		on_answer(q, "disconnected");
}

void twin_watch_gone(struct broker *b, const char *full)
{
	twins_gone(&b->twins, full);
}

void twin_watch_state(struct broker *b, enum account_state state, const struct message *trouble)
{
	if (state == ACCOUNT_FAILED && trouble && trouble->id == MSG_COPIED)
		note(b);
	if (state == ACCOUNT_OFFLINE || state == ACCOUNT_FAILED)
		twins_reset(&b->twins);
	else if (state == ACCOUNT_ONLINE)
		b->twin_since = 0;
}
