#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Things that break in the middle: the server is restarted, brokers are killed.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# No half-made objects, no locks, no transfer.
tidy () {
	wait_for 10 no_services &&
	wait_for 10 no_helpers &&
	find bob/project.git \( -name "tmp_*" -o -name "*.lock" \) -print -prune >rest &&
	test_is_empty rest &&
	git -C bob/project.git fsck --connectivity-only
}

test_expect_success 'two users, their brokers, a repository of some size' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	# Between brokers that dial each other a push would be over before anything is cut.
	{ test "$PATHS" != direct || as alice git config --global xmpp.bandwidth 2m; } &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 100 8 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url
'

test_expect_success 'R1 R10: the server is restarted in mid-clone: the clone completes' '
	half_clone alice/clone.git &&
	restart_server &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/clone.git fsck &&
	test "$(git -C alice/clone.git rev-parse main)" = "$(git -C bob/project.git rev-parse main)"
'

test_expect_success 'the server dies without a word in mid-clone, and comes back: the same' '
	rm -rf alice/clone.git &&
	half_clone alice/clone.git &&
	restart_server KILL &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/clone.git fsck &&
	tidy
'

test_expect_success 'R1 R10: the server is restarted in mid-push: the push completes, once' '
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 20 8 5 &&
	background alice git -C alice/work push -q $url main &&
	wait_for 10 in_mid_push &&
	restart_server KILL &&
	job_ends 60 0 &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	tidy
'

test_expect_success 'the sending broker is killed in mid-clone: a named failure, and it works again after a restart' '
	# Who is not online himself cannot see that somebody else is not.
	wait_for 30 broker_online alice && wait_for 30 trusts alice bob &&
	patience alice 2 &&
	half_clone alice/again.git &&
	kill_broker bob &&
	job_ends 20 128 &&
	grep "bob@localhost" err &&
	whole_pack &&
	start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git clone -q --bare $url alice/again.git &&
	tidy
'

test_expect_success 'the receiving broker is killed in mid-push: nothing is left there' '
	"$TOP/t/tools/make-repo" alice/work 20 8 6 &&
	old=$(git -C bob/project.git rev-parse main) &&
	background alice git -C alice/work push -q $url main 2>err &&
	wait_for 10 in_mid_push &&
	kill_broker bob &&
	wait_for 20 gone $job &&
	test_must_fail wait $job &&
	grep "bob@localhost" err &&
	patience alice 600 &&
	test "$(git -C bob/project.git rev-parse main)" = $old &&
	# Nobody is left whom git could tell why it ends, so it leaves its
	# quarantine to git gc, as it does when a sshd is killed.
	wait_for 10 no_services &&
	rm -rf bob/project.git/objects/tmp_objdir-* &&
	start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git -C alice/work push -q $url main &&
	tidy
'

test_expect_success 'R3 R14: the own broker is killed in mid-push: a named failure, and the next starts one' '
	"$TOP/t/tools/make-repo" alice/work 20 8 7 &&
	background alice git -C alice/work push -q $url main 2>err &&
	wait_for 10 in_mid_push &&
	kill_broker alice &&
	wait_for 5 gone $job &&
	test_must_fail wait $job &&
	grep -i "broker" err &&
	as alice git -C alice/work push -q $url main &&
	tidy &&
	as alice git xmpp daemon stop
'

test_expect_success 'a server that is away for a while is found again' '
	start_broker alice &&
	stop_server &&
	alice_is_offline () {
		! broker_online alice
	} &&
	wait_for 10 alice_is_offline &&
	server_again &&
	wait_for 30 broker_online alice &&
	wait_for 30 trusts alice bob &&
	as alice git ls-remote $url
'

test_done
