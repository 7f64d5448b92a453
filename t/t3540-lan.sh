#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two users in one network behind one NAT: their brokers find each other by the addresses that they
# have there, show that as it is, and outlive what happens to such a network in mid-clone: another
# address, a cable that is pulled, packets that are too long for the way.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-nat.sh"
. "$TOP/t/lib/lib-hosts.sh"

have_server || test_skip_all 'the server or openssl is not installed'
have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'

url=xmpp::bob@localhost/project
every_line=yes

# both_shown <kind>
both_shown () {
	test "$(shown alice), $(shown bob)" = "$1, $1"
}

# most_went <kind>: of what alice's host sent and received since count_bytes.
most_went () {
	set -- $1 $(carried alice)
	echo "in-band $2, proxy $3, direct $4"
	case $1 in
	in-band)
		test "$2" -gt 8000000 && test "$4" -lt 8000000 ;;
	direct)
		test "$4" -gt 8000000 && test "$2" -lt 1000000 ;;
	esac
}

test_expect_success 'two users in one network behind a NAT' '
	hosts_world && box a drop && hosts_beside &&
	host_users && nat_buddies 8
'

test_expect_success 'they reach each other by the addresses that they have there' '
	wait_for 10 path_is alice "direct 192.168.1.3" &&
	wait_for 10 path_is bob "direct 192.168.1.2" &&
	both_shown direct
'

test_expect_success 'a clone goes where both say that it goes' '
	count_bytes &&
	half_clone alice/clone.git &&
	both_shown direct &&
	whole_pack && job_ends 60 0 &&
	git -C alice/clone.git fsck &&
	most_went direct &&
	both_shown direct
'

test_expect_success 'the address is replaced in mid-clone: it goes on, to the new one' '
	half_clone alice/replaced.git &&
	address_replaced &&
	wait_for 30 path_is bob "direct 192.168.1.99" &&
	wait_for 10 both_shown direct &&
	whole_pack && job_ends 60 0 &&
	git -C alice/replaced.git fsck
'

test_expect_success 'no cable in mid-clone: both say that the link waits, and then it goes on' '
	half_clone alice/unplugged.git &&
	cable_out &&
	wait_for 30 both_shown waits &&
	cable_in &&
	wait_for 30 both_shown direct &&
	whole_pack && job_ends 60 0 &&
	git -C alice/unplugged.git fsck
'

# The path that swallows them is left by both, and nobody shows it meanwhile.
# Through the server go megabytes.
test_expect_success unthrottled 'long packets are lost on the direct path: the server carries them, and that is shown' '
	count_bytes && black_hole &&
	background alice git clone -q --bare $url alice/hole.git &&
	wait_for 40 both_shown in-band &&
	job_ends 60 0 &&
	git -C alice/hole.git fsck &&
	most_went in-band
'

test_expect_success 'nothing of all that is left' '
	wait_for 10 no_services && wait_for 10 no_helpers &&
	find alice/*.git bob/project.git \( -name "tmp_*" -o -name "*.lock" \) -print -prune >rest &&
	test_is_empty rest
'

test_done
