/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unsettled.h"

/* A push that was cut, its file, and a device, a git and a journal that are none. */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "outcome-query.h"
#include "tap.h"
#include "until.h"
#include "transfer-log.h"
#include "userfile.h"

#define ID "0123456789abcdef01234567"
#define OTHER_ID "76543210fedcba9876543210"
#define OLD "1111111111111111111111111111111111111111"
#define NEW "2222222222222222222222222222222222222222"

static uv_loop_t loop;
static const struct context_ops context_ops;
static struct context context = { .ops = &context_ops };
static const struct outcome_query_host by = { .context = &context };
static struct buf trace;
static char *directory;
static unsigned syncs;
static const struct outcome_query_events *question;	/* while the device is asked */
static git_run_fn *looked;			/* while git looks */
static void *asker, *looker;

/* meson.build has these called instead. */
int __wrap_fsync(int fd);
int __real_fsync(int fd);
DIR *__wrap_opendir(const char *path);
DIR *__real_opendir(const char *path);
int __wrap_userfile_read(const char *path, struct buf *out, struct message *trouble);
int __real_userfile_read(const char *path, struct buf *out, struct message *trouble);

/* So often there is no descriptor for them. */
static unsigned unopened, unread;

DIR *__wrap_opendir(const char *path)
{
	if (unopened == 0)
		return __real_opendir(path);
	unopened--;
	errno = EMFILE;
	return NULL;
}

int __wrap_userfile_read(const char *path, struct buf *out, struct message *trouble)
{
	if (unread == 0)
		return __real_userfile_read(path, out, trouble);
	unread--;
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", "no descriptor", NULL);
	return -1;
}

int __wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

bool peer_is_there(const struct peers *all, const char *jid, const char *device)
{
	return true;
}

static uint64_t on_now(void *owner)
{
	return 1000;
}

static const struct context_ops context_ops = { .now = on_now };

struct outcome_query *outcome_query_create(const struct outcome_query_host *host,
					   const struct outcome_query_question *q,
					   const struct outcome_query_events *events, void *owner)
{
	buf_printf(&trace, "asks %s of %s\n", q->device, q->jid);
	question = events;
	asker = owner;
	return NULL;
}

void outcome_query_destroy(struct outcome_query *l)
{
}

struct git_run *git_run_start(const struct git_run_host *host, const struct git_run_task *task,
			      git_run_fn *done, void *owner)
{
	buf_puts(&trace, "git");
	for (const char *const *arg = task->args; *arg; arg++)
		buf_printf(&trace, " %s", *arg);
	buf_puts(&trace, "\n");
	looked = done;
	looker = owner;
	return NULL;
}

void git_run_destroy(struct git_run *run)
{
}

void transfer_log_add(const char *account, const struct transfer *t)
{
	buf_printf(&trace, "journal: %s\n",
		   witness_result_name(witness_result(t->witness, t->reason)));
}

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

/* How many files are kept. */
static unsigned kept(void)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir)))
		count += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	return count;
}

/* A push of one branch, which the device has begun to hear of. */
static void write_down(struct unsettled *u, const char *id)
{
	static const char command[] =
		"0083" OLD " " NEW " refs/heads/main\0 report-status side-band-64k "
		"0000";
	struct witness witness;

	witness_init(&witness, SERVICE_RECEIVE_PACK);
	witness_answers(&witness, "0000", 4);
	witness_asks(&witness, command, sizeof(command) - 1);
	unsettled_note(u, &(struct unsettled_push){
		.jid = "100%@example.org",
		.device = "tj5aapswkpah22kj",
		.share = "my x.git",
		.id = id,
		.path = "in-band",
		.reason = "stopped",
		.witness = &witness,
	});
	witness_finish(&witness);
}

/* The account of the host that main() makes, or none. */
static bool is_ours(void *owner, const char *account)
{
	return !account || !strcmp(account, "alice@example.org");
}

static void a_push(const struct git_run_host *host)
{
	struct unsettled *u = unsettled_create(&by, host, is_ours, NULL);
	char *left = xasprintf("%s/%s.17", directory, ID);

	syncs = 0;
	write_down(u, ID);
	ok(kept() == 1 && syncs >= 2,
	   "a push is on the disk, file and directory, when it is said to be written down");
	unsettled_destroy(u);
	fclose(fopen(left, "w"));
	expect("", "it was never cut");

	u = unsettled_create(&by, host, is_ours, NULL);
	is_int(kept(), 1, "what a broker was writing when it was killed is removed");
	unsettled_wake(u);
	expect("asks tj5aapswkpah22kj of 100%@example.org\n", "the next broker asks");
	question->unknown(asker, false);
	expect("journal: unknown\n", "who is not there: it is unknown");
	unsettled_wake(u);
	question->unknown(asker, true);
	expect("asks tj5aapswkpah22kj of 100%@example.org\n"
	       "git ls-remote -q -- "
	       "xmpp::100%25@example.org/my%20x.git.git?device=tj5aapswkpah22kj\n",
	       "who does not know: that device's refs are looked at, by an address that is read as "
	       "it is meant");
	looked(looker, 0, NEW "\trefs/heads/main\n", "");
	expect("journal: ok\n", "they tell");
	is_int(kept(), 0, "and nothing is kept");
	unsettled_destroy(u);
	free(left);
}

static bool is_asked(void *arg)
{
	return buf_len(&trace) > 0;
}

/* Until somebody is asked, or for long. */
static bool asks(void)
{
	return run_until(&loop, is_asked, NULL, 60 * 1000);
}

/*
 * What the broker before has left cannot be read at first; and a push of this
 * one begins meanwhile.
 */
static void a_push_not_read(const struct git_run_host *host, unsigned *refused)
{
	struct unsettled *u = unsettled_create(&by, host, is_ours, NULL);

	write_down(u, ID);
	unsettled_destroy(u);
	*refused = 1;
	u = unsettled_create(&by, host, is_ours, NULL);
	write_down(u, OTHER_ID);
	unsettled_wake(u);
	expect("", "what could not be read is not known");
	ok(asks(), "it is read again by itself");
	expect("asks tj5aapswkpah22kj of 100%@example.org\n",
	       "... and asked about; not so the push that runs");
	question->exited(asker, 0);
	expect("journal: failed\n", "it is settled");
	unsettled_drop(u, OTHER_ID);
	is_int(kept(), 0, "and nothing is kept");
	*refused = 1;
	unsettled_destroy(unsettled_create(&by, host, is_ours, NULL));
	*refused = 0;
	unsettled_destroy(u);
}

int main(void)
{
	char home[] = "/tmp/u-unsettled.XXXXXX";
	struct git_run_host host = { .loop = &loop, .account = "alice@example.org" };
	char *state;

	if (!mkdtemp(home))
		return 1;
	setenv("XDG_STATE_HOME", home, 1);
	state = xasprintf("%s/git-xmpp", home);
	directory = xasprintf("%s/unsettled", state);
	uv_loop_init(&loop);
	a_push(&host);
	a_push_not_read(&host, &unopened);
	a_push_not_read(&host, &unread);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	rmdir(directory);
	rmdir(state);
	ok(rmdir(home) == 0, "nor on the disk");
	free(directory);
	free(state);
	buf_finish(&trace);
	return tap_done();
}
