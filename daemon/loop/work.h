/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WORK_H
#define DAEMON_WORK_H

#include <uv.h>

/*
 * Has run called in libuv's pool, and done in the loop after it, always: what waits for done has
 * no other way to go on. libuv refuses only what has no function to run; that ends the program, as
 * a lack of memory does.
 */
void work_start(uv_loop_t *loop, uv_work_t *work, uv_work_cb run, uv_after_work_cb done);

#endif
