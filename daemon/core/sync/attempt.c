/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include "alloc.h"

/* Whether the trouble stays, however long we wait. */
static bool is_final(enum message_id id)
{
	static const enum message_id final[] = {
		MSG_BAD_URL, MSG_BAD_TRANSPORT, MSG_BAD_SERVICE, MSG_OWN_ACCOUNT,
		MSG_NOT_BUDDY, MSG_NO_LONGER_BUDDY, MSG_REMOVED, MSG_BLOCKED, MSG_NOT_SHARED,
		MSG_DEVICE_WAITS, MSG_PUSH_DENIED, MSG_ENDED_HERE, MSG_ENDED_THERE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(final); i++)
		if (final[i] == id)
			return true;
	return false;
}

enum queue_outcome attempt_outcome(const struct attempt *a, int status)
{
	if (status == 0)
		return QUEUE_DELIVERED;
	if (a->no_place)
		return QUEUE_REFUSED;
	if (status < 0)
		return QUEUE_UNREACHABLE;
	return a->trouble == MSG_NONE || is_final(a->trouble) ? QUEUE_REFUSED : QUEUE_UNREACHABLE;
}
