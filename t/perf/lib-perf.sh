# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the measurements share: options, samples, repositories, the servers that
# are compared, and what a transport is called, costs and needs. Sourced first;
# then $TRASH is there and the current directory.
#
# A measurement is a script of its own with a sandbox of its own, started by
# run, which passes by the environment:
#
#   BUILD           the build directory
#   PERF_SAMPLES    where each sample becomes a line:
#                   measurement, transport, unit, value, CPU seconds, KiB, failed, of how many;
#                   or measurement, transport, "missing", why
#   PERF_QUICK      not empty: small repositories, few samples
#   PERF_RUNS       samples of a short command (the long ones have fewer)
#   PERF_CACHE      where generated repositories are kept; empty: nowhere
#   PERF_ONLY       names of measurements; empty: all
#   PERF_BEFORE     another build directory, to compare with; empty: none
#
# A transport is one of: file, git, ssh, ssh-master (ssh over the connection of
# a ControlMaster), xmpp-direct, xmpp-proxy, xmpp-inband. Each of ours has two users
# of its own, near<kind> who asks and far<kind> who shares: so the kinds can be
# measured in turns without moving a link. A kind is called as its transport; those over
# the long wire have "wan" before it, those whose programs come from $PERF_BEFORE have "was".

PERF=$(cd "$(dirname "$0")" && pwd)
. "$PERF/../lib/lib-sandbox.sh"
TOP=$(cd "$PERF/../.." && pwd)
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-sshd.sh"

perf_clean_up () {
	status=$?
	trap - EXIT INT TERM HUP
	if test $status -ne 0
	then
		echo "${0##*/}: failed (status $status); the ends of the logs:" >&2
		tail -n 20 "$TRASH"/log/* >&2 || true
	fi
	sandbox_finish >/dev/null 2>&1 || true
	sandbox_leftovers >&2 || status=1
	cd /
	rm -rf "$TRASH"
	exit $status
}

perf_init () {
	trap perf_clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	sandbox_init
	cd "$TRASH"
	mkdir log srv
	git config --global init.defaultBranch main
	git config --global user.name plain
	git config --global user.email plain@example.com
	git config --global gc.auto 0
	SRV=$TRASH/srv
	host=127.0.0.1
}

say () {
	printf '%s\n' "$*" >&2
}

# wanted <measurement>: by --only.
wanted () {
	case ",$PERF_ONLY," in
	,, | *",$1,"*)
		return 0 ;;
	esac
	return 1
}

# missing <measurement> <transport> <why>
missing () {
	printf '%s\t%s\tmissing\t%s\n' "$1" "$2" "$3" >>"$PERF_SAMPLES"
	say "  $1: $2 is not available: $3"
}

# Samples.

# client_of <transport>: whose environment a command over it has.
client_of () {
	case $1 in
	xmpp-*)
		echo "near${1#xmpp-}" ;;
	*)
		echo home ;;
	esac
}

# in_env <transport> <command...>
in_env () {
	local client

	client=$(client_of "$1")
	case $1 in
	ssh-master)
		export GIT_SSH_COMMAND="ssh -F $TRASH/ssh/config-master" ;;
	*)
		export GIT_SSH_COMMAND="ssh -F $TRASH/ssh/config" ;;
	esac
	shift
	if test "$client" = home
	then
		"$@"
	else
		as "$client" "$@"
	fi
}

# processes_of <transport>: as clock's options.
processes_of () {
	case $1 in
	git)
		echo "--server=$daemon_pid" ;;
	ssh)
		echo "--server=$sshd_pid" ;;
	ssh-master)
		echo "--server=$sshd_pid --server=$master_pid" ;;
	xmpp-*)
		echo "--broker=$(broker_pid "near${1#xmpp-}") --broker=$(broker_pid "far${1#xmpp-}")" \
			"--server=$xmpp_pid" ;;
	esac
}

# clocked <transport> [<option of clock>...] <command...>: wall, CPU, memory and failures
# are in $wall, $cpu, $memory and $failed, the command's output in log/command.
clocked () {
	local transport line

	transport=$1
	shift
	: >log/command
	line=$(in_env "$transport" "$BUILD/t/perf/clock" --log="$TRASH/log/command" \
		$(processes_of "$transport") "$@") || return
	IFS='	' read -r wall cpu memory failed <<-END
	$line
	END
}

# record <measurement> <transport> <unit> <value> <of how many>: with what clocked() found.
record () {
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$cpu" "$memory" "$failed" "$5" \
		>>"$PERF_SAMPLES"
	if test "$failed" -ne 0
	then
		say "  $1: $2: $failed of $5 failed: $(tail -n 1 log/command)"
	fi
}

# sample <measurement> <transport> <command...>: seconds.
sample () {
	local measurement transport

	measurement=$1
	transport=$2
	shift 2
	clocked "$transport" "$@"
	record "$measurement" "$transport" s "$wall" 1
}

# percentile <part> <file>: of the numbers in it.
percentile () {
	sort -n "$2" | awk -v part="$1" '{ n[NR] = $1 } END { i = int(NR * part + 0.999999); print n[i < 1 ? 1 : i] }'
}

# Repositories, in $SRV.

# repository <name> <commits> <megabytes>: one that is packed as a server would.
repository () {
	local kept

	kept=$PERF_CACHE/$2-$3.git
	if test -z "$PERF_CACHE" || ! test -d "$kept"
	then
		say "generating $1: $2 commits, $3 MB"
		kept=$TRASH/generated.git
		rm -rf "$kept"
		"$TOP/t/tools/make-repo" "$kept" "$2" "$3"
		git -C "$kept" -c pack.window=2 repack -q -adb
		git -C "$kept" pack-refs --all
	fi
	if test -n "$PERF_CACHE" && test "$kept" = "$TRASH/generated.git"
	then
		mkdir -p "$PERF_CACHE"
		cp -r "$kept" "$PERF_CACHE/$2-$3.git.$$"
		mv "$PERF_CACHE/$2-$3.git.$$" "$PERF_CACHE/$2-$3.git"
	fi
	cp -r "$kept" "$SRV/$1.git"
	# What is not on disk in memory would be measured once and not again.
	cat "$SRV/$1.git"/objects/pack/* >/dev/null
}

small_repository () {
	repository small 200 0
}

medium_repository () {
	if test -n "$PERF_QUICK"
	then
		repository medium 1000 10
	else
		repository medium 5000 24
	fi
}

large_repository () {
	if test -n "$PERF_QUICK"
	then
		repository large 20 40
	else
		repository large 20 264
	fi
}

# Servers, on $host. With $in_far in front, they run in another network namespace.

start_git_daemon () {
	daemon_port=$("$BUILD/t/free-port")
	$in_far git daemon --reuseaddr --listen="$host" --port="$daemon_port" --base-path="$SRV" \
		--export-all --enable=receive-pack "$SRV" >>log/git-daemon 2>&1 </dev/null &
	daemon_pid=$!
	started $daemon_pid
	wait_for 10 in_env git git ls-remote "git://$host:$daemon_port/small.git" >/dev/null 2>&1
}

# start_ours <kind>...: starts and pairs the two users of each, on a Prosody with a proxy.
start_ours () {
	local kind users

	users=
	for kind
	do
		users="$users near$kind far$kind"
		case $kind in
		was*)
			eval "build_near$kind=\$PERF_BEFORE build_far$kind=\$PERF_BEFORE" ;;
		esac
	done
	prosody_proxy=yes
	start_prosody $users
	xmpp_pid=$prosody_pid
	for kind
	do
		set_up_ours near$kind $kind
		set_up_ours far$kind $kind
		start_broker near$kind
		start_far_broker far$kind
		pair near$kind far$kind >/dev/null
	done
}

# set_up_ours <user> <kind>
set_up_ours () {
	setup_user "$1" >/dev/null
	as "$1" git config --global xmpp.transport "$(way_of "$2")"
	direct_user "$1"
}

# way_of <kind>: what its users allow.
way_of () {
	local way

	way=${1#wan}
	echo "${way#was}"
}

start_far_broker () {
	start_broker "$1"
}

# share_ours <repository>: by the far user of every kind of ours.
share_ours () {
	local kind

	for kind in $kinds
	do
		as far$kind git xmpp share "$SRV/$1.git" --name="$1" --push="near$kind@localhost" >/dev/null
	done
}

# path_of <kind>: where its link is, as status has it; empty: there is none.
path_of () {
	as near$1 git xmpp status --json |
	sed -n 's/.*"links":\[{[^]]*"path":"\([^"]*\)","state":"up".*/\1/p'
}

