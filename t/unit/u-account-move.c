/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device goes from one account to another, as far as the disk lets it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account-move.h"
#include "accountfile.h"
#include "alloc.h"
#include "identity.h"
#include "log.h"
#include "state-files.h"
#include "said.h"
#include "tap.h"
#include "userfile.h"

static const char old[] = "alice@example.org", new[] = "alice@example.net";
static const char other[] = "alice@example.com";
static const unsigned char bobs[FINGERPRINT_BYTES] = { 1, 2, 3 };
static char home[] = "account-move.XXXXXX", directory[PATH_MAX];
static struct message trouble;

static bool has_key(const char *jid, const unsigned char *fp)
{
	struct device_key *key = state_files_key(jid, &trouble);
	bool same = key && !memcmp(device_key_fingerprint(key), fp, FINGERPRINT_BYTES);

	device_key_destroy(key);
	return same;
}

static enum trust_state trusts(const char *jid)
{
	struct trust *trust = trust_create();
	enum trust_state state;

	state_files_read_trust(jid, trust, &trouble);
	state = trust_lookup(trust, "bob@example.org", bobs);
	trust_destroy(trust);
	return state;
}

static bool exists(enum userfile_place place, const char *jid, const char *name)
{
	char *path = accountfile_path(place, jid, name, &trouble);
	bool is_there = path && !access(path, F_OK);

	free(path);
	return is_there;
}

static void put(enum userfile_place place, const char *jid, const char *name)
{
	char *path = accountfile_path(place, jid, name, &trouble);

	userfile_write(path, "\n", 1, &trouble);
	free(path);
}

/* The key cannot be renamed: all is as it was, and a second try does it. */
static void test_failure(const unsigned char *fp, const struct trust *trust)
{
	char *path = accountfile_path(USERFILE_DATA, new, "key", &trouble);

	mkdir(path, 0700);
	is_int(account_move(old, new, trust, &trouble), -1, "a key that cannot be moved");
	says(trouble.id, MSG_STATE_FILE, "is said");
	ok(has_key(old, fp), "and stays where it was");
	ok(!account_move_done(old, new), "so it is not done");
	account_move_tidy(old, new);
	is_int(trusts(old), TRUST_VERIFIED, "and nothing is taken away");
	rmdir(path);
	free(path);
}

static void test_move(const unsigned char *fp, const struct trust *trust)
{
	int lock = identity_lock(old, &trouble);

	/* What an earlier stay at the new address has left. */
	put(USERFILE_STATE, new, "invitations");
	put(USERFILE_DATA, new, "key.exported");
	put(USERFILE_STATE, old, "invitations");
	put(USERFILE_STATE, old, "notices");
	put(USERFILE_STATE, new, "joinings");
	put(USERFILE_STATE, old, "joinings");
	is_int(account_move_check(new, &trouble), 0, "it may move");
	is_int(account_move(old, new, trust, &trouble), 0, "and does");
	close(lock);
	ok(account_move_done(old, new) && !account_move_done(old, other) &&
		   !account_move_done(new, old),
	   "which can be told");
	ok(has_key(new, fp), "it is the device of the new address");
	is_int(trusts(new), TRUST_VERIFIED, "and trusts whom it did");
	ok(!exists(USERFILE_STATE, new, "invitations"), "no invitation is open there");
	ok(!exists(USERFILE_STATE, new, "joinings"), "none of an earlier stay waits");
	ok(!has_key(old, fp), "the old address has no key,");
	says(trouble.id, MSG_ACCOUNT_MOVED, "which is said,");
	ok(!exists(USERFILE_DATA, old, "key"), "and none is made");
	account_move_tidy(old, new);
	ok(!exists(USERFILE_STATE, old, "devices") && !exists(USERFILE_STATE, old, "invitations") &&
		   !exists(USERFILE_DATA, new, "key.exported"),
	   "nothing is left");
	ok(exists(USERFILE_STATE, new, "notices") && !exists(USERFILE_STATE, old, "notices"),
	   "notices go along");
	ok(exists(USERFILE_STATE, new, "joinings") && !exists(USERFILE_STATE, old, "joinings"),
	   "so do the invitations of others");
	account_move_tidy(old, new);
	ok(has_key(new, fp) && exists(USERFILE_STATE, new, "notices"), "it may be said twice");
}

static void test_in_use(const unsigned char *fp, const struct trust *trust)
{
	struct trust *none = trust_create();
	int lock;

	device_key_destroy(state_files_key(other, &trouble));
	state_files_write_trust(other, none, &trouble);
	is_int(account_move_check(other, &trouble), 0, "a device that knows nobody makes room");
	state_files_write_trust(other, trust, &trouble);
	is_int(account_move(new, other, trust, &trouble), -1, "one that trusts somebody does not");
	says(trouble.id, MSG_ACCOUNT_IN_USE, "which is said");
	ok(has_key(new, fp), "and nothing has changed");
	lock = identity_lock(old, &trouble);
	is_int(account_move(new, old, trust, &trouble), -1, "nor to where a broker is");
	says(trouble.id, MSG_KEY_IN_USE, "which is said");
	close(lock);
	is_int(account_move(new, old, trust, &trouble), 0, "it goes back");
	account_move_tidy(new, old);
	ok(has_key(old, fp) && !exists(USERFILE_DATA, old, "moved"), "as if it had not been away");
	is_int(trusts(old), TRUST_VERIFIED, "with whom it trusts");
	trust_destroy(none);
}

int main(void)
{
	struct trust *trust = trust_create();
	struct device_key *key;
	char *command;

	log_init();
	log_set_level(LOG_ERROR);
	if (!mkdtemp(home) || !realpath(home, directory))
		return 1;
	setenv("XDG_DATA_HOME", directory, 1);
	setenv("XDG_STATE_HOME", directory, 1);
	trust_admit(trust, "bob@example.org", bobs, 1);
	key = state_files_key(old, &trouble);
	state_files_write_trust(old, trust, &trouble);
	if (ok(key != NULL, "a device is made")) {
		test_failure(device_key_fingerprint(key), trust);
		test_move(device_key_fingerprint(key), trust);
		test_in_use(device_key_fingerprint(key), trust);
	}
	device_key_destroy(key);
	trust_destroy(trust);
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the directory is removed");
	free(command);
	return tap_done();
}
