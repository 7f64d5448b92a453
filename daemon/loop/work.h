/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WORK_H
#define DAEMON_WORK_H

#include <uv.h>

/*
 * Calls run in libuv's thread pool, and done in the loop after it, always: a caller that
 * waits for done has no other way to go on. libuv refuses only a request without a
 * function; that ends the program, as a lack of memory does.
 */
void work_start(uv_loop_t *loop, uv_work_t *work, uv_work_cb run, uv_after_work_cb done);

#endif
