#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A direct path that lets small packets through and drops full ones without a word, as a tunnel
# does when the message about its size is lost. A link moves to it in the middle of a transfer.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"

have_server || test_skip_all 'the server or openssl is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'
ip link set lo up

url=xmpp::bob@localhost/project
every_line=yes
network_alice='ip netns exec a'
network_bob='ip netns exec b'

# swallow <bytes>: drops what is longer, between the two hosts and both ways.
swallow () {
	in_ns nat-a nft -f - <<-END
	table inet hole {
		chain forward {
			type filter hook forward priority 10
			meta length > $1 drop
		}
	}
	END
}

swallow_nothing () {
	in_ns nat-a nft delete table inet hole
}

start_anew () {
	stop_broker alice && stop_broker bob &&
	: >log/alice && : >log/bob &&
	start_broker alice && start_broker bob &&
	wait_for 10 trusts alice bob
}

test_expect_success 'two users who can dial each other' '
	nat_world && box a open && box b open && weather 10 0 &&
	start_server alice bob &&
	nat_server a $server_port && nat_server b $server_port &&
	for user in alice bob
	do
		setup_user $user &&
		as $user git config --global xmpp.directAddresses true || return
	done &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 2 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url &&
	wait_for 10 path_is alice direct
'

test_expect_success 'a clone that moves to a path which swallows it goes on in-band' '
	swallow 1400 &&
	start_anew &&
	as alice git clone -q --bare $url alice/clone.git &&
	git -C alice/clone.git fsck &&
	grep "moving from in-band to direct" log/alice log/bob &&
	path_is alice in-band &&
	grep -h "moving from\|is up" log/alice
'

test_expect_success 'so does a push' '
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 10 2 7 &&
	start_anew &&
	as alice git -C alice/work push -q $url main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	grep "moving from in-band to direct" log/alice log/bob &&
	path_is alice in-band
'

test_expect_success 'when the network carries it again, the path is direct' '
	swallow_nothing &&
	start_anew &&
	as alice git ls-remote $url &&
	wait_for 10 path_is alice direct
'

test_done
