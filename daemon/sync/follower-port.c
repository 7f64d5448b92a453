/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refcompare.c compares and git-run.c fetches. This file builds git's arguments and the
 * lines of the journal.
 */
#include "follower-port.h"

#include <stdlib.h>

#include "alloc.h"
#include "follow-config.h"
#include "journal.h"
#include "log.h"
#include "refcompare.h"

static struct refcompare *compare(void *arg, const struct follow *follow, struct fields tips,
				  const char *last_version, follower_compared_fn *done, void *owner)
{
	const struct follower_port *port = arg;

	return refcompare_start(port->host->loop, follow->path, follow->remote, tips.data, tips.len,
				last_version, done, owner);
}

static void cancel(void *arg, struct refcompare *compare)
{
	refcompare_cancel(compare);
}

static struct git_run *fetch(void *arg, const struct follow *follow, const char *device,
			     follower_fetched_fn *done, void *owner)
{
	const struct follower_port *port = arg;
	/*
	 * --progress: git's output shows that the fetch still runs (FOLLOW_SILENCE).
	 * --no-write-fetch-head: fetches from other buddies and the user's own may run at
	 * the same time.
	 */
	const char *const args[] = {
		"fetch", "--progress", "--no-write-fetch-head", "--", follow->remote, NULL,
	};
	const struct git_run_task task = { .args = args,
					   .git_dir = follow->path,
					   .device = device };
	struct git_run *git = git_run_start(port->host, &task, done, owner);

	git_run_limit_silence(git, FOLLOW_SILENCE);
	git_run_bound(git, port->config->receive_memory);
	return git;
}

static void release(void *arg, struct git_run *git)
{
	git_run_destroy(git);
}

static void journal(void *arg, const struct follow *follow, const char *result, const char *text,
		    unsigned left_out)
{
	const struct follower_port *port = arg;
	char more[JOURNAL_LEFT_OUT_MAX], *whole;
	struct journal_event event = {
		.kind = "follow",
		.jid = follow->jid,
		.share = follow->share,
		.what = follow->remote,
		.result = result,
		.account = port->host->account,
	};
	unsigned before;

	if (!log_admits(LOG_EVENTS, follow->jid, &before))
		return;
	event.text = whole = xasprintf("%s%s", text, journal_left_out(before + left_out, more));
	journal_add(&event);
	free(whole);
}

static void configured(void *arg, struct follows *follows)
{
	const struct follower_port *port = arg;

	config_read_follows(port->config, follows);
}

const struct follower_ops follower_ops = {
	.compare = compare,
	.cancel = cancel,
	.fetch = fetch,
	.release = release,
	.journal = journal,
	.configured = configured,
};
