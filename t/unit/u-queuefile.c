/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queuefile.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "tap.h"

static struct message trouble;

static void ids(void)
{
	static const struct { const char *id; bool valid; } rows[] = {
		{ "q1", true }, { "q999999999", true }, { "q10", true },
		{ "q", false }, { "q0", false }, { "q01", false }, { "q1x", false }, { "1", false },
		{ "", false }, { "q1234567890", false }, { "../q1", false }, { "q1.tmp", false },
		{ "last", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(queuefile_id_valid(rows[i].id) == rows[i].valid, "'%s' is %s id", rows[i].id,
		   rows[i].valid ? "an" : "no");
}

static void put(const char *id, const char *value)
{
	struct buf b = { 0 };

	fields_add(&b, "jid", value);
	is_int(queuefile_write(id, (struct fields){ .data = buf_data(&b), .len = buf_len(&b) },
			       &trouble),
	       0, "an entry is written");
	buf_finish(&b);
}

static const char *get(const char *id, struct buf *b)
{
	const char *value = NULL;

	buf_reset(b);
	if (queuefile_read(id, b, &trouble) == 0)
		value = fields_get((struct fields){ .data = buf_data(b), .len = buf_len(b) },
				   "jid");
	return value ? value : "(none)";
}

static void files(void)
{
	char (*list)[QUEUEFILE_ID_MAX];
	struct buf b = { 0 };
	struct stat st;
	char *path = queuefile_path("q10", &trouble);

	is_int(queuefile_list(&list, &trouble), 0, "an empty queue has no entries");
	free(list);
	put("q10", "bob@example.org");
	put("q9", "carol@example.org");
	put("q9", "dave@example.org");
	is_str(get("q10", &b), "bob@example.org", "what was written is read");
	is_str(get("q9", &b), "dave@example.org", "the last that was written");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "nobody else can read it");
	is_int(queuefile_list(&list, &trouble), 2,
	       "there are two, and no file in between was left");
	ok(!strcmp(list[0], "q9") && !strcmp(list[1], "q10"),
	   "the oldest is the one with the smallest number");
	free(list);
	is_int(queuefile_remove("q9", &trouble), 0, "one is removed");
	is_int(queuefile_remove("q9", &trouble), 0, "which may be said again");
	is_int(queuefile_read("q9", &b, &trouble), 1, "and is not there");
	free(path);
	buf_finish(&b);
}

static void damage(void)
{
	static const char *const contents[] = { "", "x", "jid=bob", "JID=bob" };
	char *path = queuefile_path("q11", &trouble);
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		FILE *f = fopen(path, "w");

		fputs(contents[i], f);
		fclose(f);
		buf_reset(&b);
		is_int(queuefile_read("q11", &b, &trouble), -1, "what is no fields is no entry");
		is_str(message_name(trouble.id), "state-file", "and said to be so");
	}
	queuefile_remove("q11", &trouble);
	free(path);
	buf_finish(&b);
}

/* More than are looked at, made so that a directory lists the oldest anywhere. */
static void crowd(void)
{
	char (*list)[QUEUEFILE_ID_MAX], id[QUEUEFILE_ID_MAX];

	for (unsigned i = 0; i < QUEUEFILES_MAX + 20; i++) {
		snprintf(id, sizeof(id), "q%u", 1000 + (i * 7919) % (QUEUEFILES_MAX + 20));
		put(id, "bob@example.org");
	}
	is_int(queuefile_list(&list, &trouble), QUEUEFILES_MAX,
	       "of a crowd, as many as may be are listed");
	is_str(list[0], "q10", "the oldest");
	is_str(list[QUEUEFILES_MAX - 1], "q1254", "and no younger one before an older one");
	free(list);
	for (unsigned i = 0; i < QUEUEFILES_MAX + 20; i++) {
		snprintf(id, sizeof(id), "q%u", 1000 + i);
		queuefile_remove(id, &trouble);
	}
}

enum { PROCESSES = 4, NUMBERS = 25 };

/* The numbers that were given, in the bytes of a pipe. */
static void take_numbers(int fd)
{
	for (int i = 0; i < NUMBERS; i++) {
		char id[QUEUEFILE_ID_MAX];
		unsigned char number = 0;

		if (queuefile_new_id(id, &trouble) == 0)
			number = atoi(id + 1);
		if (write(fd, &number, 1) != 1)
			break;
	}
}

static void new_ids(void)
{
	char id[QUEUEFILE_ID_MAX];
	bool given[256] = { false };
	unsigned char number;
	int fds[2], count = 0, twice = 0;
	char *last = queuefile_path("last", &trouble);

	is_int(queuefile_new_id(id, &trouble), 0, "a new id");
	is_str(id, "q11", "behind those that are there");
	if (pipe(fds) < 0)
		exit(1);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			take_numbers(fds[1]);
			_exit(0);
		}
	close(fds[1]);
	while (read(fds[0], &number, 1) == 1) {
		count++;
		twice += given[number];
		given[number] = true;
	}
	while (wait(NULL) > 0)
		;
	close(fds[0]);
	ok(count == PROCESSES * NUMBERS && twice == 0 && !given[0],
	   "many at once are given different ones");
	queuefile_remove("q10", &trouble);
	queuefile_new_id(id, &trouble);
	is_str(id, "q112", "an id does not come back when its entry is gone");
	put("q200", "bob@example.org");
	unlink(last);
	queuefile_new_id(id, &trouble);
	is_str(id, "q201", "without the counter, the entries are counted");
	free(last);
}

static void texts(void)
{
	static const struct { const char *src, *dst, *expect, *text; } rows[] = {
		{ "5d6e7f8012", "refs/heads/main", "1a2b3c4d5e", "main 1a2b3c4..5d6e7f8" },
		{ "5d6e7f8012", "refs/heads/a/b", "", "a/b [new] 5d6e7f8" },
		{ "", "refs/heads/old", "1a2b3c4d5e", "old [delete]" },
		{ "5d6e7f8012", "refs/tags/v1", "", "v1 [new] 5d6e7f8" },
		{ "5d", "refs/notes/x\x1b", "", "refs/notes/x\\x1b [new] 5d" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = { 0 };

		queuefile_update_text(&b, rows[i].src, rows[i].dst, rows[i].expect);
		is_str(buf_str(&b), rows[i].text, rows[i].text);
		buf_finish(&b);
	}
}

int main(void)
{
	char directory[] = "/tmp/u-queuefile.XXXXXX", *command;

	if (!mkdtemp(directory))
		return 1;
	setenv("XDG_STATE_HOME", directory, 1);
	ids();
	files();
	damage();
	crowd();
	new_ids();
	texts();
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the sandbox is removed");
	free(command);
	return tap_done();
}
