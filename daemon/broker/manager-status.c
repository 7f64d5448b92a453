/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manager-status.h"

#include "buf.h"

void manager_status_tell(const struct service_manager *m, const struct manager_status *status)
{
	struct buf text = { 0 };

	buf_printf(&text, "STATUS=");
	if (!status->jid)
		buf_printf(&text, "no account");
	else if (status->online)
		buf_printf(&text, "online as %s", status->jid);
	else if (*status->trouble)
		buf_printf(&text, "not online: %s", status->trouble);
	else
		buf_printf(&text, "connecting");
	buf_printf(&text, ", %u share%s", status->shares, status->shares == 1 ? "" : "s");
	service_manager_notify(m, buf_str(&text));
	buf_finish(&text);
}
