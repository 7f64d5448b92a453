/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smack.h"

/*
 * Anything heard is a sign of life: a transfer that keeps the line busy needs no
 * questions. Without one for SMACK_IDLE the server is asked, and without one for
 * SMACK_PATIENCE more it is given up.
 *
 * The server's own questions are answered a little late. Prosody asks after each
 * stanza unless a question is unanswered: answered at once, that makes two
 * stanzas each way of every block of a transfer, and costs a third of its speed.
 */

void smack_begin(struct smack *s, uint64_t now)
{
	*s = (struct smack){ .heard_at = now };
}

void smack_enabled(struct smack *s)
{
	s->enabled = true;
	s->handled = 0;
}

void smack_heard(struct smack *s, bool counted, uint64_t now)
{
	s->heard_at = now;
	s->dead_at = 0;
	s->doubtful = false;
	if (s->enabled && counted)
		s->handled++;
}

void smack_requested(struct smack *s, uint64_t now)
{
	if (s->enabled && !s->owed_at)
		s->owed_at = now + SMACK_DELAY;
}

bool smack_doubt(struct smack *s, uint64_t now)
{
	bool ask = !s->dead_at;

	/* However often there is a reason, the end is not put off. */
	if (ask || s->dead_at > now + SMACK_DOUBT)
		s->dead_at = now + SMACK_DOUBT;
	s->doubtful = true;
	return ask;
}

static uint64_t life_deadline(const struct smack *s)
{
	return s->dead_at ? s->dead_at : s->heard_at + SMACK_IDLE;
}

enum smack_verdict smack_check(struct smack *s, uint64_t now)
{
	if (s->owed_at && now >= s->owed_at) {
		s->owed_at = 0;
		return SMACK_ANSWER;
	}
	if (now < life_deadline(s))
		return SMACK_ALIVE;
	if (s->dead_at) {
		/* Not to be found dead again before it is cut off. */
		s->dead_at = now + SMACK_PATIENCE;
		return SMACK_DEAD;
	}
	s->dead_at = now + SMACK_PATIENCE;
	return SMACK_ASK;
}

uint64_t smack_deadline(const struct smack *s)
{
	uint64_t life = life_deadline(s);

	return s->owed_at && s->owed_at < life ? s->owed_at : life;
}
