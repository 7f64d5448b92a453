/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "work.h"

#include <stdlib.h>

#include "log.h"

void work_start(uv_loop_t *loop, uv_work_t *work, uv_work_cb run, uv_after_work_cb done)
{
	int error = uv_queue_work(loop, work, run, done);

	if (error) {
		log_error("libuv takes no work: %s", uv_strerror(error));
		abort();
	}
}
