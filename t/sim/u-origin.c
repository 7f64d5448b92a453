/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the origin said of itself (S), and why it failed (R): a scenario for each, on the
 * real core in the simulator's world (stage.h). Documentation/origin.md has the rows, and
 * what tests those that need real brokers. STAGE_TRACE=1 in the environment prints the
 * minutes of a scenario that fails. An argument selects the scenarios whose names begin with
 * it.
 */
#include "origin.h"

#include "log.h"
#include "tap.h"

static void run(const struct scenario *s, const char *wanted)
{
	for (; s->name; s++) {
		const char *wrong;

		if (wanted && strncmp(s->name, wanted, strlen(wanted)))
			continue;
		wrong = perform(s->run);
		if (ok(!wrong, "%s", s->name))
			continue;
		printf("# %s\n", wrong);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	world_silence();
	run(origin_said, argc > 1 ? argv[1] : NULL);
	run(origin_causes, argc > 1 ? argv[1] : NULL);
	return tap_done();
}
