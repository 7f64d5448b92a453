/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream-management.h"

/*
 * Anything received is a sign of life, so a busy connection needs no questions. After
 * STREAM_MANAGEMENT_IDLE of silence the server is asked. After STREAM_MANAGEMENT_PATIENCE
 * more of silence the connection is given up.
 *
 * Both ask whether the server is heard. Whether it hears us only the kernel can tell, which says
 * nothing as long as it tries. After a network that carried nothing for 30 s it may wait as long
 * again before the next try, while all that the server has to say comes at once: whoever asks for
 * something then would be told that nobody answers. So the connection is given up, too.
 *
 * The server's own questions are answered a little late. Prosody asks after each stanza
 * unless a question is still open. Answering at once would add two stanzas each way to every
 * block of a transfer, and cost a third of its speed.
 */

enum { JUST_NOW = 100 }; /* ms; a turn of the loop takes less */

void stream_management_begin(struct stream_management *s, uint64_t now)
{
	*s = (struct stream_management){ .heard_at = now };
}

void stream_management_enabled(struct stream_management *s)
{
	s->enabled = true;
	s->handled = 0;
}

void stream_management_heard(struct stream_management *s, bool counted, uint64_t now)
{
	s->heard_at = now;
	s->dead_at = 0;
	s->doubtful = false;
	if (s->enabled && counted)
		s->handled++;
}

void stream_management_requested(struct stream_management *s, uint64_t now)
{
	if (s->enabled && !s->owed_at)
		s->owed_at = now + STREAM_MANAGEMENT_DELAY;
}

bool stream_management_doubt(struct stream_management *s, uint64_t now)
{
	bool ask = !s->dead_at;

	/* A further doubt does not put the deadline off. */
	if (ask || s->dead_at > now + STREAM_MANAGEMENT_DOUBT)
		s->dead_at = now + STREAM_MANAGEMENT_DOUBT;
	s->doubtful = true;
	return ask;
}

bool stream_management_just_heard(const struct stream_management *s, uint64_t now)
{
	return now - s->heard_at < JUST_NOW;
}

bool stream_management_unheard(const struct stream_management *s, uint64_t wait, uint64_t now)
{
	return wait > STREAM_MANAGEMENT_UNHEARD && stream_management_just_heard(s, now);
}

static uint64_t life_deadline(const struct stream_management *s)
{
	return s->dead_at ? s->dead_at : s->heard_at + STREAM_MANAGEMENT_IDLE;
}

enum stream_management_verdict stream_management_check(struct stream_management *s, uint64_t now)
{
	if (s->owed_at && now >= s->owed_at) {
		s->owed_at = 0;
		return STREAM_MANAGEMENT_ANSWER;
	}
	if (now < life_deadline(s))
		return STREAM_MANAGEMENT_ALIVE;
	if (s->dead_at) {
		/* Do not report it dead again before it is cut. */
		s->dead_at = now + STREAM_MANAGEMENT_PATIENCE;
		return STREAM_MANAGEMENT_DEAD;
	}
	s->dead_at = now + STREAM_MANAGEMENT_PATIENCE;
	return STREAM_MANAGEMENT_ASK;
}

uint64_t stream_management_deadline(const struct stream_management *s)
{
	uint64_t life = life_deadline(s);

	return s->owed_at && s->owed_at < life ? s->owed_at : life;
}
