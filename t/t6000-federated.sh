#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Alice on one server, Bob on another, of another make: what each of the servers, and the
# way between them, does to the two.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-federation.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'
have_ejabberd || test_skip_all 'ejabberd is not installed'
command -v dnsmasq >/dev/null || test_skip_all 'dnsmasq is not installed'

url=xmpp::bob@b.test/project
ejabberd_pause=5

test_expect_success 'two servers, a user on each, and their brokers' '
	start_federation alice@a bob@b &&
	start_broker alice && start_broker bob
'
test $test_failed -eq 0 || test_done

test_expect_success 'they become buddies' '
	pair alice bob
'

test_expect_success 'clone, push and fetch' '
	"$TOP/t/tools/make-repo" bob/project.git 20 &&
	git -C bob/project.git config receive.unpackLimit 1 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@a.test &&
	as alice git clone -q $url alice/work &&
	git -C alice/work commit -q --allow-empty -m one &&
	as alice git -C alice/work push -q origin HEAD:one &&
	git -C bob/project.git rev-parse -q --verify one &&
	git -C bob/project.git branch two main &&
	as alice git -C alice/work fetch -q &&
	git -C alice/work rev-parse -q --verify origin/two
'

push_ends () {
	job_ends "$1" 0 || { cat err; return 1; }
	test "$(git -C alice/work rev-parse HEAD)" = "$(git -C bob/project.git rev-parse -q --verify "$2")"
}

n=0
for side in a b
do
	for how in TERM KILL
	do
		n=$((n + 1))
		test_expect_success "a push goes on when server $side ends by $how and comes back" '
			slow_push_begins mid-$n &&
			server_down $side $how &&
			server_up $side &&
			push_ends 120 mid-$n
		'
	done
done

test_done
