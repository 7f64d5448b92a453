/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accountfile.h"
#include "log.h"
#include "tap.h"

static char base[] = "/tmp/u-accountfile.XXXXXX";

static void test_directory(void)
{
	static const struct {
		const char *jid, *directory;
	} rows[] = {
		{ "alice@example.org", "alice@example.org" },
		{ "a_b-c.d@xn--e1afmkfd.example", "a_b-c.d@xn--e1afmkfd.example" },
		{ ".@example.org", "%2e@example.org" },
		{ "..@example.org", "%2e.@example.org" },
		{ "50%@example.org", "50%25@example.org" },
		{ "%2e@example.org", "%252e@example.org" },
		{ "+a@example.org", "%2ba@example.org" },
		{ "b\xc3\xb6" "b@example.org", "b%c3%b6b@example.org" },
		{ "a@[2001:db8::1]", "a@%5b2001%3adb8%3a%3a1%5d" },
		/* No bare JID, and no way out either. */
		{ "../../etc", "%2e.%2f..%2fetc" },
	};
	char out[ACCOUNT_DIRECTORY_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		accountfile_directory(rows[i].jid, out);
		is_str(out, rows[i].directory, rows[i].jid);
	}
}

/* No component is longer than a file system takes, and the whole leads back to the JID. */
static void test_long(void)
{
	char jid[JID_MAX], out[ACCOUNT_DIRECTORY_MAX], back[ACCOUNT_DIRECTORY_MAX] = "";
	size_t longest = 0, n = 0;

	for (size_t i = 0; i < JID_MAX - 1; i++)
		jid[i] = i % 3 ? 'a' : (char)0xc3;
	jid[JID_MAX - 1] = '\0';
	accountfile_directory(jid, out);
	for (const char *part = out; *part; part += n + (part[n] == '/')) {
		n = strcspn(part, "/");
		longest = n > longest ? n : longest;
		strncat(back, part + (*part == '+'), n - (*part == '+'));
	}
	ok(longest <= 255, "the longest component has %zu bytes", longest);
	ok(strlen(back) == JID_MAX - 1 + 2 * (JID_MAX - 1) / 3, "nothing is cut off");
	memset(jid, 'x', 200);
	jid[200] = '\0';
	accountfile_directory(jid, out);
	ok(!strchr(out, '/'), "what fits is one directory");
	strcpy(jid + 200, "key");
	accountfile_directory(jid, out);
	is_str(out + 200, "/+key", "and what does not is never a file of the other one's");
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

static bool holds(const char *path, const char *text)
{
	struct message trouble;
	struct buf content = { 0 };
	bool same =
		userfile_read(path, &content, &trouble) == 0 && !strcmp(buf_str(&content), text);

	buf_finish(&content);
	return same;
}

static void test_adopt(void)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf content = { 0 };
	char *old, *alice, *bob;

	old = userfile_path(USERFILE_DATA, "key", &trouble);
	alice = accountfile_adopt(USERFILE_DATA, "alice@example.org", "key", &trouble);
	ok(alice && access(alice, F_OK) != 0, "where there was nothing, nothing is taken over");
	put(old, "the one of all");
	free(alice);
	alice = accountfile_adopt(USERFILE_DATA, "alice@example.org", "key", &trouble);
	ok(holds(alice, "the one of all") && access(old, F_OK),
	   "the first account that asks has the old one, alone");
	bob = accountfile_adopt(USERFILE_DATA, "bob@example.org", "key", &trouble);
	ok(access(bob, F_OK) != 0, "another account has none");
	put(old, "another one");
	free(alice);
	alice = accountfile_adopt(USERFILE_DATA, "alice@example.org", "key", &trouble);
	ok(holds(alice, "the one of all") && holds(old, "another one"), "who has one keeps it");
	free(bob);
	bob = accountfile_path(USERFILE_DATA, "bob@example.org", "key", &trouble);
	ok(access(bob, F_OK) != 0 && access(old, F_OK) == 0, "to ask for the name takes nothing");
	free(alice);
	free(bob);
	free(old);

	old = userfile_path(USERFILE_DATA, "accounts/%c3%9cmit@example.org/key", &trouble);
	put(old, "of an older spelling");
	alice = accountfile_adopt(USERFILE_DATA, "\xc3\xbcmit@example.org", "key", &trouble);
	ok(holds(alice, "of an older spelling") && access(old, F_OK),
	   "another spelling of the same account is the account's");
	free(alice);
	put(old, "older still");
	alice = accountfile_adopt(USERFILE_DATA, "\xc3\xbcmit@example.org", "key", &trouble);
	ok(holds(alice, "of an older spelling"), "and nothing where it has its own");
	free(alice);
	free(old);

	old = userfile_path(USERFILE_DATA, "accounts/carol@example.org", &trouble);
	put(old, "in the way");
	alice = accountfile_adopt(USERFILE_DATA, "carol@example.org", "key", &trouble);
	ok(alice && userfile_read(alice, &content, &trouble) < 0,
	   "what is in the way is no file that is not there");
	is_int(trouble.id, MSG_STATE_FILE, "but said");
	buf_finish(&content);
	free(alice);
	free(old);
}

int main(void)
{
	char command[64];

	log_set_level(0);
	if (!mkdtemp(base))
		return 1;
	setenv("XDG_DATA_HOME", base, 1);
	test_directory();
	test_long();
	test_adopt();
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command) || tap_done();
}
