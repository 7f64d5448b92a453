/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heap-trim.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { QUIET = 3000 };	/* ms after the last burst */

static void on_quiet(uv_timer_t *timer)
{
#ifdef __GLIBC__
	/* By itself glibc gives back only what lies at the very top of its heap. */
	malloc_trim(0);
#endif
}

void heap_trim_init(struct heap_trim *t, uv_loop_t *loop)
{
	uv_timer_init(loop, &t->timer);
}

void heap_trim_later(struct heap_trim *t)
{
	if (!uv_is_closing((uv_handle_t *)&t->timer))
		uv_timer_start(&t->timer, on_quiet, QUIET, 0);
}

void heap_trim_finish(struct heap_trim *t)
{
	uv_close((uv_handle_t *)&t->timer, NULL);
}
