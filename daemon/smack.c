/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smack.h"

/*
 * Anything heard is a sign of life: a transfer that keeps the line busy needs no
 * questions. Without one for SMACK_IDLE the server is asked, and without one for
 * SMACK_PATIENCE more it is given up.
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
	s->asked_at = 0;
	if (s->enabled && counted)
		s->handled++;
}

enum smack_verdict smack_check(struct smack *s, uint64_t now)
{
	if (now < smack_deadline(s))
		return SMACK_ALIVE;
	if (s->asked_at)
		return SMACK_DEAD;
	s->asked_at = now;
	return SMACK_ASK;
}

uint64_t smack_deadline(const struct smack *s)
{
	return s->asked_at ? s->asked_at + SMACK_PATIENCE : s->heard_at + SMACK_IDLE;
}
