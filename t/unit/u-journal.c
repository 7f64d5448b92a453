/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "tap.h"
#include "userfile.h"

struct seen {
	size_t count;
	char last[256], first[256];
};

static void see(void *arg, const struct journal_event *e)
{
	struct seen *s = arg;

	snprintf(s->last, sizeof(s->last), "%llu|%s|%s|%s|%s|%s|%s", (unsigned long long)e->when,
		 e->kind, e->jid, e->share, e->what, e->result, e->text);
	if (s->count++ == 0)
		memcpy(s->first, s->last, sizeof(s->first));
}

static struct seen read_last(size_t n)
{
	struct seen s = { .count = 0 };
	struct message trouble;

	is_int(journal_read(n, see, &s, &trouble), 0, "the journal is read");
	return s;
}

static void add(uint64_t when, const char *text)
{
	journal_add(&(struct journal_event){ .when = when,
					     .kind = "queue",
					     .jid = "bob@example.org",
					     .what = "q1",
					     .result = "ok",
					     .text = text });
}

static char *path_of(const char *name)
{
	struct message trouble;

	return userfile_path(USERFILE_STATE, name, &trouble);
}

static void append(const char *name, const char *text)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "a");

	fputs(text, f);
	fclose(f);
	free(path);
}

static void events(void)
{
	is_int(read_last(10).count, 0, "no journal has no events");
	add(1, "one");
	add(2, "two\ttabs\nand a line\x1b[2J");
	add(3, NULL);
	is_int(read_last(10).count, 3, "what was added is there");
	is_str(read_last(10).first, "1|queue|bob@example.org||q1|ok|one",
	       "the oldest first, a NULL is empty");
	is_str(read_last(10).last, "3|queue|bob@example.org||q1|ok|", "the newest last");
	is_str(read_last(2).first,
	       "2|queue|bob@example.org||q1|ok|two\\x09tabs\\x0aand a line\\x1b[2J",
	       "only so many, and nothing breaks out of its field");
	is_int(read_last(1).count, 1, "one");
	is_int(read_last(0).count, 0, "or none");
	is_int(read_last(SIZE_MAX).count, 3, "or all");
}

/* What a crash or another version left. */
static void odd_lines(void)
{
	append("events", "\n\t\t\t\t\t\t\nx\ta\tb\tc\td\te\tf\n4\tcut");
	is_int(read_last(20).count, 3, "what is not understood is passed over");
	append("events", "\n");
	add(5, "five");
	is_str(read_last(20).last, "5|queue|bob@example.org||q1|ok|five", "and hinders nothing");
}

/* As on a full disk, and after a crash. */
static void cut(void)
{
	struct rlimit before, small;
	struct message trouble;
	char *path = path_of("events");
	struct buf text = { 0 };

	add(10, "before");
	userfile_read(path, &text, &trouble);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ buf_len(&text) + 10, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	add(11, "this one finds no room");
	setrlimit(RLIMIT_FSIZE, &before);
	add(12, "after");
	is_str(read_last(2).first, "10|queue|bob@example.org||q1|ok|before",
	       "a line that finds no room leaves nothing");
	is_str(read_last(2).last, "12|queue|bob@example.org||q1|ok|after", "and spoils no other");
	append("events", "13\tcut");
	add(14, "after a crash");
	is_str(read_last(1).last, "14|queue|bob@example.org||q1|ok|after a crash",
	       "nor does what a crash has cut");
	buf_finish(&text);
	free(path);
}

static void rotation(void)
{
	char *old = path_of("events.old"), *now = path_of("events");
	char *filler = xmalloc(JOURNAL_MAX + 1);
	struct message trouble;
	struct buf b = { 0 };

	memset(filler, 'x', JOURNAL_MAX);
	filler[JOURNAL_MAX - 1] = '\n';
	filler[JOURNAL_MAX] = '\0';
	append("events", filler);
	ok(access(old, F_OK) != 0, "a journal that is not full is left as it is");
	add(6, "six");
	ok(access(old, F_OK) == 0, "a full one is put away");
	is_int(userfile_read(now, &b, &trouble), 0, "and a new one begun");
	ok(buf_len(&b) < 100, "with one event");
	is_int(read_last(20).count, 5, "both are read");
	is_str(read_last(20).last, "6|queue|bob@example.org||q1|ok|six", "as one");
	append("events", filler);
	add(7, "seven");
	is_int(read_last(20).count, 2, "what was put away before is given up");
	buf_finish(&b);
	free(filler);
	free(now);
	free(old);
}

static struct seen read_on(struct journal_place *place)
{
	struct seen s = { .count = 0 };
	struct message trouble;

	is_int(journal_read_on(place, see, &s, &trouble), 0, "the journal is read on");
	return s;
}

static void see_parts(void *arg, const struct journal_event *e)
{
	snprintf(arg, 256, "%llu|%s|%s|%s|%s", (unsigned long long)e->bytes, e->way, e->refs,
		 e->why, e->account);
}

static void parts(void)
{
	char seen[256] = "";
	struct message trouble;

	journal_add(&(struct journal_event){ .kind = "transfer",
					     .bytes = 242,
					     .way = "direct",
					     .refs = "main\ta..b",
					     .account = "alice@example.org" });
	journal_read(1, see_parts, seen, &trouble);
	is_str(seen, "242|direct|main\\x09a..b||alice@example.org", "an event in parts");
	append("events", "7\tqueue\tj\ts\tq1\tok\tan old line\n");
	journal_read(1, see_parts, seen, &trouble);
	is_str(seen, "0||||", "... which an older version did not write");
}

static void reading_on(void)
{
	struct journal_place place = { .file = 0 };
	char *events = path_of("events"), *old = path_of("events.old");
	size_t all = read_last(SIZE_MAX).count;

	is_int(read_on(&place).count, all, "from nowhere: all events");
	is_int(read_on(&place).count, 0, "then none");
	add(20, "twenty");
	append("events", "21\tqueue\tj\ts\tq1");
	is_int(read_on(&place).count, 1, "one that was added, not one that is being written");
	append("events", "\tok\ttwenty-one\n");
	is_str(read_on(&place).last, "21|queue|j|s|q1|ok|twenty-one", "that one, once it is whole");
	add(22, "twenty-two");
	rename(events, old);
	add(23, "twenty-three");
	is_str(read_on(&place).first, "22|queue|bob@example.org||q1|ok|twenty-two",
	       "nothing is missed when the file is put away");
	is_int(read_on(&place).count, 0, "and nothing is seen twice");
	unlink(events);
	unlink(old);
	is_int(read_on(&place).count, 0, "a journal that is gone has no events");
	add(24, "twenty-four");
	is_int(read_on(&place).count, 1, "... and the next one does");
	free(events);
	free(old);
}

int main(void)
{
	char directory[] = "/tmp/u-journal.XXXXXX", *command;

	if (!mkdtemp(directory))
		return 1;
	setenv("XDG_STATE_HOME", directory, 1);
	events();
	odd_lines();
	rotation();
	cut();
	parts();
	reading_on();
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the sandbox is removed");
	free(command);
	return tap_done();
}
