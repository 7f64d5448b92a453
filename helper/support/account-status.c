/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker tells its state only when it is asked. So waiting means asking again. */

#include "account-status.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "monotonic.h"

enum { ASK_AGAIN_MS = 100 };

static enum account_status state_of(struct fields row)
{
	static const struct {
		const char *name;
		enum account_status state;
	} states[] = {
		{ "online", ACCOUNT_STATUS_ONLINE },
		{ "connecting", ACCOUNT_STATUS_CONNECTING },
		{ "offline", ACCOUNT_STATUS_OFFLINE },
		{ "failed", ACCOUNT_STATUS_FAILED },
		{ "none", ACCOUNT_STATUS_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(row_get(row, "state"), states[i].name))
			return states[i].state;
	return ACCOUNT_STATUS_OFFLINE;
}

enum account_status account_status(const struct query *status, const char *name,
				   struct fields *row)
{
	*row = (struct fields){ .data = NULL };
	for (size_t i = 0; i < status->count; i++) {
		struct fields candidate = query_row(status, i);

		if (!row_is(candidate, "account") ||
		    (name && strcmp(row_get(candidate, "name"), name)))
			continue;
		*row = candidate;
		return state_of(candidate);
	}
	return ACCOUNT_STATUS_NONE;
}

int account_status_wait(struct query *answer, const char *name, int seconds,
			struct message *trouble)
{
	int64_t deadline = monotonic_ms() + (int64_t)seconds * 1000;
	struct fields row;

	for (;;) {
		int result = query_to(answer, "status", NULL, NULL, false, trouble);
		enum account_status state = account_status(answer, name, &row);

		if (result < 0 && trouble->id != MSG_BROKER_UNREACHABLE)
			return -1;
		if (result == 0 &&
		    (state == ACCOUNT_STATUS_ONLINE || state == ACCOUNT_STATUS_FAILED))
			return 0;
		if (monotonic_ms() >= deadline)
			return result;
		query_finish(answer);
		poll(NULL, 0, ASK_AGAIN_MS);
	}
}

void account_status_trouble(struct fields row, struct message *trouble)
{
	struct buf fields = { 0 };

	*trouble = (struct message){ .id = MSG_NONE };
	if (row.data && *row_get(row, "error")) {
		fields_add(&fields, "id", row_get(row, "error-id"));
		fields_add(&fields, "message", row_get(row, "error"));
		fields_add(&fields, "hint", fields_get(row, "hint"));
		message_from_fields(trouble,
				    (struct fields){ buf_data(&fields), buf_len(&fields) });
	}
	buf_finish(&fields);
}
