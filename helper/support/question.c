/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"

#include <stdarg.h>
#include <unistd.h>

#include "output.h"

bool question_yes(FILE *to, const char *fmt, ...)
{
	char line[16];
	va_list ap;

	va_start(ap, fmt);
	vfprintf(to, fmt, ap);
	va_end(ap);
	fputs(" [y/N] ", to);
	fflush(to);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

bool question_sure(const char *deed, const char *question)
{
	if (isatty(STDIN_FILENO))
		return question_yes(stdout, "%s", question);
	report("error", "this would %s; say so with --yes", deed);
	return false;
}
