/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "device-archive.h"
#include "scrypt-price.h"
#include "tap.h"

static const char content[] = "jid bob@localhost\na key and a table\n";
static const char passphrase[] = "four words and more";

static enum archive_result opens(const struct buf *archive, size_t n, const char *with)
{
	struct buf out = { 0 };
	enum archive_result result = archive_open(buf_data(archive), n, with, &out);

	if (result == ARCHIVE_DONE)
		is_str(buf_str(&out), content, "what comes out is what went in");
	else
		is_int(buf_len(&out), 0, "nothing comes out");
	buf_finish(&out);
	return result;
}

/* A byte of each part: salt, nonce, content, tag. */
static void test_changed(struct buf *archive)
{
	size_t n = buf_len(archive);
	size_t places[] = { 18, 18 + 16, 18 + 16 + 12 + 4, n - 1 };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		buf_data(archive)[places[i]] ^= 1;
		is_int(opens(archive, n, passphrase), ARCHIVE_LOCKED, "a changed byte is noticed");
		buf_data(archive)[places[i]] ^= 1;
	}
}

/* The numbers of device-archive.h. */
static void has_its_price(const char *what)
{
	is_int(scrypt_price.n, 1 << 17, what);
	is_int(scrypt_price.r, 8, "with this r");
	is_int(scrypt_price.p, 1, "and this p");
	scrypt_price = (struct scrypt_price){ 0 };
}

/* As users have it. */
static void test_price(void)
{
	struct buf archive = { 0 };

	archive_seal(content, strlen(content), passphrase, &archive);
	has_its_price("sealing has its price");
	is_int(opens(&archive, buf_len(&archive), passphrase), ARCHIVE_DONE, "it is opened");
	has_its_price("a guess has the same");
	buf_finish(&archive);
}

int main(void)
{
	struct buf archive = { 0 }, again = { 0 };
	size_t n;

	test_price();
	/* The others need not pay it. */
	scrypt_cheap = true;
	is_int(archive_seal(content, strlen(content), passphrase, &archive), ARCHIVE_DONE,
	       "a content is sealed");
	n = buf_len(&archive);
	ok(memcmp(buf_data(&archive) + 18 + 16 + 12, content, strlen(content)) != 0,
	   "it cannot be read in the file");
	is_int(opens(&archive, n, passphrase), ARCHIVE_DONE, "the passphrase opens it");
	is_int(opens(&archive, n, "four words and mor"), ARCHIVE_LOCKED, "another one does not");
	is_int(opens(&archive, n, ""), ARCHIVE_LOCKED, "nor does none");
	test_changed(&archive);
	is_int(opens(&archive, n - 1, passphrase), ARCHIVE_LOCKED, "it was cut by a byte");
	is_int(opens(&archive, 18 + 16 + 12 + 16, passphrase), ARCHIVE_LOCKED, "by its content");
	is_int(opens(&archive, 18, passphrase), ARCHIVE_LOCKED, "after its name");
	is_int(opens(&archive, 17, passphrase), ARCHIVE_FOREIGN, "in its name");
	is_int(opens(&archive, 0, passphrase), ARCHIVE_FOREIGN, "an empty file is none");
	buf_data(&archive)[16] = '2';
	is_int(opens(&archive, n, passphrase), ARCHIVE_FOREIGN, "nor is one of another version");
	is_int(archive_seal(content, strlen(content), passphrase, &again), ARCHIVE_DONE,
	       "the same content is sealed again");
	ok(memcmp(buf_data(&archive) + 18, buf_data(&again) + 18, n - 18) != 0,
	   "under another salt");
	buf_finish(&archive);
	buf_finish(&again);
	return tap_done();
}
