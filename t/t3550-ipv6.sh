#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two users who have IPv6 only, behind firewalls that drop what comes unasked: the login, the way
# to each other, and git.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"
. "$TOP/t/lib/lib-hosts.sh"

have_server || test_skip_all 'the server or openssl is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'

url=xmpp::bob@localhost/project
every_line=yes

test_expect_success 'two users with IPv6 only, each behind a firewall' '
	hosts_world 2a00:7::7 && hosts_ipv6 drop &&
	host_users && nat_buddies 8
'

test_expect_success 'they connect to each other at once' '
	wait_for 20 path_is alice "direct \[2a00:2::2\]" &&
	wait_for 10 path_is bob "direct \[2a00:1::2\]" &&
	test "$(shown alice), $(shown bob)" = "direct, direct"
'

test_expect_success 'clone, push and fetch' '
	as alice git clone -q --bare $url alice/clone.git &&
	git -C alice/clone.git fsck &&
	git clone -q bob/project.git alice/work &&
	"$TOP/t/tools/make-repo" alice/work 5 1 3 &&
	as alice git -C alice/work push -q $url main &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)" &&
	as alice git -C alice/clone.git fetch -q $url main &&
	path_is alice direct
'

test_done
