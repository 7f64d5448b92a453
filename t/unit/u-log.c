/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char path[] = "/tmp/u-log.XXXXXX", old[sizeof(path) + 4];

static long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) ? -1 : (long)st.st_size;
}

/* The last line of the log, without its time stamp. */
static const char *last_line(void)
{
	static char line[8192];
	FILE *f = fopen(path, "r");
	char *end;

	*line = '\0';
	while (f && fgets(line, sizeof(line), f))
		;
	if (f)
		fclose(f);
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	return strlen(line) > 25 ? line + 25 : line;
}

static unsigned answer;

static bool gate(void *arg, enum log_book book, const char *party, unsigned *left_out)
{
	*left_out = answer;
	return answer != 99;
}

static void test_about(void)
{
	log_about("bob@example.org", LOG_INFO, "bob %s", "came");
	is_str(last_line(), "bob came", "without a gate every line is written");
	log_set_gate(gate, NULL);
	log_about("bob@example.org", LOG_INFO, "bob %s", "went");
	is_str(last_line(), "bob went", "one that passes is written as it is");
	answer = 4711;
	log_about("bob@example.org", LOG_INFO, "bob came again");
	is_str(last_line(), "bob came again [4711 more before this were left out]",
	       "or with how many did not");
	answer = 99;
	log_about("bob@example.org", LOG_ERROR, "bob went again");
	is_str(last_line(), "bob came again [4711 more before this were left out]",
	       "one that does not pass is not");
	log_info("alice");
	is_str(last_line(), "alice", "what is about nobody needs no leave");
	log_set_level(LOG_DEBUG);
	log_about("bob@example.org", LOG_INFO, "bob is traced");
	is_str(last_line(), "bob is traced", "nor does anything with debug lines");
	log_set_level(LOG_INFO);
	log_set_gate(NULL, NULL);
}

static void test_put_away(void)
{
	char text[1000];
	bool bounded = true;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 5000; i++) {
		log_info("%s", text);
		bounded = bounded && size_of(path) <= LOG_FILE_MAX &&
			  size_of(old) <= LOG_FILE_MAX + 1100;
	}
	ok(bounded, "5 MB leave two files of 1 MiB");
	ok(size_of(old) >= LOG_FILE_MAX, "the older one is full");
	ok(size_of(path) > 0, "and the newer one in use");
	is_int(log_to_file(path), 0, "the file is opened again");
	log_info("the end");
	is_str(last_line(), "the end", "and goes on");
}

int main(void)
{
	int fd = mkstemp(path);

	close(fd);
	snprintf(old, sizeof(old), "%s.old", path);
	is_int(log_to_file(path), 0, "the log is a file");
	log_init();
	test_about();
	test_put_away();
	ok(log_to_file("/nowhere/log") < 0, "what cannot be opened is told");
	unlink(path);
	unlink(old);
	return tap_done();
}