# Which of ours work; the others are told and left out.
try_ours () {
	local kind way

	kinds=
	for kind
	do
		way=$(way_of "$kind")
		test "$way" != inband || way=in-band
		if ! in_env xmpp-$kind timeout 30 git ls-remote "$(url_of xmpp-$kind small)" >log/command 2>&1
		then
			missing all xmpp-$kind "$(tail -n 1 log/command)"
		elif ! wait_for 10 path_is near$kind "$way" >/dev/null
		then
			missing all xmpp-$kind "the link is $(path_of $kind)"
		else
			kinds="$kinds $kind"
			transports="$transports xmpp-$kind"
		fi
	done
}

# url_of <transport> <repository>
url_of () {
	case $1 in
	file)
		echo "file://$SRV/$2.git" ;;
	git)
		echo "git://$host:$daemon_port/$2.git" ;;
	ssh*)
		echo "ssh://$host:$ssh_port$SRV/$2.git" ;;
	xmpp-*)
		echo "xmpp::far${1#xmpp-}@localhost/$2" ;;
	esac
}

# drain_command <transport> <repository> [<option of drain>...]: as clock runs it.
drain_command () {
	local transport name

	transport=$1
	name=$2
	shift 2
	case $transport in
	file)
		echo "$BUILD/t/perf/drain $* git upload-pack $SRV/$name.git" ;;
	git)
		echo "$BUILD/t/perf/drain $* --daemon=$host:$daemon_port /$name.git" ;;
	ssh)
		echo "$BUILD/t/perf/drain $* ssh -F $TRASH/ssh/config -p $ssh_port $host git-upload-pack $SRV/$name.git" ;;
	ssh-master)
		echo "$BUILD/t/perf/drain $* ssh -F $TRASH/ssh/config-master -p $ssh_port $host git-upload-pack $SRV/$name.git" ;;
	xmpp-*)
		# The helper is started as git starts it.
		echo "$BUILD/t/perf/drain $* --helper git -c protocol.version=0 remote-xmpp drain" \
			"far${transport#xmpp-}@localhost/$name" ;;
	tcp)
		echo "$BUILD/t/perf/drain $* --plain=$host:$source_port" ;;
	esac
}
