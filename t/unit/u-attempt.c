/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include "alloc.h"
#include "tap.h"

int main(void)
{
	static const struct {
		enum message_id trouble;
		int status;
		enum queue_outcome outcome;
		const char *what;
	} rows[] = {
		{ MSG_NONE, 0, QUEUE_DELIVERED, "git says that it is done" },
		{ MSG_STREAM_LOST, 0, QUEUE_DELIVERED, "whatever else there was" },
		{ MSG_NONE, 1, QUEUE_REFUSED, "a ref was refused, or a hook said no" },
		{ MSG_NONE, 128, QUEUE_REFUSED, "git died of something here" },
		{ MSG_BUDDY_OFFLINE, 128, QUEUE_UNREACHABLE, "the buddy has gone" },
		{ MSG_STREAM_LOST, 1, QUEUE_UNREACHABLE, "the connection was lost" },
		{ MSG_PUSH_UNKNOWN, 128, QUEUE_UNREACHABLE, "and nobody knows what became of it" },
		{ MSG_BUSY, 128, QUEUE_UNREACHABLE, "they have no place" },
		{ MSG_NOT_TRUSTED_THERE, 128, QUEUE_UNREACHABLE, "they have yet to compare" },
		{ MSG_SERVER_UNREACHABLE, 128, QUEUE_UNREACHABLE, "our server is away" },
		{ MSG_BROKER_VERSION, 128, QUEUE_UNREACHABLE, "another version was installed" },
		{ MSG_SHARE_AWAY, 128, QUEUE_UNREACHABLE, "a device that may have it is away" },
		{ MSG_NOT_SHARED, 128, QUEUE_REFUSED, "it is not shared" },
		{ MSG_PUSH_DENIED, 128, QUEUE_REFUSED, "or not for pushes" },
		{ MSG_BAD_URL, 128, QUEUE_REFUSED, "the address is none" },
		{ MSG_OWN_ACCOUNT, 128, QUEUE_REFUSED, "or our own" },
		{ MSG_NOT_BUDDY, 128, QUEUE_REFUSED, "or a stranger's" },
		{ MSG_NO_LONGER_BUDDY, 128, QUEUE_REFUSED, "or of somebody who was a buddy" },
		{ MSG_REMOVED, 128, QUEUE_REFUSED, "they have removed us" },
		{ MSG_BLOCKED, 128, QUEUE_REFUSED, "we have blocked them" },
		{ MSG_ENDED_HERE, 128, QUEUE_REFUSED, "our user has ended it" },
		{ MSG_ENDED_THERE, 128, QUEUE_REFUSED, "or theirs" },
		{ MSG_NONE, -1, QUEUE_UNREACHABLE, "git was killed" },
	};
	struct attempt gone = { .no_place = true };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct attempt a = { .trouble = rows[i].trouble };

		is_int(attempt_outcome(&a, rows[i].status), rows[i].outcome, rows[i].what);
	}
	is_int(attempt_outcome(&gone, -1), QUEUE_REFUSED, "the repository is gone");
	return tap_done();
}
