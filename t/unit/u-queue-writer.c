/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-writer.h"

/* A disk that fails when it is told to, and what those who wait for it hear. */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "queuefile.h"
#include "tap.h"

static uv_loop_t loop;
static struct buf trace;
static const char *broken;	/* the entry whose file cannot be written or removed; NULL: none */

/* meson.build has these called instead. */
int __wrap_queuefile_write(const char *id, struct fields f, struct message *trouble);
int __wrap_queuefile_remove(const char *id, struct message *trouble);

static int act(const char *id, struct message *trouble)
{
	if (!broken || strcmp(broken, id))
		return 0;
	message_set(trouble, MSG_STATE_FILE, "path", id, "reason", "no room", NULL);
	return -1;
}

int __wrap_queuefile_write(const char *id, struct fields f, struct message *trouble)
{
	return act(id, trouble);
}

int __wrap_queuefile_remove(const char *id, struct message *trouble)
{
	return act(id, trouble);
}

static void on_idle(void *owner)
{
	buf_puts(&trace, "idle\n");
}

static const struct queue_writer_events events = { .idle = on_idle };

static void on_settled(void *owner, const struct message *trouble)
{
	buf_printf(&trace, "%s: %s\n", (const char *)owner, trouble ? trouble->text : "done");
}

static void expect(const char *text, const char *what)
{
	uv_run(&loop, UV_RUN_DEFAULT);
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

int main(void)
{
	static char a[] = "a", b[] = "b";
	struct fields f = { .data = "x=y", .len = 4 };
	struct queue_writer *disk;

	log_set_level(LOG_ERROR - 1);
	uv_loop_init(&loop);
	disk = queue_writer_create(&loop, &events, NULL);
	queue_writer_settle(disk, NULL, on_settled, a);
	is_str(buf_str(&trace), "a: done\n", "who waits for nothing hears at once");
	buf_reset(&trace);

	queue_writer_write(disk, "q1", f);
	queue_writer_settle(disk, "q1", on_settled, a);
	ok(queue_writer_busy(disk, "q1") && !queue_writer_busy(disk, "q2") && !buf_len(&trace),
	   "else when it is done");
	expect("a: done\nidle\n", "that it is");

	broken = "q2";
	queue_writer_write(disk, "q1", f);
	queue_writer_write(disk, "q2", f);
	queue_writer_settle(disk, "q1", on_settled, a);
	queue_writer_settle(disk, "q2", on_settled, b);
	expect("a: done\nb: cannot use 'q2': no room\nidle\n", "or why it is not");

	queue_writer_remove(disk, "q2");
	queue_writer_write(disk, "q3", f);
	queue_writer_settle(disk, NULL, on_settled, a);
	queue_writer_write(disk, "q4", f);
	expect("a: cannot use 'q2': no room\nidle\n", "who waits for all hears of any");

	queue_writer_write(disk, "q2", f);
	queue_writer_settle(disk, "q2", on_settled, a);
	queue_writer_settle(disk, "q2", on_settled, b);
	queue_writer_forget(disk, a);
	expect("b: cannot use 'q2': no room\nidle\n", "who is forgotten hears nothing");

	queue_writer_write(disk, "q1", f);
	queue_writer_settle(disk, "q1", on_settled, a);
	queue_writer_destroy(disk);
	expect("", "nor does anybody at the end");
	is_int(uv_loop_close(&loop), 0, "every handle is closed");
	uv_library_shutdown();
	buf_finish(&trace);
	return tap_done();
}
