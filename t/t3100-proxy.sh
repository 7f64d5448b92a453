#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Paths through the server's XEP-0065 proxy, when nobody may be dialled.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::bob@localhost/project
prosody_proxy=yes

# Each user may use what lies on loopback, and shows no address of his own.
proxy_user () {
	as "$1" git config --global xmpp.directAddresses false &&
	as "$1" git config --global xmpp.directLocal true
}

test_expect_success 'two users and a server with a proxy' '
	start_prosody alice bob &&
	setup_user alice && setup_user bob &&
	proxy_user alice && proxy_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 100 8 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost
'

test_expect_success 'the link moves from in-band to the proxy' '
	as alice git ls-remote $url &&
	wait_for 10 path_is alice proxy &&
	wait_for 10 path_is bob proxy
'

test_expect_success 'clone, push and fetch go through it' '
	as alice git -c xmpp.transport=proxy clone -q --bare $url alice/clone.git &&
	git -C alice/clone.git fsck &&
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 5 8 3 &&
	as alice git -c xmpp.transport=proxy -C alice/work push -q $url main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	as alice git -c xmpp.transport=proxy -C alice/clone.git fetch -q $url main &&
	path_is alice proxy
'

# A proxy of this kind withholds the end of a burst until more comes. Each of
# these answers has another length, and none may wait for a time-out.
test_expect_success 'no length of an answer makes it wait' '
	for size in 1000 4097 5000 8192 12288 16384 65536
	do
		head -c $size /dev/urandom >alice/work/file &&
		git -C alice/work add file &&
		git -C alice/work commit -q -m $size &&
		timeout 180 env $(env_of alice) git -c xmpp.transport=proxy -C alice/work push -q $url main ||
		return 1
	done
'

test_expect_success 'the path says so' '
	as alice git -C alice/work push -v $url main 2>err &&
	grep "^xmpp: bob@localhost/.*, proxy proxy.localhost" err
'

test_expect_success 'a clone moves from in-band to the proxy and back in the middle' '
	half_pack &&
	as alice git config --global xmpp.transport inband &&
	reload alice &&
	wait_for 10 path_is alice in-band &&
	background alice git -c xmpp.transport=auto clone -q --bare $url alice/moved.git &&
	wait_for 20 test -e half &&
	as alice git config --global --unset xmpp.transport &&
	reload alice &&
	wait_for 15 path_is alice proxy &&
	as alice git config --global xmpp.transport inband &&
	reload alice &&
	wait_for 10 path_is alice in-band &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/moved.git fsck &&
	as alice git config --global --unset xmpp.transport &&
	reload alice
'

test_expect_success 'the server is restarted, and with it the proxy: a clone completes' '
	wait_for 15 path_is alice proxy &&
	half_clone alice/again.git &&
	restart_prosody KILL &&
	whole_pack &&
	job_ends 60 0 &&
	git -C alice/again.git fsck
'

test_expect_success 'a proxy on loopback is not dialled unless that is configured' '
	as alice git config --global xmpp.directLocal false &&
	as bob git config --global xmpp.directLocal false &&
	stop_broker alice && stop_broker bob &&
	start_broker alice && start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git ls-remote $url &&
	wait_for 10 grep -q "no address that may be dialled" log/alice log/bob &&
	path_is alice in-band
'

test_done
