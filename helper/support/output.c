/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All text from outside is escaped here before it reaches the terminal. */

#include "output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "answer.h"
#include "exit-status.h"
#include "json.h"
#include "text.h"

void report(const char *label, const char *fmt, ...)
{
	struct buf text = { 0 }, shown = { 0 };
	va_list ap;

	if (!strcmp(label, "hint") && !answer_keeps_hints() && !advice_wanted(MSG_NONE))
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	text_escape(&shown, buf_data(&text), buf_len(&text), false);
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", label, buf_str(&shown));
	buf_finish(&text);
	buf_finish(&shown);
}

/* The exit status of an error: STATUS_NO for a question that can be answered with no. */
static int status_of(enum message_id id)
{
	switch (id) {
	case MSG_NOT_BUDDY:
	case MSG_NO_SUCH_BUDDY:
	case MSG_NOT_ASKED:
	case MSG_NOT_BLOCKED:
	case MSG_NO_DEVICE_KNOWN:
	case MSG_NOT_SEEN:
	case MSG_NOT_SHOWN:
	case MSG_FINGERPRINT_MISMATCH:
	case MSG_NO_SUCH_ENTRY:
	case MSG_NO_SUCH_INVITATION:
	case MSG_NO_SUCH_TRANSFER:
	case MSG_NO_SUCH_SHARE:
	case MSG_NOT_JOINING:
		return STATUS_NO;
	default:
		return STATUS_FATAL;
	}
}

int report_trouble(const struct message *trouble, bool json)
{
	struct buf out = { 0 };

	fflush(stdout);
	answer_failed(trouble);
	if (!json) {
		message_print(trouble, "fatal: ");
		return status_of(trouble->id);
	}
	json_begin(&out);
	json_open(&out, "error", '{');
	json_string(&out, "id", message_name(trouble->id));
	json_string(&out, "message", trouble->text);
	json_string(&out, "hint", *trouble->hint ? trouble->hint : NULL);
	json_close(&out, '}');
	json_close(&out, '}');
	json_print(&out);
	return status_of(trouble->id);
}

void print_text(const char *text)
{
	struct buf shown = { 0 };

	if (!text)
		return;
	text_escape(&shown, text, strlen(text), false);
	fputs(buf_str(&shown), stdout);
	buf_finish(&shown);
}

void print_count(uint64_t n, const char *singular)
{
	printf("%" PRIu64 " %s%s", n, singular, n == 1 ? "" : "s");
}
