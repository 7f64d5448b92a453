# SPDX-License-Identifier: GPL-3.0-or-later
#
# A place of its own for a script that starts programs: one directory, an
# environment without the caller's git settings, processes that are all ended
# again. Sourced by test-lib.sh and by demo; POSIX sh with `local`.
#
# $TRASH is the directory, $TOP the source tree, $BUILD the build directory.

TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$TOP/build}

# Makes $TRASH and cleans the environment.
sandbox_init () {
	local name tmp

	# The path of a Unix socket has at most 107 bytes, and lists of
	# VAR=value are split at spaces: only a short, plain TMPDIR will do.
	tmp=${TMPDIR:-/tmp}
	case $tmp in
	*[!A-Za-z0-9/._-]*)
		tmp=/tmp ;;
	esac
	test ${#tmp} -le 40 || tmp=/tmp
	TRASH=$(mktemp -d "$tmp/gx.XXXXXX") || exit 1

	for name in $(env | sed -n 's/^\(GIT_[A-Z0-9_]*\)=.*/\1/p')
	do
		unset "$name"
	done
	unset CDPATH EDITOR VISUAL PAGER SSH_ASKPASS BASH_ENV ENV
	unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
	# A session of systemd's would be asked to start our brokers.
	unset DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET LISTEN_PID LISTEN_FDS JOURNAL_STREAM

	HOME=$TRASH/home
	mkdir "$HOME" || exit 1
	LC_ALL=C
	TZ=UTC
	PATH=$BUILD:$PATH
	GIT_CONFIG_NOSYSTEM=1
	GIT_TERMINAL_PROMPT=0
	export HOME LC_ALL TZ PATH GIT_CONFIG_NOSYSTEM GIT_TERMINAL_PROMPT

	# Each login would read all certificates of this machine; none of them is anybody's here.
	SSL_CERT_FILE=/dev/null
	SSL_CERT_DIR=$TRASH/no-certificates
	export SSL_CERT_FILE SSL_CERT_DIR

	# Sanitizers report into files, so that a report cannot get lost in a log.
	ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}:log_path=$TRASH/sanitizer
	UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}:log_path=$TRASH/sanitizer
	export ASAN_OPTIONS UBSAN_OPTIONS

	exit_commands=:
	started_pids=
}

# at_exit <command>: run it when the script ends; the last one given runs first.
at_exit () {
	exit_commands="$1; $exit_commands"
}

# wait_for <seconds> <command...>: true as soon as the command is, false if it
# is not so within that time, which is what a quiet machine needs at most: one
# that is busy with other things gets three times as much. It asks often at
# first, then four times a second, and in the end once: to ask is most of what
# a script computes.
# $WAITS is a file, or empty: it gets a line for each wait, with what it took.
wait_for () {
	local asked left pause twentieths began status

	asked=0
	left=$(($1 * 60))
	pause=0.05 twentieths=1
	began=${WAITS:+$(date +%s%N)}
	status=0
	shift

	while ! "$@"
	do
		asked=$((asked + 1))
		case $asked in
		3) pause=0.1 twentieths=2 ;;
		8) pause=0.25 twentieths=5 ;;
		14) pause=0.5 twentieths=10 ;;
		20) pause=1 twentieths=20 ;;
		esac
		left=$((left - twentieths))
		if test $left -le 0
		then
			echo "waited in vain for: $*"
			status=1
			break
		fi
		sleep $pause
	done
	test -z "$began" || wait_took "$began" $status "$@" >>"$WAITS"
	return $status
}

# wait_took <begin in ns> <status> <command...>
wait_took () {
	local took verdict

	took=$((($(date +%s%N) - $1) / 1000000))
	verdict=came
	test "$2" -eq 0 || verdict='in vain'
	shift 2
	printf '%s\t%d ms\t%s\t%s\n' "${0##*/}" $took "$verdict" "$*"
}

# What is asked of processes is asked often, and of many: it starts none itself.

# alive <pid>: it exists and is no zombie.
alive () {
	local field state

	while read -r field state
	do
		case "$field $state" in
		'State: Z'*)
			return 1 ;;
		'State: '*)
			return 0 ;;
		esac
	done 2>/dev/null <"/proc/$1/status"
	return 1
}

# is_called <pid> <name>: the first 15 bytes of it, as the kernel keeps it.
is_called () {
	local name

	read -r name 2>/dev/null <"/proc/$1/comm" && test "$name" = "$2"
}

gone () {
	! alive "$1"
}

# started <pid>: a process to be ended with the script.
started () {
	started_pids="$started_pids $1"
}

# end_process <pid> [<signal>]: ends a process of ours and waits for it; its
# exit status is in $ended_status. False if it had to be killed.
end_process () {
	local clean

	clean=true
	kill -"${2:-TERM}" "$1" 2>/dev/null
	if ! wait_for 10 gone "$1"
	then
		clean=false
		kill -KILL "$1" 2>/dev/null
	fi
	ended_status=0
	wait "$1" 2>/dev/null || ended_status=$?
	$clean
}

# A child of this shell, and not somebody else who got the number later.
is_child () {
	grep -qsx "PPid:[^0-9]*$$" "/proc/$1/status"
}

# Processes that live in this sandbox: its path is in their environment, as
# HOME or otherwise. That finds those which nobody knows the id of. (This
# shell is older than the sandbox, and the grep that is looking is left out.)
sandbox_processes () {
	local pid

	grep -lsF "$TRASH" /proc/[0-9]*/environ 2>/dev/null |
	while IFS=/ read -r _ _ pid _
	do
		if alive "$pid" && ! is_called "$pid" grep
		then
			echo "$pid"
		fi
	done
}

no_leftovers () {
	test -z "$(sandbox_processes)"
}

# Names every process that outlives those we ended, and ends it. False if
# there was one.
sandbox_leftovers () {
	local pid

	wait_for 5 no_leftovers >/dev/null && return 0
	for pid in $(sandbox_processes)
	do
		alive "$pid" || continue
		echo "left behind: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		kill -KILL "$pid" 2>/dev/null
	done
	return 1
}

# Ends everything that was started.
sandbox_finish () {
	local pid

	eval "$exit_commands"
	exit_commands=:
	for pid in $started_pids
	do
		is_child "$pid" && end_process "$pid"
	done
}
