/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fuzz.h"
#include "json-read.h"
#include "json.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("{\"event\":\"init\",\"remote\":\"origin\",\"concurrent\":true}"),
	FUZZ_SEED("{\"action\":{\"href\":[1,{}]},\"event\":\"a\\ud83d\\ude00\\n\"}"),
	FUZZ_SEED("{ \"size\" : 12e3 , \"event\" : null }\n"),
	{ NULL, 0 },
};

/* What is read once, and written as JSON, is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct buf value = { 0 }, again = { 0 }, out = { 0 };

	if (json_read_member(text, "event", &value)) {
		must(strlen(buf_str(&value)) == buf_len(&value));
		json_open(&out, NULL, '{');
		json_string(&out, "event", buf_str(&value));
		json_close(&out, '}');
		must(json_read_member(buf_str(&out), "event", &again));
	}
	buf_finish(&value);
	buf_finish(&again);
	buf_finish(&out);
	free(text);
	return 0;
}
