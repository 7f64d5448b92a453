#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Started by run. In-band under the rate limits that a server has when nobody
# changed them: how much of the limit bulk data uses, as the connection of the sender
# sees it, and how long a control record takes, at rest and during bulk.
#
# usage: throttled.sh prosody | ejabberd
#
# The control record is a can-push for a share that does not exist: one record
# there, one back, and git with its helper around them. The bulk goes the same
# way as its answer, which is what the throttling server makes wait.
set -e

. "$(dirname "$0")/lib-perf.sh"

server=$1
probes=100
bulk=100
if test -n "$PERF_QUICK"
then
	probes=5
	bulk=12
fi
# Servers let the first bytes through unthrottled.
skip=$((bulk / 3))

# probe <how many> <file>: seconds, one a line.
probe () {
	local i

	i=0
	: >"$2"
	while test $i -lt "$1"
	do
		clocked xmpp-inband --expect=128 git -C one push xmpp::farinband@localhost/nothing \
			HEAD:refs/heads/main
		test "$failed" -eq 0
		grep -q 'does not share' log/command
		echo "$wall" >>"$2"
		i=$((i + 1))
	done
}

# Bytes that the far broker's only connection, the one with its server, has sent.
sent_by_far () {
	ss -tinpO | grep -F "pid=$(broker_pid farinband)," | sed -n 's/.* bytes_sent:\([0-9]*\).*/\1/p'
}

# One line for the report, with no processes to speak of.
note () {
	printf '%s\t%s\t%s\t%s\t-\t-\t0\t1\n' "$1" xmpp-inband "$2" "$3" >>"$PERF_SAMPLES"
}

# The bulk's own report is what it carried from skip seconds on.
during_bulk () {
	local before after start

	in_env xmpp-inband $(drain_command xmpp-inband bulk --skip=$skip --seconds=$((bulk - skip))) >bulk.out &
	bulk_pid=$!
	started $bulk_pid
	wait_for 10 transfer_runs
	# The burst is over, and the controller has found its rate.
	sleep $skip
	before=$(sent_by_far)
	start=$(date +%s%N)
	probe $((probes / 2)) bulk
	wait_bulk
	wait $bulk_pid
	after=$(sent_by_far)
	echo "$before $after $(($(date +%s%N) - start))" |
	awk -v limit="$limit" '{ printf "%.3f\n", ($2 - $1) / ($3 / 1e9) / limit }' >share
}

wait_bulk () {
	wait_for $((bulk * 2)) gone $bulk_pid
}

transfer_runs () {
	as nearinband git xmpp status --json | grep -q '"transfers":\[{'
}

perf_init
wanted "throttled-$server" || exit 0
case $server in
prosody)
	limit=10000
	have_prosody || {
		missing throttled-prosody xmpp-inband 'no prosody here; t/install-deps'
		exit 0
	}
	prosody_limits=10kb/s
	start_prosody nearinband farinband
	xmpp_pid=$prosody_pid ;;
ejabberd)
	limit=3000
	have_ejabberd || {
		missing throttled-ejabberd xmpp-inband 'no ejabberd here; t/install-deps'
		exit 0
	}
	ejabberd_limits=yes
	start_ejabberd nearinband farinband
	xmpp_pid=$ejabberd_pid ;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 129 ;;
esac
say "throttled-$server"
kinds=inband
for user in nearinband farinband
do
	set_up_ours $user inband
	start_broker $user
done
pair nearinband farinband >/dev/null
git init -q one
git -C one commit -q --allow-empty -m one
repository bulk 20 4
share_ours bulk

probe 1 warm
probe $probes idle
note "throttled-$server-control" s "$(percentile 0.5 idle)"
note "throttled-$server-control-p95" s "$(percentile 0.95 idle)"
during_bulk
note "throttled-$server-control-bulk" s "$(percentile 0.5 bulk)"
note "throttled-$server-control-bulk-p95" s "$(percentile 0.95 bulk)"
note "throttled-$server-limit" share "$(cat share)"
note "throttled-$server-payload" kB/s "$(awk '{ printf "%.2f", $1 / $2 / 1000 }' bulk.out)"
