/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "meter.h"

/* Makes the period that contains now the present one. */
static void roll(struct meter *m, uint64_t now)
{
	uint64_t periods = (now - m->since) / METER_PERIOD;

	if (!periods)
		return;
	m->before = periods == 1 ? m->bytes : 0;
	m->bytes = 0;
	m->since += periods * METER_PERIOD;
}

void meter_add(struct meter *m, uint64_t bytes, uint64_t now)
{
	if (!m->since)
		m->since = m->first = now;
	roll(m, now);
	m->bytes += bytes;
}

uint64_t meter_rate(const struct meter *m, uint64_t now)
{
	struct meter at = *m;
	uint64_t span;

	if (!m->since)
		return 0;
	roll(&at, now);
	span = METER_PERIOD + now - at.since;
	/*
	 * The time before the first byte does not count: it would make a new transfer look
	 * slow.
	 */
	if (span > now - at.first)
		span = now - at.first;
	if (span < METER_PERIOD / 4)
		span = METER_PERIOD / 4;
	return (at.before + at.bytes) * 1000 / span;
}
