/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <ctype.h>
#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

static enum message_id asked;

static bool name_good(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

/* Only the commands that there are may be hinted at. */
static bool commands_exist(const char *hint)
{
	static const char *const verbs[] = {
		"setup", "add", "accept", "decline", "remove", "block", "unblock", "distrust",
		"device", "buddies", "verify", "nickname", "move",
		"invite", "invite --device", "invite --list", "join", "list",
		"cancel", "log",
		"share", "unshare", "queue", "status",
		"daemon start", "daemon stop", "daemon restart", "daemon run", "doctor", "help",
		"--account=",
	};
	const char *p = hint;

	while ((p = strstr(p, "git xmpp "))) {
		bool found = false;

		p += strlen("git xmpp ");
		for (size_t i = 0; i < ARRAY_SIZE(verbs) && !found; i++) {
			size_t n = strlen(verbs[i]);

			found = !strncmp(p, verbs[i], n) && (p[n] == '"' || p[n] == ' ');
		}
		if (!found)
			return false;
	}
	return true;
}

/* Every row, with its arguments missing: that must not crash, and shows the style. */
static void catalogue(void)
{
	for (int id = MSG_NONE + 1; id < MSG_COUNT; id++) {
		const char *name = message_name((enum message_id)id);
		struct message m;

		if (!ok(name && name_good(name), "message %d has a name", id))
			continue;
		message_set(&m, (enum message_id)id, NULL);
		is_int(message_by_name(name), id, name);
		ok(m.id == (enum message_id)id && m.text[0], "it has a text");
		ok(!isupper((unsigned char)m.text[0]) && m.text[strlen(m.text) - 1] != '.' &&
			   !strchr(m.text, '\n'),
		   "of one line, without a capital or a full stop");
		ok(!strchr(m.text, '{') && !strchr(m.hint, '{'), "with no placeholder left");
		ok(commands_exist(m.hint), "and hints at commands that exist");
		if (*m.hint)
			ok(m.hint[strlen(m.hint) - 1] != '.' && m.hint[strlen(m.hint) - 1] != '\n',
			   "without a full stop");
	}
	is_int(message_by_name("no-such-message"), MSG_NONE, "an unknown name is no message");
	is_str(message_name(MSG_COUNT), "internal", "a wrong number has a name");
}

static void texts(void)
{
	struct message m;

	message_set(&m, MSG_BUDDY_OFFLINE, "jid", "bob@example.org", NULL);
	is_str(m.text, "'bob@example.org' is offline", "an argument is filled in");
	is_str(m.hint, "Try again when they are online, or deliver later with "
	       "\"git xmpp queue push <remote> <branch>\"", "the hint stays");
	message_set(&m, MSG_NOT_SHARED, "share", "proj", "jid", "bob@example.org", "other", "x",
		    NULL);
	is_str(m.text, "'bob@example.org' does not share a repository 'proj' with you",
	       "arguments come in any order, and more than are needed");
	message_set(&m, MSG_NOT_BUDDY, "jid", "eve@example.org", NULL);
	is_str(m.hint, "Ask them with \"git xmpp add eve@example.org\"",
	       "an argument is filled into a hint");
	message_set(&m, MSG_NOT_BUDDY, "jid", "x;reboot|$(id)@example.org", NULL);
	is_str(m.hint, "Ask them with \"git xmpp add 'x;reboot|$(id)@example.org'\"",
	       "and is one word of a command, whatever is in it");
	message_set(&m, MSG_NOT_BUDDY, "jid", "--self@example.org", NULL);
	is_str(m.hint, "Ask them with \"git xmpp add -- --self@example.org\"", "and no option");
	message_set(&m, MSG_PUSH_DENIED, "jid", "bob@example.org", "share", "p", "me",
		    "-x@example.org", NULL);
	ok(strstr(m.hint, "--push=-x@example.org\""), "but where it is part of one");
	message_set(&m, MSG_PASSWORD_COMMAND, "account", "a", "command", "c", "reason",
		    "sh: pass: not found", NULL);
	is_str(m.hint, "sh: pass: not found", "but where there is no command it is as it is");
	message_set(&m, MSG_STREAM_LOST, "jid", NULL, "reason", "{jid} {reason}", NULL);
	is_str(m.text, "connection to '' lost: {jid} {reason}",
	       "a NULL value is nothing, a value is no template");
	message_set(&m, MSG_BAD_URL, "url", "a\x1b]0;x\a\n\xff\xe2\x80\xae", "reason", "r", NULL);
	is_str(m.text, "invalid xmpp URL 'a\\x1b]0;x\\x07\\x0a\\xff\\xe2\\x80\\xae': r",
	       "values are escaped");
}

static bool none_wanted(enum message_id id)
{
	asked = id;
	return false;
}

/* What is printed is in the scripts; here, what is asked for, and what stays as it is. */
static void advice(void)
{
	struct buf key = { 0 }, fields = { 0 };
	struct message m;

	message_advice(MSG_BUDDY_OFFLINE, &key);
	is_str(buf_str(&key), "xmppBuddyOffline", "the hint has a variable of its own");
	message_filter_hints(none_wanted);
	message_set(&m, MSG_NOT_BUDDY, "jid", "eve@example.org", NULL);
	message_print_hints(&m);
	is_int(asked, MSG_NOT_BUDDY, "whether it is wanted is asked when it is printed");
	message_to_fields(&m, &fields);
	ok(fields_get((struct fields){ buf_data(&fields), buf_len(&fields) }, "hint"),
	   "and not when a broker tells it");
	message_filter_hints(NULL);
	buf_finish(&key);
	buf_finish(&fields);
}

static void bounds(void)
{
	size_t n = 100000;
	char *huge = xmalloc(n + 1);
	struct message m;

	memset(huge, '\n', n);
	huge[n] = '\0';
	message_set(&m, MSG_BAD_URL, "url", huge, "reason", huge, NULL);
	ok(strlen(m.text) < MESSAGE_TEXT_MAX, "a huge value is cut");
	for (size_t shift = 0; shift < 2; shift++) {
		huge[0] = 'a';
		for (size_t i = shift; i + 2 <= n; i += 2)
			memcpy(huge + i, "\xc3\xbc", 2);
		message_set(&m, MSG_BAD_URL, "url", huge, "reason", "the reason", NULL);
		ok(strstr(m.text, "...': the reason"), "and does not hide the rest of the text");
		ok(!strchr(m.text, '\\'), "and is cut between characters");
	}
	message_set(&m, MSG_NOT_BUDDY, "jid", huge, NULL);
	ok(*m.text && !*m.hint, "no command is shown with a part of a word");
	free(huge);
}

static struct fields view(const struct buf *b)
{
	return (struct fields){ .data = buf_data(b), .len = buf_len(b) };
}

static void over_the_wire(void)
{
	for (int id = MSG_NONE + 1; id < MSG_COUNT; id++) {
		struct message m, back;
		struct buf b = { 0 };

		message_set(&m, (enum message_id)id, "jid",
			    "b\xc3\xb6"
			    "b@example.org",
			    "reason", "no\nroute", NULL);
		message_to_fields(&m, &b);
		message_from_fields(&back, view(&b));
		ok(fields_valid(view(&b)) && back.id == m.id && !strcmp(back.text, m.text) &&
		   !strcmp(back.hint, m.hint), "%s comes back as it was", message_name(m.id));
		buf_finish(&b);
	}
}

static void from_others(void)
{
	struct message m;
	struct buf b = { 0 };

	fields_add(&b, "id", "from-the-future");
	fields_add(&b, "message", "something \x1b[31m new");
	fields_add(&b, "hint", "one\ntwo");
	fields_add(&b, "hint", "three");
	message_from_fields(&m, view(&b));
	is_int(m.id, MSG_INTERNAL, "an unknown id is still trouble");
	is_str(m.text, "something \\x1b[31m new", "whose text is shown, escaped");
	is_str(m.hint, "one\\x0atwo\nthree", "each hint is one line");

	buf_reset(&b);
	message_from_fields(&m, view(&b));
	ok(m.id == MSG_INTERNAL && m.text[0], "an error that says nothing is an error");

	buf_reset(&b);
	fields_add(&b, "id", "none");
	fields_add(&b, "message", "x");
	message_from_fields(&m, view(&b));
	is_int(m.id, MSG_INTERNAL, "nobody can send the message that is none");

	buf_reset(&b);
	for (int i = 0; i < 200; i++)
		fields_add(&b, i ? "hint" : "message",
			   "a line that is repeated until it is too long");
	message_from_fields(&m, view(&b));
	ok(strlen(m.hint) == MESSAGE_TEXT_MAX - 1, "too many hints are cut");
	buf_finish(&b);
}

int main(void)
{
	catalogue();
	texts();
	advice();
	bounds();
	over_the_wire();
	from_others();
	return tap_done();
}
