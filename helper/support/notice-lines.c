/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notice-lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "gitconfig.h"
#include "text.h"

static struct buf lines;

bool notice_lines_wanted(void)
{
	const char *text = getenv("GIT_XMPP_NOTICES");
	bool wanted;

	return !text || !gitconfig_bool(text, &wanted) || wanted;
}

void notice_lines_add(const char *line)
{
	text_escape(&lines, line, strlen(line), false);
	buf_puts(&lines, "\n");
}

void notice_lines_print(void)
{
	if (!buf_len(&lines))
		return;
	fflush(stdout);
	fputs(buf_str(&lines), stderr);
	buf_finish(&lines);
}
