/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration is read when there is a hint to print, so that nothing is spent on a command
 * that succeeds. Where git cannot read it, hints are wanted.
 */
#include "advice.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "gitconfig.h"
#include "run-git.h"

static const char *const question[] = { "config", "-z", "--get-regexp", "^advice\\.xmpp", NULL };

static struct buf entries;	/* key, newline, value, NUL for each */
static bool read_before;

static bool is_off(const char *value)
{
	bool on;

	return value && gitconfig_bool(value, &on) && !on;
}

/* Whether the last entry with this key says no. */
static bool is_silenced(const char *key)
{
	const char *at = buf_str(&entries), *end = at + buf_len(&entries);
	size_t len = strlen(key);
	bool off = false;

	for (; at < end; at += strlen(at) + 1)
		if (!strncasecmp(at, key, len) && (at[len] == '\n' || !at[len]))
			off = at[len] && is_off(at + len + 1);
	return off;
}

bool advice_wanted(enum message_id id)
{
	struct buf key = { 0 };
	bool silenced;

	if (is_off(getenv("GIT_ADVICE")))
		return false;
	if (!read_before && run_git(question, NULL, &entries, GIT_ERRORS_HIDDEN))
		buf_reset(&entries);
	read_before = true;
	if (id == MSG_NONE)
		return !is_silenced("advice.xmppHints");

	buf_puts(&key, "advice.");
	message_advice(id, &key);
	silenced = is_silenced("advice.xmppHints") || is_silenced(buf_str(&key));
	buf_finish(&key);
	return !silenced;
}
