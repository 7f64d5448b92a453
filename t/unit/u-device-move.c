/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device leaves this machine and comes back, as far as the disk and the file let it. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accountfile.h"
#include "alloc.h"
#include "device-archive.h"
#include "device-move.h"
#include "io.h"
#include "log.h"
#include "state-files.h"
#include "tap.h"
#include "userfile.h"

static const char bob[] = "bob@example.org", alice[] = "alice@example.org";
static const char passphrase[] = "four words and more";
static char home[] = "device-move.XXXXXX", directory[PATH_MAX];
static struct message trouble;

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
	is_int(said_of(alice, pem, ""), MSG_EXPORT_OTHER, "one of another account is not ours");
	is_int(said_of(bob, pem, "a line of a later version\n"), MSG_STATE_FILE,
	       "a table that is not understood is not cut down to what is");
	is_int(said_of(bob, "", ""), MSG_STATE_FILE, "without a key there is no device");
	is_int(said_of(bob, "-----END CERTIFICATE-----\n", ""), MSG_STATE_FILE,
	       "nor with half of one");
	free(pem);
}

static void test_move(const struct device_key *key, struct trust *trust)
{
	const unsigned char *fp = device_key_fingerprint(key);
	static const unsigned char hers[FINGERPRINT_BYTES] = { 1, 2, 3 };
	char *path = in_home("file");
	struct device_move move;
	bool changed;

	trust_observe(trust, alice, hers, 1, &changed);
	is_int(device_move_export(path, passphrase, bob, key, trust, &trouble), 0, "it leaves");
	ok(!has_key(fp), "its key is not used");
	is_int(trouble.id, MSG_DEVICE_EXPORTED, "which is said, and no other one is made");
	is_int(device_move_export(path, passphrase, bob, key, trust, &trouble), -1,
	       "no file is written over");
	is_int(device_move_read(path, passphrase, bob, &move, &trouble), 0, "the file is read");
	is_int(trust_lookup(move.trust, alice, hers), trust_lookup(trust, alice, hers),
	       "it knows whom the device knew");
	is_int(device_move_import(&move, bob, &trouble), 0, "it comes back");
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
	is_int(device_move_export(path, passphrase, bob, key, trust, &trouble), -1,
	       "a key that cannot be given up does not leave");
	ok(access(path, F_OK) != 0, "and no file with it is left");
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
	if (!mkdtemp(home) || !realpath(home, directory))
		return 1;
	setenv("XDG_DATA_HOME", directory, 1);
	setenv("XDG_STATE_HOME", directory, 1);
	key = state_files_key(bob, &trouble);
	if (ok(key != NULL, "a device is made")) {
		test_contents(key);
		test_move(key, trust);
		test_kept(key, trust);
	}
	device_key_destroy(key);
	trust_destroy(trust);
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the directory is removed");
	free(command);
	return tap_done();
}
