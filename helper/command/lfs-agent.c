/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-lfs asks for one object after the other. A push of theirs runs in the pre-push hook of a
 * push that is open already, which the other broker foresees: such a push holds nobody back.
 *
 * The reason of a failure goes into the answer, and git-lfs shows it.
 */
#include "lfs-agent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit-status.h"
#include "json-read.h"
#include "json.h"
#include "lfs-store.h"
#include "output.h"

enum { CODE_FAILED = 1 }; /* of an error; git-lfs shows it and does nothing else with it */

struct agent {
	char *remote; /* owned; NULL before "init" */
};

static bool say(struct buf *line)
{
	bool good = printf("%s\n", buf_str(line)) > 0 && fflush(stdout) == 0;

	buf_finish(line);
	return good;
}

static void put_error(struct buf *out, const char *why)
{
	json_open(out, "error", '{');
	json_number(out, "code", CODE_FAILED);
	json_string(out, "message", why);
	json_close(out, '}');
}

/* A name or URL that git would take for an option is none. */
static bool begin(struct agent *a, const char *line)
{
	struct buf remote = { 0 }, out = { 0 };
	bool good = json_read_member(line, "remote", &remote) && buf_len(&remote) &&
		    *buf_str(&remote) != '-';

	json_open(&out, NULL, '{');
	if (!good)
		put_error(&out, "git-lfs has named no remote");
	json_close(&out, '}');
	free(a->remote);
	a->remote = good ? buf_detach(&remote) : NULL;
	buf_finish(&remote);
	return say(&out);
}

static bool tell_progress(const char *oid, uint64_t size)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_string(&out, "event", "progress");
	json_string(&out, "oid", oid);
	json_number(&out, "bytesSoFar", size);
	json_number(&out, "bytesSinceLast", size);
	json_close(&out, '}');
	return say(&out);
}

/* why NULL: it is done, and a download is in the file path. */
static bool tell_end(const char *oid, const char *path, const char *why)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_string(&out, "event", "complete");
	json_string(&out, "oid", oid);
	if (why)
		put_error(&out, why);
	else if (path)
		json_string(&out, "path", path);
	json_close(&out, '}');
	return say(&out);
}

static bool transfer(struct agent *a, const char *line, bool upload)
{
	struct buf oid = { 0 }, text = { 0 }, path = { 0 }, why = { 0 };
	bool done, heard;
	uint64_t size;
	char *end;

	done = json_read_member(line, "oid", &oid) && lfs_oid_valid(buf_str(&oid)) &&
	       json_read_member(line, "size", &text);
	size = strtoull(buf_str(&text), &end, 10);
	done = done && !*end && a->remote && (!upload || json_read_member(line, "path", &path));
	if (!done)
		buf_puts(&why, "git-lfs has asked for something else than an object");
	else if (upload)
		done = lfs_push(a->remote, buf_str(&oid), buf_str(&path), &why);
	else
		done = lfs_fetch(a->remote, buf_str(&oid), size, &path, &why);
	heard = (!done || tell_progress(buf_str(&oid), size)) &&
		tell_end(buf_str(&oid), upload ? NULL : buf_str(&path),
			 done ? NULL : buf_str(&why));
	buf_finish(&oid);
	buf_finish(&text);
	buf_finish(&path);
	buf_finish(&why);
	return heard;
}

/* False: there is nothing more to do; *status says how that ended. */
static bool answer(struct agent *a, const char *line, int *status)
{
	struct buf event = { 0 };
	const char *name;
	bool goes_on = false;

	name = json_read_member(line, "event", &event) ? buf_str(&event) : "";
	if (!strcmp(name, "terminate")) {
		*status = STATUS_OK;
	} else if (!strcmp(name, "init")) {
		goes_on = begin(a, line);
	} else if (!strcmp(name, "upload") || !strcmp(name, "download")) {
		goes_on = transfer(a, line, *name == 'u');
	} else {
		report("fatal", "not a message of git-lfs: '%.64s'", line);
	}
	buf_finish(&event);
	return goes_on;
}

int lfs_agent_run(void)
{
	struct agent a = { .remote = NULL };
	int status = STATUS_FATAL;
	char *line = NULL;
	size_t room = 0;

	/* A reason that git gives is looked at. */
	setenv("LC_ALL", "C", 1);
	for (;;) {
		if (getline(&line, &room, stdin) < 0) {
			status = STATUS_OK;
			break;
		}
		if (!answer(&a, line, &status))
			break;
	}
	free(line);
	free(a.remote);
	return status;
}
