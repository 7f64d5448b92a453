/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-rows.h"

#include "fuzz.h"

#define ID     "000102030405060708090a0b"
#define OBJECT "95d09f2b10159347eece71399a7e2e907ea3df4f"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("id=" ID "\0more=1\0share=project\0right=push\0head=refs/heads/main\0"
		  "object=" OBJECT "\0changed=1700000000\0share=a/b c\0right=fetch\0"),
	FUZZ_SEED("id=" ID "\0state=busy\0"),
	FUZZ_SEED("share=a\0share=b\0new=1\0changed=18446744073709551615\0"),
	{ NULL, 0 },
};

/* What parses is written in a way that parses to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fields f = { (const char *)data, n };
	struct share_row row, again;
	size_t pos = 0, at = 0;
	const char *fault;

	if (!fields_valid(f))
		return 0;
	shares_id(f);
	while (share_rows_next(f, &pos, &row, &fault) > 0) {
		struct buf out = { 0 };
		size_t begin = 0;

		must(share_name_valid(row.name) && pos > at && pos <= n);
		at = pos;
		share_row_write(&row, &out);
		must(share_rows_next((struct fields){ buf_data(&out), buf_len(&out) }, &begin,
				     &again, &fault) == 1);
		must(!memcmp(&again, &row, sizeof(row)));
		buf_finish(&out);
	}
	return 0;
}
