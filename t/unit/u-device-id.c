/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-id.h"
#include "hex.h"
#include "tap.h"

static void test_of(void)
{
	static const struct {
		const char *hex, *id;
	} ids[] = {	/* RFC 4648 alphabet: "foobarfoob" is mzxw6ytb ojtg633c */
		{ "666f6f626172666f6f62", "mzxw6ytbojtg633c" },
		{ "00000000000000000000", "aaaaaaaaaaaaaaaa" },
		{ "ffffffffffffffffffff", "7777777777777777" },
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		unsigned char fp[FINGERPRINT_BYTES] = { 0 };
		char id[DEVICE_ID_LEN + 1];

		hex_decode(ids[i].hex, fp, 10);
		device_id_of(fp, id);
		is_str(id, ids[i].id, "a device id");
	}
}

static void test_valid(void)
{
	ok(device_id_valid("mzxw6ytbojtg633c"), "a device id is one");
	ok(!device_id_valid("mzxw6ytbojtg633"), "not what is shorter");
	ok(!device_id_valid("mzxw6ytbojtg633ca"), "not what is longer");
	ok(!device_id_valid("Mzxw6ytbojtg633c"), "not in capitals");
	ok(!device_id_valid("mzxw6ytbojtg6331"), "not with a digit that base32 has not");
	ok(!device_id_valid(""), "not nothing");
}

int main(void)
{
	test_of();
	test_valid();
	return tap_done();
}
