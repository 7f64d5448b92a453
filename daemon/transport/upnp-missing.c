/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upnp.h"

bool upnp_built_in(void)
{
	return false;
}

void upnp_run(struct upnp_task *task)
{
	task->result = (struct mapping_job_result){ .why = "not built in" };
}
