/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "masking.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static struct masking m;

static void becomes(const char *line, const char *expected, const char *name)
{
	struct buf out = { 0 };

	masking_line(&m, line, &out);
	is_str(buf_str(&out), expected, name);
	buf_finish(&out);
}

static void test_looks(void)
{
	becomes("online as alice@example.org/git.tj5aapswkpah22kj",
		"online as buddy-1@server-1/...", "an address, and what is behind it");
	becomes("bob@example.org: asks", "buddy-2@server-1: asks", "another person, same server");
	becomes("alice@example.org, again", "buddy-1@server-1, again", "the same one");
	becomes("session upload-pack bob@example.org/my secret repo: waiting -> asking",
		"session upload-pack buddy-2@server-1/...: waiting -> asking",
		"a share with blanks ends before a colon");
	becomes("may push 'my share', as 'x'", "may push 'name-1', as 'name-2'", "quotes");
	becomes("named 'dogs' home' there", "named 'name-3' there", "a quote in a name");
	becomes("named 'Bob's laptop' there", "named 'name-4' there", "and one in a word");
	becomes("dialling 192.0.2.7:4711 and [2001:db8::7]:4711",
		"dialling address-1 and address-2", "addresses of the Internet");
	becomes("2001:db8::8.", "address-3.", "a full stop is not of them");
	becomes("serving /run/user/1000/git-xmpp/socket", "serving path-1", "a path");
	becomes("(in ~/src/secret)", "(in path-2)", "a path in brackets");
	becomes("refs/heads/secret moved", "path-3 moved", "the name of a ref");
	becomes("connected to xmpp.example.net", "connected to server-2", "a domain");
	becomes("git 2.39.5 and 0.1.0", "git 2.39.5 and 0.1.0", "versions are not");
	becomes("device tj5aapswkpah22kj is", "device id-1 is", "the id of a device");
	becomes("key 00112233445566778899aabb", "key id-2", "a fingerprint");
	becomes("key 2C45 662F EE2F 9E54, then", "key id-3, then", "one in groups");
	becomes("key 2C45 662F EE2F 9E54 then", "key id-3 then", "with a word behind it");
	becomes("in 2026 there were 4000 of", "in 2026 there were 4000 of", "a number is none");
	becomes("with token=hunter2 sent", "with token=... sent", "a value");
	becomes("caf\xc3\xa9 is a word", "name-5 is a word", "what is not ASCII");
	becomes("sha256//3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= is", "path-4 is", "a key");
	becomes("link handshake -> up, new", "link handshake -> up, new", "words are left");
	becomes("", "", "nothing");
	becomes("'", "'", "a quote alone");
	becomes("@", "buddy-3@server-3", "an address of nothing");
}

static void test_known(void)
{
	masking_know(&m, MASK_SHARE, "dotfiles");
	masking_know(&m, MASK_NAME, "old laptop");
	masking_know(&m, MASK_NAME, "x");
	masking_know(&m, MASK_NAME, NULL);
	becomes("dotfiles has moved", "share-1 has moved", "a name that is known");
	becomes("Dotfiles", "share-1", "in any case of letters");
	becomes("the old laptop is online", "the name-6 is online", "one with a blank in it");
	becomes("my-dotfiles-2 is", "name-7 is", "in the middle of a word");
	becomes("x is too short", "x is too short", "one letter is not looked for");
	becomes("in 'dotfiles'", "in 'share-1'", "in quotes it is the same");
}

int main(void)
{
	test_looks();
	test_known();
	masking_finish(&m);
	return tap_done();
}
