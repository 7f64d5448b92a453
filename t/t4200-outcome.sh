#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A push whose connection is lost after everything was sent: the pusher is told
# what really happened. Bob reaches the server through a relay that is cut.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

start_relay () {
	"$BUILD/t/relay" $relay_port $server_port relay.pid && started "$(cat relay.pid)"
}

# The relay is back, and bob's broker is told to try now.
bob_is_back () {
	start_relay && kill -HUP "$(broker_pid bob)"
}

cut_relay () {
	kill -KILL "$(cat relay.pid)"
}

at_exit "cut_relay 2>/dev/null"

alice_sees_bob () {
	as alice git xmpp buddies --porcelain | grep -q "^bob@localhost	git	"
}

# Pushes a new commit in the background, up to bob's hook, which waits for the file go.
push_into_hook () {
	rm -f go in-hook status out err &&
	git -C work commit -q --allow-empty -m "$1" || return
	as alice sh -c "git -C work push --porcelain bob main; echo \$? >status.new; mv status.new status" >out 2>err &
	wait_for 10 test -e in-hook
}

# Pushes so much that it is met in the middle.
push_into_the_middle () {
	rm -f status out err &&
	head -c 8000000 /dev/urandom >work/much && git -C work add much && git -C work commit -q -m much || return
	as alice sh -c "git -C work push bob main; echo \$? >status.new; mv status.new status" >out 2>err &
	wait_for 20 in_mid_push
}

test_expect_success 'alice at the server, bob behind a relay' '
	start_server alice bob &&
	relay_port=$("$BUILD/t/free-port") && start_relay &&
	setup_user alice && setup_user bob &&
	as bob git config --global xmpp.localhost.server 127.0.0.1:$relay_port &&
	git init -q --bare bob/project.git &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	start_broker alice && start_broker bob && pair alice bob &&
	patience alice 2 && patience bob 2 &&
	git init -q -b main work && git -C work remote add bob $url &&
	git -C work commit -q --allow-empty -m first &&
	as alice git -C work push -q bob main &&
	cat >bob/project.git/hooks/post-receive <<-END &&
	#!/bin/sh
	echo "the hook has seen it"
	touch $TRASH/in-hook
	while ! test -e $TRASH/go; do sleep 0.05; done
	END
	chmod +x bob/project.git/hooks/post-receive
'

test_expect_success 'R14: the link is lost while the hook runs: git reports success all the same' '
	push_into_hook second &&
	cut_relay &&
	wait_for 10 grep -q "connection was lost" err &&
	touch go &&
	bob_is_back &&
	wait_for 60 test -e status &&
	cat out err &&
	test "$(cat status)" -eq 0 &&
	grep "refs/heads/main:refs/heads/main" out &&
	grep "the connection was lost when everything was sent" err &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C work rev-parse main)"
'

test_expect_success 'a hook that refuses after the link is lost: git reports just that' '
	rm -f bob/project.git/hooks/post-receive &&
	cat >bob/project.git/hooks/update <<-END &&
	#!/bin/sh
	touch $TRASH/in-hook
	while ! test -e $TRASH/go; do sleep 0.05; done
	echo "not today" >&2
	exit 1
	END
	chmod +x bob/project.git/hooks/update &&
	wait_for 30 alice_sees_bob &&
	push_into_hook third &&
	cut_relay &&
	wait_for 10 grep -q "connection was lost" err &&
	touch go &&
	bob_is_back &&
	wait_for 60 test -e status &&
	cat out err &&
	test "$(cat status)" -eq 1 &&
	grep "not today" err &&
	grep "hook declined" out
'

test_expect_success 'the broker that knew is gone: the user is told that nobody knows' '
	wait_for 30 alice_sees_bob &&
	push_into_hook fourth &&
	kill_broker bob &&
	touch go &&
	start_broker bob &&
	wait_for 60 test -e status &&
	cat out err &&
	test "$(cat status)" -ne 0 &&
	tail -n 1 err | grep "what became of it is not known" &&
	grep "^hint: Fetch, and look whether it arrived" err
'

test_expect_success 'the reason stands last, also in the middle of a pack' '
	rm -f bob/project.git/hooks/update && wait_for 30 alice_sees_bob && push_into_the_middle &&
	kill_broker bob && start_broker bob && wait_for 90 test -e status &&
	cat err && test "$(cat status)" -ne 0 && tail -n 1 err | grep "connection to .bob@localhost. lost: "
'

test_expect_success 'and the journal has it, when the refs tell that nothing came of it' '
	log_says () {
		journal alice | grep "  transfer  push  $1  .*$(git -C work rev-parse --short=7 HEAD)"
	}
	wait_for 30 alice_sees_bob && wait_for 60 log_says failed
'

test_expect_success 'and the next push works at once' '
	rm -f bob/project.git/hooks/update &&
	wait_for 30 alice_sees_bob &&
	as alice git -C work push -q bob main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C work rev-parse main)"
'

test_done
