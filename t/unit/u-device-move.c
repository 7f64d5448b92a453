/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device leaves this machine and comes back, as far as the disk and the file let it. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accountfile.h"
#include "alloc.h"
#include "device-archive.h"
#include "device-move.h"
#include "digest.h"
#include "io.h"
#include "log.h"
#include "state-files.h"
#include "said.h"
#include "scrypt-price.h"
#include "tap.h"
#include "userfile.h"

static const char bob[] = "bob@example.org", alice[] = "alice@example.org";
static const char passphrase[] = "four words and more";
static char home[] = "device-move.XXXXXX", directory[PATH_MAX];
static struct message trouble;
static struct invitations *invitations;
static struct joinings *joinings;

static char *in_home(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static bool has_key(const unsigned char *fp)
{
	struct device_key *key = state_files_key(bob, &trouble);
	bool same = key && !memcmp(device_key_fingerprint(key), fp, FINGERPRINT_BYTES);

	device_key_destroy(key);
	return same;
}

/* What is said of a file with this content. */
static enum message_id said_of(const char *jid, const char *pem, const char *table)
{
	char *path = in_home("made"), *content = xasprintf("jid %s\n%s%s", jid, pem, table);
	struct buf archive = { 0 };
	struct device_move move;

	archive_seal(content, strlen(content), passphrase, &archive);
	userfile_write(path, buf_data(&archive), buf_len(&archive), &trouble);
	trouble.id = MSG_NONE;
	if (!device_move_read(path, passphrase, bob, &move, &trouble))
		trouble.id = MSG_NONE;
	device_move_finish(&move);
	unlink(path);
	buf_finish(&archive);
	free(content);
	free(path);
	return trouble.id;
}

static void test_contents(const struct device_key *key)
{
	char *pem = device_key_pem(key);

	is_int(said_of(bob, pem, ""), MSG_NONE, "a device that knows nobody is one");
	says(said_of(alice, pem, ""), MSG_EXPORT_OTHER, "one of another account is not ours");
	says(said_of(bob, pem, "a line of a later version\n"), MSG_STATE_FILE,
	       "a table that is not understood is not cut down to what is");
	is_int(said_of(bob, pem, "invitations\n"), MSG_NONE, "nor need one have invited anybody");
	says(said_of(bob, pem, "invitations\ninvitations\n"), MSG_STATE_FILE,
	       "an invitation that is not understood is not left out");
	is_int(said_of(bob, pem, "invitations\njoinings\n"), MSG_NONE, "nor need one wait to join");
	says(said_of(bob, pem, "joinings\n"), MSG_STATE_FILE, "the tables have an order");
	says(said_of(bob, pem, "invitations\njoinings\n1 2 xmpp:a@b?git-join\n"), MSG_STATE_FILE,
	       "what waits and is not understood is not left out");
	says(said_of(bob, "", ""), MSG_STATE_FILE, "without a key there is no device");
	says(said_of(bob, "-----END CERTIFICATE-----\n", ""), MSG_STATE_FILE,
	       "nor with half of one");
	free(pem);
}

/* How many invitations bob's file has; -1: there is no file. */
static int invited(void)
{
	char *path = accountfile_path(USERFILE_STATE, bob, "invitations", &trouble);
	struct invitations *all = invitations_create(openssl_digests.hmac);
	int n = access(path, F_OK) ? -1 : 0;

	state_files_read_invitations(bob, all, &trouble);
	for (const struct invitation *one = invitations_first(all); one; one = one->next)
		n += invitation_is_open(one, time(NULL));
	invitations_destroy(all);
	free(path);
	return n;
}

/* How many invitations of others wait in bob's file; -1: there is no file. */
static int waiting(void)
{
	char *path = accountfile_path(USERFILE_STATE, bob, "joinings", &trouble);
	struct joinings *all = joinings_create();
	int n = access(path, F_OK) ? -1 : 0;

	state_files_read_joinings(bob, all, &trouble);
	for (const struct joining *one = joinings_first(all); one; one = one->next)
		n += one->link.secret[0] == 9;
	joinings_destroy(all);
	free(path);
	return n;
}

static void be_invited(void)
{
	struct invitation_link link = { .jid = "alice@example.org", .secret = { 9 } };
	uint32_t random = 1;

	joinings_add(joinings, &link, time(NULL), 0, &random);
	state_files_write_joinings(bob, joinings, &trouble);
}

static void invite(void)
{
	struct invitation one = { .made = time(NULL), .id = "00112233", .secret = { 7 } };

	one.expires = one.made + 1000;
	invitations_add(invitations, &one, one.made);
	state_files_write_invitations(bob, invitations, &trouble);
}

static void test_move(const struct device_key *key, struct trust *trust)
{
	const unsigned char *fp = device_key_fingerprint(key);
	static const unsigned char hers[FINGERPRINT_BYTES] = { 1, 2, 3 };
	char *path = in_home("file");
	struct device_move move;
	bool changed;

	trust_observe(trust, alice, hers, 1, &changed);
	is_int(device_move_export(path, passphrase, bob, key, trust, invitations, joinings,
				  &trouble),
	       0, "it leaves");
	is_int(invited(), -1, "with the invitations, of which none is left");
	is_int(waiting(), -1, "nor of those of others, which wait");
	ok(!has_key(fp), "its key is not used");
	says(trouble.id, MSG_DEVICE_EXPORTED, "which is said, and no other one is made");
	is_int(device_move_export(path, passphrase, bob, key, trust, invitations, joinings,
				  &trouble),
	       -1, "no file is written over");
	is_int(device_move_read(path, passphrase, bob, &move, &trouble), 0, "the file is read");
	is_int(trust_lookup(move.trust, alice, hers), trust_lookup(trust, alice, hers),
	       "it knows whom the device knew");
	is_int(device_move_import(&move, bob, &trouble), 0, "it comes back");
	is_int(invited(), 1, "with the invitations");
	is_int(waiting(), 1, "and those of others");
	ok(has_key(fp), "as the same");
	device_move_finish(&move);
	unlink(path);
	free(path);
}

/* The key cannot be moved away, because it is not there. */
static void test_kept(const struct device_key *key, const struct trust *trust)
{
	char *path = in_home("file"), *file = accountfile_path(USERFILE_DATA, bob, "key", &trouble);

	unlink(file);
	is_int(device_move_export(path, passphrase, bob, key, trust, invitations, joinings,
				  &trouble),
	       -1, "a key that cannot be given up does not leave");
	ok(access(path, F_OK) != 0, "and no file with it is left");
	is_int(invited(), 1, "nor are the invitations gone");
	is_int(waiting(), 1, "nor those of others");
	free(file);
	free(path);
}

int main(void)
{
	struct trust *trust = trust_create();
	struct device_key *key;
	char *command;

	log_init();
	log_set_level(LOG_ERROR);
	/* u-device-archive has the price. */
	scrypt_cheap = true;
	invitations = invitations_create(openssl_digests.hmac);
	joinings = joinings_create();
	if (!mkdtemp(home) || !realpath(home, directory))
		return 1;
	setenv("XDG_DATA_HOME", directory, 1);
	setenv("XDG_STATE_HOME", directory, 1);
	key = state_files_key(bob, &trouble);
	if (ok(key != NULL, "a device is made")) {
		invite();
		be_invited();
		test_contents(key);
		test_move(key, trust);
		test_kept(key, trust);
	}
	device_key_destroy(key);
	trust_destroy(trust);
	invitations_destroy(invitations);
	joinings_destroy(joinings);
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the directory is removed");
	free(command);
	return tap_done();
}
