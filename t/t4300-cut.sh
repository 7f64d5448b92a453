#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A direct path that is cut again and again while a large push goes over it,
# and one that is cut for good. CUT_MEGABYTES in the environment is how large.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
every_line=yes
megabytes=${CUT_MEGABYTES:-60}

# The relay that bob's address leads to.
start_relay () {
	"$BUILD/t/relay" "$relay_port" "$bob_port" relay.pid &&
	started "$(cat relay.pid)"
}

end_relay () {
	test -e relay.pid && kill -KILL "$(cat relay.pid)"
	rm -f relay.pid
}
at_exit end_relay

cut () {
	kill -USR1 "$(cat relay.pid)"
}

# Ends when the push has: a cut every second, the server restarted after the
# first and the fourth.
cutter () {
	n=0
	while ! gone "$job"
	do
		cut
		n=$((n + 1))
		sleep 1
		case $n in
		1|4) restart_server KILL ;;
		esac
	done
	echo "$n cuts"
}

cut_often () {
	test "$(grep -c "path to .* is gone" log/alice)" -ge "$1"
}

test_expect_success 'two users with a relay between them' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	relay_port=$("$BUILD/t/free-port") &&
	direct_user alice && direct_user bob $relay_port &&
	as alice git config --global --unset-all xmpp.directAddress &&
	start_relay &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 10 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url &&
	wait_for 10 path_is alice direct
'

test_expect_success 'a push completes although its path is cut every second and the server restarted twice' '
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 10 $megabytes 7 &&
	brokers_before="$broker_alice $broker_bob" &&
	background alice git -C alice/work push -q $url main &&
	wait_for 30 in_mid_push &&
	cutter &&
	job_ends 10 0 &&
	cut_often 1 &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	git -C bob/project.git fsck &&
	alive $broker_alice && alive $broker_bob
'

test_expect_success 'what was left of it is nothing' '
	wait_for 10 no_services &&
	wait_for 10 no_helpers &&
	find bob/project.git \( -name "tmp_*" -o -name "*.lock" \) -print -prune >rest &&
	test_is_empty rest
'

test_expect_success 'cut for good: both sides end in time, with the reason, and nothing is left' '
	as alice git config --global xmpp.pathTimeout 5 &&
	as bob git config --global xmpp.pathTimeout 5 &&
	reload alice && reload bob &&
	"$TOP/t/tools/make-repo" alice/work 10 $megabytes 8 &&
	wait_for 20 path_is alice direct &&
	background alice git -C alice/work push -q $url main 2>err &&
	wait_for 30 in_mid_push &&
	kill -STOP "$(cat relay.pid)" &&
	stop_server KILL &&
	job_ends 60 128 &&
	grep "bob@localhost.*no-path" err &&
	wait_for 30 no_services &&
	find bob/project.git \( -name "tmp_*" -o -name "*.lock" \) -print -prune >rest &&
	test_is_empty rest &&
	kill -CONT "$(cat relay.pid)"
'

test_expect_success 'and when the network is there again, so is the buddy' '
	server_again &&
	wait_for 60 trusts alice bob &&
	as alice git -C alice/work push -q $url main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)"
'

test_done
