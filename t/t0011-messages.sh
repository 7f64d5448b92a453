#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Each message of the catalogue is said somewhere, and some test makes the programs say it.
#
# A unit test shows what the code under test has said to says() (t/lib/said.h); it is run here, and
# its lines are read. A script shows it to has_message (t/lib/test-lib.sh); that is read in the
# script, where a step in which a broker is played and sends the id itself does not count.

. "$(dirname "$0")/lib/test-lib.sh"

"$BUILD/t/messages" list >catalogue
cut -f1 catalogue | sort >ids
SQ="'"

# by_units <unit>...: the ids that they have made the code say.
by_units () {
	local unit

	for unit
	do
		"$BUILD/t/$unit" 2>/dev/null || { echo "$unit fails" >&2; return 1; }
	done | sed -n 's/^ok [0-9]* - says \([a-z-]*\): .*/\1/p'
}

# by_scripts <script>...: the ids that has_message of a step is asked for, without those that
# the step itself has a broker say.
by_scripts () {
	awk '
	function over(	id) {
		for (id in asked)
			if (!(id in played))
				print id
		split("", asked)
		split("", played)
	}
	/^test_expect_success / { over() }
	/^[[:space:]]*#/ { next }
	{
		line = $0
		while (match(line, /has_message [a-z-]+ /)) {
			asked[substr(line, RSTART + 12, RLENGTH - 13)]
			line = substr(line, RSTART + RLENGTH)
		}
		line = $0
		while (match(line, /[:,]id=[a-z-]+/)) {
			played[substr(line, RSTART + 4, RLENGTH - 4)]
			line = substr(line, RSTART + RLENGTH)
		}
	}
	END { over() }' "$@"
}

units () {
	(cd "$TOP/t/unit" && grep -l '"said.h"' u-*.c) | sed 's/\.c$//'
}

test_expect_success 'each id is provoked by a test' '
	{ by_units $(units) && by_scripts "$TOP"/t/t[1-9]*.sh "$TOP"/t/t0*.sh; } | sort -u >provoked &&
	comm -23 ids provoked >missing && test_is_empty missing
'

test_expect_success '... and no test expects one that is none' '
	comm -13 ids provoked >unknown && test_is_empty unknown
'

test_expect_success 'each id is in the code that says it' '
	sed -n "s/.*\[\(MSG_[A-Z_]*\)\] = { \"\([a-z-]*\)\",.*/\1 \2/p" "$TOP/common/message.c" | grep -vx "MSG_NONE none" >rows &&
	cut -d" " -f2 rows | sort >named && test_cmp ids named &&
	while read -r id name
	do
		grep -rqw "$id" "$TOP/daemon" "$TOP/helper" "$TOP/common" --include="*.c" --exclude=message.c || echo "$name"
	done <rows >dead && test_is_empty dead
'

test_expect_success 'a step that plays the broker proves nothing, nor does a comment' '
	cat >t9999.sh <<-END &&
	# has_message from-a-comment err
	test_expect_success ${SQ}one${SQ} ${SQ}
		fake open:Q "send:!:id=not-buddy,message=no" && has_message not-buddy err && has_message timeout err
	${SQ}
	test_expect_success ${SQ}two${SQ} ${SQ}
		has_message busy err && has_message bad-jid out
	${SQ}
	END
	by_scripts t9999.sh | sort >seen && printf "%s\n" bad-jid busy timeout >expect && test_cmp expect seen
'

test_expect_success 'no text is taken for another one' '
	cut -f2 catalogue | sed "s/{[a-z_]*}/x y/g" >texts && "$BUILD/t/messages" of <texts >read &&
	cut -f1 catalogue >expect && test_cmp expect read
'

test_done
