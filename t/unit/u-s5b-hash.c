/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "s5b-hash.h"
#include "tap.h"

static void test_hash(void)
{
	char hash[SOCKS5_HASH_LEN + 1];

	s5b_hash("vxf9n471bn46", "requester@example.com/foo", "target@example.org/bar", hash);
	is_str(hash, "98b8d688d0f5d895fd41c5e7309a2e9e33ba32ff", "the hash is that of sha1sum");
	s5b_hash("vxf9n471bn46", "requester@example.com/", "footarget@example.org/bar", hash);
	is_str(hash, "98b8d688d0f5d895fd41c5e7309a2e9e33ba32ff", "of the three, joined");
	s5b_hash("", "", "", hash);
	is_str(hash, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "and of nothing");
}

int main(void)
{
	test_hash();
	return tap_done();
}
