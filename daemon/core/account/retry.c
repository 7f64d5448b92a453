/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "retry.h"

#include "backoff.h"

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HURRIES = 5,
	HURRY_EVERY = MINUTE,
};

static const struct {
	unsigned first, max;	/* ms */
} pauses[] = {
	[RETRY_MACHINE] = { SECOND, 30 * SECOND },
	[RETRY_SERVER] = { SECOND, 30 * SECOND },
	[RETRY_CERTIFICATE] = { SECOND, 30 * SECOND },
	[RETRY_ACCOUNT] = { MINUTE, 30 * MINUTE },
	[RETRY_PLACE] = { 10 * SECOND, 30 * MINUTE },
};

void retry_init(struct retry *r, uint32_t seed)
{
	*r = (struct retry){ .random = seed };
}

uint64_t retry_pause(struct retry *r, enum retry_cause cause)
{
	if (r->cause != cause)
		r->pause = 0;
	r->cause = cause;
	return backoff_next(&r->pause, pauses[cause].first, pauses[cause].max, &r->random);
}

void retry_reset(struct retry *r)
{
	r->pause = 0;
}

bool retry_may_hurry(struct retry *r, uint64_t now)
{
	uint64_t minutes = now > r->forgotten_at ? (now - r->forgotten_at) / HURRY_EVERY : 0;

	if (minutes >= r->hurried) {
		r->hurried = 0;
		r->forgotten_at = now;
	} else {
		r->hurried -= (unsigned)minutes;
		r->forgotten_at += minutes * HURRY_EVERY;
	}
	if (r->hurried >= HURRIES)
		return false;
	r->hurried++;
	return true;
}
