/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user may have said how long to wait for a buddy who is away. What fails because they, their
 * server or ours are not there is then no failure yet: the session looks again when the account
 * or a presence changes, and now and then, because not every return is announced.
 */
#include <stdlib.h>

#include "alloc.h"
#include "context.h"
#include "session-internal.h"

enum { RETRY = 15000 };	/* ms */

/* Whether this may be over by itself. */
static bool is_absence(enum message_id id)
{
	switch (id) {
	case MSG_NOT_ONLINE:
	case MSG_SERVER_UNREACHABLE:
	case MSG_BUDDY_OFFLINE:
	case MSG_BUDDY_UNSEEN:
	case MSG_BUDDY_NO_GIT:
	case MSG_SHARE_AWAY:
	case MSG_TIMEOUT:
	case MSG_CANNOT_REACH:
	case MSG_NO_PATH:
		return true;
	default:
		return false;
	}
}

static void tell(struct session *s, const struct message *m)
{
	char *text = xasprintf("%s; waiting", m->text);

	session_note(s, "progress", text);
	free(text);
}

bool session_waits_on(struct session *s, const struct message *m)
{
	uint64_t now = context_now(s->all->context), again = now + RETRY;

	if ((s->state != SESSION_WAITING && s->state != SESSION_ASKING) || now >= s->wait_until ||
	    !is_absence(m->id))
		return false;
	service_request_destroy(s->request);
	s->request = NULL;
	s->refusal = NULL;
	s->path_until = 0;
	if (s->state == SESSION_ASKING)
		session_enter(s, SESSION_WAITING, message_name(m->id));
	tell(s, m);
	/* What wakes the session meanwhile does not put the next look off. */
	if (!s->patient)
		timer_set(&s->timer, again < s->wait_until ? again : s->wait_until);
	s->patient = true;
	return true;
}

void session_look_afresh(struct session *s)
{
	s->patient = false;
	s->looks = s->restarts = 0;
	session_look(s);
}
