/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of each kind. {jid}, {item} and {detail} stand for those of the notice; in a hint
 * each is a word of a shell's command line.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "notices.h"
#include "text.h"

static const struct {
	const char *name;
	const char *text;
	const char *hint; /* empty: none */
	bool reviewed, news, own, strange;
} rows[NOTICE_KINDS] = {
	[NOTICE_WANTS] = { "wants", "{jid} wants to be your buddy", "git xmpp accept {jid}",
			   .reviewed = true },
	[NOTICE_DEVICE] = { "device", "a new device of {jid} waits",
			    "git xmpp verify {jid}", .reviewed = true },
	[NOTICE_OWN_DEVICE] = { "own-device", "a new device of your own account {jid} waits",
				"git xmpp verify {jid}", .reviewed = true,
				.own = true },
	[NOTICE_MOVED] = { "moved",
			   "{jid} has the key of a device of {item}; if {item} says that this is "
			   "their new address",
			   "git xmpp move {item} {jid}", .reviewed = true },
	[NOTICE_QUEUE_FAILED] = { "queue-failed", "{item}, a push to {jid}/{detail}",
				  "git xmpp queue", .reviewed = true, .own = true },
	[NOTICE_ROSTER_EMPTIED] = { "roster-emptied",
				    "the roster came back empty from the server; {detail} buddies "
				    "are suspended",
				    "git xmpp buddies", .reviewed = true, .own = true },
	[NOTICE_COPIED] = { "copied", "another machine uses the key of this device: it was copied",
			    "man git-xmpp-daemon", .reviewed = true, .own = true },
	[NOTICE_COMPARES] = { "compares", "{jid} compares devices with you",
			      "git xmpp verify {jid}", .reviewed = false },
	[NOTICE_RIGHT_UNWRITTEN] = { "right-unwritten",
				     "{jid} has joined, and the right to {detail} '{item}' could "
				     "not be written into your configuration",
				     "git xmpp share --name={item} --{detail}={jid}", .own = true },
	[NOTICE_GROUP_WIDENED] = { "group-widened",
				   "{jid} is in your group {item}, and has no right of it yet",
				   "git xmpp share --accept-group={item} "
				   "--member={jid}", .reviewed = true,
				   .own = true },
	[NOTICE_COMPARED] = { "compared", "{jid} has compared this device, and found it right", "",
			      .news = true },
	[NOTICE_DIFFERS] = { "differs",
			     "{jid} has compared this device, found another one, and shut it out",
			     "git xmpp verify {jid}", .news = true },
	[NOTICE_VOUCHED] = { "vouched",
			     "a new device of {jid}, {item}, is trusted because their device "
			     "{detail} vouches "
			     "for it",
			     "git xmpp buddies {jid}", .news = true },
	[NOTICE_REVOKED] = { "revoked",
			     "the device {item} of {jid} is shut out, as their device {detail} "
			     "said",
			     "git xmpp buddies {jid}", .news = true },
	[NOTICE_OWN_REVOKED] = { "own-revoked",
				 "the device {item} of your own account is shut out, as its device "
				 "{detail} said",
				 "git xmpp buddies {jid}", .news = true, .own = true },
	[NOTICE_INVITATION_USED] = { "invitation-used",
				     "{jid} has joined by your invitation {item}",
				     "git xmpp buddies {jid}", .news = true, .own = true },
	[NOTICE_INVITATION_TRIED] = { "invitation-tried",
				      "{jid} tried to join by your invitation {item}: {detail}",
				      "git xmpp invite --list", .news = true, .strange = true },
	[NOTICE_JOINED] = { "joined",
			    "you have joined {jid} by their invitation, and both devices are "
			    "verified",
			    "git xmpp list {jid}", .news = true, .own = true },
	[NOTICE_JOIN_FAILED] = { "join-failed", "waits no more to join: {detail}", "",
				 .news = true, .own = true },
};

const char *notice_name(enum notice_kind kind)
{
	return rows[kind].name;
}

bool notice_is_reviewed(enum notice_kind kind)
{
	return rows[kind].reviewed;
}

bool notice_is_news(enum notice_kind kind)
{
	return rows[kind].news;
}

bool notice_waits(enum notice_kind kind)
{
	return !rows[kind].news || kind == NOTICE_DIFFERS;
}

bool notice_is_own(enum notice_kind kind)
{
	return rows[kind].own;
}

bool notice_is_strange(enum notice_kind kind)
{
	return rows[kind].strange;
}

static const char *value_of(const struct notice *notice, const char *name, size_t n)
{
	if (!strncmp(name, "jid", n))
		return notice->jid;
	return !strncmp(name, "item", n) ? notice->item : notice->detail;
}

/* A word alone is an operand, and may begin with '-'; behind "--option=" it may not need to. */
static void put_word(struct buf *out, const char *value)
{
	size_t n = buf_len(out);

	if (n && buf_data(out)[n - 1] == ' ')
		text_operand(out, value);
	else
		text_shell(out, value);
}

static char *fill(const struct notice *notice, const char *pattern, bool command)
{
	struct buf out = { 0 };

	while (*pattern) {
		const char *end = *pattern == '{' ? strchr(pattern, '}') : NULL, *value;

		if (!end) {
			buf_append(&out, pattern++, 1);
			continue;
		}
		value = value_of(notice, pattern + 1, end - pattern - 1);
		if (command)
			put_word(&out, value);
		else
			buf_puts(&out, value);
		pattern = end + 1;
	}
	return buf_len(&out) ? buf_detach(&out) : xstrdup("");
}

char *notice_text(const struct notice *notice)
{
	return fill(notice, rows[notice->kind].text, false);
}

char *notice_hint(const struct notice *notice)
{
	return fill(notice, rows[notice->kind].hint, true);
}

char *notice_line(const struct notice *notice, const char *account, unsigned more)
{
	char *text = notice_text(notice), *hint = notice_hint(notice);
	struct buf out = { 0 };

	buf_puts(&out, "xmpp: ");
	if (account)
		buf_printf(&out, "%s: ", account);
	text_escape(&out, text, strlen(text), false);
	if (*hint) {
		buf_puts(&out, "  (");
		text_escape(&out, hint, strlen(hint), false);
		buf_puts(&out, ")");
	}
	if (more)
		buf_printf(&out, "; %u more: git xmpp status", more);
	free(text);
	free(hint);
	return buf_detach(&out);
}
