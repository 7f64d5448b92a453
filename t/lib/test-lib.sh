# SPDX-License-Identifier: GPL-3.0-or-later
#
# The test library, in the manner of git's own: a script sources this file,
# says test_expect_success 'sentence' 'body' and ends with test_done. It
# speaks TAP. Bodies run in $TRASH, each with a log that is shown when it
# fails; $TRASH is then kept. Options: -v (show every log), -x (trace the
# bodies; needs bash), --valgrind (brokers run under valgrind).

. "$(dirname "$0")/lib/lib-sandbox.sh"

verbose=
trace=
for option
do
	case $option in
	-v) verbose=t ;;
	-x) trace=t ;;
	--valgrind) VALGRIND=1 ;;
	*) echo "usage: ${0##*/} [-v] [-x] [--valgrind]" >&2; exit 129 ;;
	esac
done
export VALGRIND

sandbox_init
cd "$TRASH" || exit 1
mkdir "$TRASH/log"

GIT_AUTHOR_NAME='A U Thor'
GIT_AUTHOR_EMAIL=author@example.com
GIT_COMMITTER_NAME='C O Mitter'
GIT_COMMITTER_EMAIL=committer@example.com
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
git config --global init.defaultBranch main
git config --global gc.auto 0
git config --global maintenance.auto false

test_count=0
test_failed=0
test_finished=
test_skipped_all=

test_atexit () {
	at_exit "$1"
}

say_log () {
	sed 's/^/# /' "$1"
}

# What the failed body printed, and the ends of what the programs wrote.
test_explain () {
	local file

	echo "# failed: $1"
	printf '%s\n' "$2" | sed 's/^/#   /'
	tail -n 60 "$TRASH/test.log" | sed 's/^/# /'
	for file in "$TRASH"/log/*
	do
		test -s "$file" || continue
		echo "# --- the end of ${file##*/}:"
		tail -n 15 "$file" | sed -e 's/^/# /' -e '$a\'
	done
}

# test_expect_success [<prerequisite command>] <sentence> <body>
test_expect_success () {
	local needs status

	needs=
	if test $# -eq 3
	then
		needs=$1
		shift
	fi
	test_count=$((test_count + 1))
	if test -n "$needs" && ! eval "$needs" >/dev/null 2>&1
	then
		echo "ok $test_count - $1 # SKIP needs: $needs"
		return
	fi

	cd "$TRASH" || exit 1
	test_run "$2"
	status=$?
	cd "$TRASH" || exit 1
	if test $status -eq 0
	then
		echo "ok $test_count - $1"
	else
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - $1"
		# meson shows the standard error of a test that fails, no more.
		test_explain "$test_count - $1" "$2" >&2
	fi
	test -z "$verbose" || say_log "$TRASH/test.log"
}

# The body's last status.
test_run () {
	if test -n "$trace" && test -n "$BASH_VERSION"
	then
		exec 9>"$TRASH/trace.log"
		BASH_XTRACEFD=9
		eval "set -x; $1
set +x" >"$TRASH/test.log" 2>&1 </dev/null
		set -- $?
		set +x
		cat "$TRASH/trace.log" >>"$TRASH/test.log"
		return "$1"
	fi
	eval "$1" >"$TRASH/test.log" 2>&1 </dev/null
}

# The command fails by itself: neither by a signal nor for want of a program.
test_must_fail () {
	local code

	"$@"
	code=$?
	if test $code -eq 0
	then
		echo "should have failed: $*"
		return 1
	elif test $code -gt 128 && test $code -lt 192 && test $code -ne 129
	then
		echo "died of signal $((code - 128)): $*"
		return 1
	elif test $code -eq 127 || test $code -eq 126
	then
		echo "could not be run: $*"
		return 1
	fi
}

# test_expect_code <code> <command...>
test_expect_code () {
	local want code

	want=$1
	shift
	"$@"
	code=$?
	test $code -eq "$want" && return
	echo "exit status $code instead of $want: $*"
	return 1
}

test_cmp () {
	diff -u "$@"
}

test_is_empty () {
	test ! -s "$1" && return
	echo "not empty: $1"
	cat "$1"
	return 1
}

# test_line_count <operator> <number> <file>
test_line_count () {
	test "$(wc -l <"$3")" "$1" "$2" && return
	echo "line count of $3 is not $1 $2:"
	cat "$3"
	return 1
}

# has_message <id> <file>: a line of the file is this message of the catalogue, in words or in JSON.
# Each id is said by some test: t0011-messages looks for these words.
has_message () {
	"$BUILD/t/messages" of <"$2" >"$TRASH/message.ids" && grep -qx -e "$1" "$TRASH/message.ids" && return
	echo "no $1 in $2, but:"
	cat "$2" "$TRASH/message.ids"
	return 1
}

# Says at the end of a script that it cannot run here.
test_skip_all () {
	test_skipped_all=t
	echo "1..0 # SKIP $1"
	exit 0
}

# test_is_scram_loss <report>: of the address sanitizer, and all that it says is what
# valgrind.supp names: what libstrophe has for a login that is cut in SCRAM, two pointers and
# what they lead to.
test_is_scram_loss () {
	awk '
	/^ *==.*ERROR: / && !/LeakSanitizer/ || /runtime error/ { other = 1 }
	/^(Direct|Indirect) leak of / { leaks++; found = 0 }
	/^Direct leak of / && $4 != 16 * $7 { other = 1 }
	# Below malloc(), xmalloc() and, where no call is made a jump, our allocator.
	/ #[23] / && /libstrophe\.so/ && !found { allocated++; found = 1 }
	END { exit other || !leaks || allocated != leaks }' "$1"
}

test_no_leftovers () {
	local file

	# Explicitly 1: a bare return in a trap gives the status from before it.
	sandbox_leftovers || return 1
	for file in "$TRASH"/sanitizer.*
	do
		test -e "$file" || continue
		! test_is_scram_loss "$file" || continue
		echo "a sanitizer reports:"
		cat "$file"
		return 1
	done
}

test_on_exit () {
	local code

	code=$?
	trap - EXIT INT TERM HUP
	cd "$TRASH" || exit 1
	sandbox_finish >"$TRASH/test.log" 2>&1
	if test -n "$test_skipped_all"
	then
		cd / && rm -rf "$TRASH"
		exit 0
	fi

	# Judged last, when everything that may run has been ended.
	test_expect_success 'nothing is left running and no sanitizer complains' test_no_leftovers
	if test -z "$test_finished"
	then
		test_count=$((test_count + 1))
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - the script runs to its end (status $code)"
	fi
	echo "1..$test_count"
	if test $test_failed -gt 0
	then
		echo "# failed $test_failed of $test_count; kept: $TRASH"
		exit 1
	fi
	cd / && rm -rf "$TRASH"
	exit 0
}

trap test_on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

test_done () {
	test_finished=t
	exit 0
}

test -x "$BUILD/git-xmpp-daemon" || test_skip_all "nothing is built in $BUILD"
