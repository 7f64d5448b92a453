#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The direct path: found by itself, forced, forbidden, moved to and from in
# the middle of a transfer, and cut.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
every_line=yes

test_expect_success 'two users who may dial each other' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	direct_user alice && direct_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 100 8 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost
'

test_expect_success 'a link that came up in-band moves to the direct path' '
	as alice git ls-remote $url &&
	wait_for 10 path_is alice direct &&
	wait_for 10 path_is bob direct
'

test_expect_success 'clone, push and fetch over it' '
	as alice git clone -q --bare $url alice/clone.git &&
	git -C alice/clone.git fsck &&
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 5 8 3 &&
	as alice git -C alice/work push -q $url main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	as alice git -C alice/clone.git fetch -q $url main &&
	path_is alice direct
'

test_expect_success 'git push -v says which path it goes over' '
	as alice git -C alice/work push -v $url main 2>err &&
	grep "^xmpp: bob@localhost/.*, direct 127.0.0.1:" err
'

test_expect_success 'status shows it, for people and for programs' '
	as alice git xmpp status -v >out &&
	grep "direct 127.0.0.1:" out &&
	as alice git xmpp status --json >out &&
	grep "\"path\":\"direct 127.0.0.1:" out &&
	{ ! test -r /proc/sys/net/ipv4/tcp_congestion_control ||
	  grep "\"congestion_control\":\"[a-z]*\"" out; }
'

test_expect_success 'xmpp.transport=inband forces in-band, and then the link goes back' '
	as alice git -c xmpp.transport=inband ls-remote $url &&
	grep "moving from direct .* to in-band" log/alice log/bob &&
	wait_for 10 path_is alice direct
'

test_expect_success 'xmpp.transport=direct works from nothing, too' '
	stop_broker alice && start_broker alice &&
	wait_for 10 trusts alice bob &&
	as alice git -c xmpp.transport=direct ls-remote $url &&
	path_is alice direct
'

test_expect_success 'a kind of path that there is none of is named in the error' '
	test_must_fail as alice git -c xmpp.transport=carrier-pigeon ls-remote $url 2>err &&
	grep "carrier-pigeon" err
'

test_expect_success 'a clone that begins in-band goes on directly, and back, without a fault' '
	half_pack &&
	as alice git config --global xmpp.transport inband &&
	reload alice &&
	wait_for 10 path_is alice in-band &&
	background alice git -c xmpp.transport=auto clone -q --bare $url alice/moved.git &&
	wait_for 20 test -e half &&
	as alice git config --global --unset xmpp.transport &&
	reload alice &&
	wait_for 10 path_is alice direct &&
	as alice git config --global xmpp.transport inband &&
	reload alice &&
	wait_for 10 path_is alice in-band &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/moved.git fsck &&
	as alice git config --global --unset xmpp.transport &&
	reload alice &&
	wait_for 10 path_is alice direct
'

test_expect_success 'the server is away: what has a direct path goes on, and new commands work' '
	half_clone alice/serverless.git &&
	stop_server KILL &&
	as alice git ls-remote $url &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/serverless.git fsck &&
	server_again &&
	wait_for 30 broker_online alice &&
	wait_for 30 trusts alice bob
'

test_expect_success 'a scanner of the port hears nothing' '
	printf "GET / HTTP/1.0\r\n\r\n" >request &&
	"$BUILD/t/ask" "$bob_port" <request >answer &&
	test_is_empty answer &&
	openssl s_client -connect "127.0.0.1:$bob_port" -servername 00112233445566778899aabbccddeeff \
		-alpn git-xmpp/1 </dev/null >answer 2>&1;
	grep "no peer certificate available" answer
'

test_expect_success 'without xmpp.directAddresses nobody listens, nobody dials, nothing is told' '
	as alice git config --global xmpp.directAddresses false &&
	stop_broker alice && start_broker alice &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	as alice git clone -q --bare $url alice/shy.git &&
	path_is alice in-band &&
	no_listener alice &&
	! "$BUILD/t/ask" "$alice_port" <request
'

test_expect_success 'then a direct path is refused in time, with the reason' '
	test_must_fail as alice git -c xmpp.transport=direct ls-remote $url 2>err &&
	has_message no-path err
'

test_done
