#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Many things at the same moment, through one pair of brokers.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# together <n> <command...>: n times at once, with the number as last
# argument; true if all are. Each has its output in together.<number>.
together () {
	local count i pids failed

	count=$1
	shift
	pids=
	i=1
	while test $i -le "$count"
	do
		"$@" $i >"$TRASH/together.$i" 2>&1 &
		pids="$pids $!"
		i=$((i + 1))
	done
	failed=0
	i=0
	for pid in $pids
	do
		i=$((i + 1))
		wait "$pid" && continue
		failed=$((failed + 1))
		cat "$TRASH/together.$i"
	done
	test $failed -eq 0 || echo "$failed of $count failed"
	return $failed
}

clone_number () {
	as alice git clone -q $url "alice/clone$1" &&
	git -C "alice/clone$1" fsck --connectivity-only &&
	test "$(git -C "alice/clone$1" rev-parse HEAD)" = "$(git -C bob/project.git rev-parse main)"
}

list_number () {
	as alice timeout 120 git ls-remote $url main
}

push_number () {
	git -C "alice/clone$1" commit -q --allow-empty -m "push $1" &&
	as alice git -C "alice/clone$1" push -q origin "HEAD:refs/heads/from-$1"
}

test_expect_success 'two users and their brokers' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 200 2 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url
'

remember_descriptors alice bob

test_expect_success '8 clones at once' '
	together 8 clone_number
'

test_expect_success '8 pushes to branches of one repository at once' '
	together 8 push_number &&
	test "$(git -C bob/project.git for-each-ref "refs/heads/from-*" | wc -l)" -eq 8 &&
	git -C bob/project.git fsck --connectivity-only
'

test_expect_success 'S13: a push and a fetch in both directions at the same moment' '
	git clone -q --bare bob/project.git alice/own.git &&
	as alice git xmpp share alice/own.git --name=own --push=bob@localhost &&
	git clone -q bob/project.git bob/work &&
	"$TOP/t/tools/make-repo" alice/clone1 300 2 21 &&
	"$TOP/t/tools/make-repo" bob/work 300 2 22 &&
	"$TOP/t/tools/make-repo" alice/own.git 300 2 23 &&
	"$TOP/t/tools/make-repo" bob/project.git 300 2 24 &&

	crossing () {
		case $1 in
		1) as alice git -C alice/clone1 push -q $url main:refs/heads/alice-pushed ;;
		2) as bob git -C bob/work push -q xmpp::alice@localhost/own main:refs/heads/bob-pushed ;;
		3) as alice git -C alice/clone2 fetch -q $url main:alice-fetched ;;
		4) as bob git -C bob/project.git fetch -q xmpp::alice@localhost/own main:bob-fetched ;;
		esac
	} &&
	together 4 crossing &&
	test "$(git -C bob/project.git rev-parse alice-pushed)" = "$(git -C alice/clone1 rev-parse main)" &&
	test "$(git -C alice/own.git rev-parse bob-pushed)" = "$(git -C bob/work rev-parse main)" &&
	test "$(git -C alice/clone2 rev-parse alice-fetched)" = "$(git -C bob/project.git rev-parse main)" &&
	test "$(git -C bob/project.git rev-parse bob-fetched)" = "$(git -C alice/own.git rev-parse main)"
'

test_expect_success 'R8: a small request is not starved by a big transfer' '
	"$TOP/t/tools/make-repo" bob/big.git 10 8 &&
	as bob git xmpp share bob/big.git --name=big --fetch=alice@localhost &&
	# Between brokers that dial each other it would be over before anybody looks.
	as bob git config --global xmpp.bandwidth 250k && as bob git xmpp daemon reload &&
	background alice git clone -q --bare xmpp::bob@localhost/big alice/big.git &&
	wait_for 10 services_run &&
	as alice timeout 120 git ls-remote $url main &&
	alive $job &&
	as bob git config --global --unset xmpp.bandwidth && as bob git xmpp daemon reload &&
	job_ends 60 0
'

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_expect_success '20 cold starts at once: one broker, and all are served' '
	stop_broker alice &&
	wait_for 5 no_broker_of alice &&
	together 20 list_number &&
	wait_for 5 one_broker alice
'

test_expect_success 'a broker that was killed leaves nothing that hinders the next' '
	kill -KILL $(brokers_of alice) &&
	together 5 list_number &&
	wait_for 5 one_broker alice
'

test_expect_success 'what git captured ends although the broker goes on' '
	as alice git xmpp daemon stop &&
	wait_for 10 no_broker_of alice &&
	listed=$(as alice timeout 120 git ls-remote $url main 2>&1) &&
	test -n "$listed"
'

test_expect_success 'a broker that started itself is stopped by its command' '
	as alice git xmpp daemon stop &&
	wait_for 10 no_broker_of alice &&
	test_expect_code 1 as alice git xmpp status
'

test_done
