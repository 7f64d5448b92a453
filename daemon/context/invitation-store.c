/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitation-store.h"

#include "state-files.h"

void invitation_store_remember(const struct context *c, struct buf *before)
{
	before->secret = true;
	invitations_write(c->invitations, before);
}

int invitation_store_keep(const struct identity *id, struct context *c, struct buf *before,
			  struct message *trouble)
{
	int result = -1;

	if (*id->account)
		result = state_files_write_invitations(id->account, c->invitations, trouble);
	else
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (result) {
		invitations_destroy(c->invitations);
		c->invitations = invitations_create(c->digests->hmac);
		invitations_parse(c->invitations, buf_str(before), buf_len(before));
	}
	buf_finish(before);
	return result;
}
