#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In-band data through a server with the limits of a public one: recognised,
# shown, and never in the way of anything else. The user's own limit.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::bob@localhost/project
prosody_limits=10kb/s

# transfer_field <user> <name>: a number of the transfer that goes on.
transfer_field () {
	as "$1" git xmpp status --json | tr '{' '\n' | grep '"service"' |
	sed -n "s/.*\"$2\":\([a-z0-9]*\).*/\1/p"
}

limit_is_known () {
	test "$(transfer_field alice limited_by_server)" = true
}

# new_file <bytes>: a commit of alice's that does not compress.
new_file () {
	head -c "$1" /dev/urandom >alice/work/file &&
	git -C alice/work add file &&
	git -C alice/work commit -q -m "$1 bytes"
}

test_expect_success 'two users of a server that lets ten kilobytes a second through' '
	start_prosody alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 10 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	git clone -q bob/project.git alice/work
'

test_expect_success 'a large push is throttled: that is recognised and shown' '
	new_file 250000 &&
	background alice git -C alice/work push $url main 2>err &&
	wait_for 40 limit_is_known &&
	rate=$(transfer_field alice rate) &&
	test "$rate" -gt 3000 && test "$rate" -lt 12000
'

# The sum of what bob gets in some seconds is what alice sends.
test_expect_success 'who gets it sees it come in, and how fast' '
	bobs_row () {
		as bob git xmpp status --json | tr "{" "\n" | grep "\"direction\":\"in\".*\"moves\":\"in\""
	} &&
	wait_for 10 bobs_row && rate=$(transfer_field bob rate) &&
	test "$rate" -gt 1500 && test "$rate" -lt 24000 &&
	as bob git xmpp status | grep "^alice@localhost is pushing  project  received .* KiB/s *through localhost  [0-9a-f]*$" &&
	as alice git xmpp status | grep "^you push to bob@localhost  project  .* KiB/s .*through localhost (its limit)  [0-9a-f]*$"
'

test_expect_success 'another command is done before the push is' '
	as alice git ls-remote $url &&
	alive $job
'

test_expect_success 'who pushes is told' '
	wait_for 20 grep "^warning: no direct path to bob@localhost; through the server it goes at .* KiB a second" err &&
	job_ends 90 0 &&
	grep "main -> main" err &&
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse main)"
'

test_expect_success 'who fetches is told by the other side' '
	git clone -q --bare bob/project.git alice/old.git &&
	git -C alice/old.git update-ref refs/heads/main main^ &&
	git -C alice/old.git reflog expire --expire=now --all &&
	git -C alice/old.git gc -q --prune=now &&
	as alice git -C alice/old.git fetch --progress $url main 2>err &&
	tr "\r" "\n" <err | grep "^remote: no direct path; through the server it goes at .* KiB a second"
'

test_expect_success 'the log has both transfers, with size and path' '
	for what in push fetch
	do
		wait_for 20 journal_has alice "bob@localhost/project  transfer  $what  ok  24[0-9] KiB, in-band" ||
			return
	done &&
	for what in pushed fetched
	do
		wait_for 20 journal_has bob "alice@localhost/project  transfer  $what  ok  24[0-9] KiB, in-band" ||
			return
	done
'

test_expect_success 'xmpp.bandwidth is kept, and is not taken for a limit of the server' '
	prosody_limits= &&
	restart_prosody &&
	wait_for 30 broker_online alice && wait_for 30 trusts alice bob &&
	as alice git config --global xmpp.bandwidth 100k &&
	reload alice &&
	new_file 800000 &&
	background alice git -C alice/work push -q $url main 2>err &&
	# Without it, this server lets megabytes through.
	rate_is_kept () {
		rate=$(transfer_field alice rate) &&
		test "${rate:-0}" -gt 50000 && test "$rate" -le 110000
	} &&
	wait_for 20 rate_is_kept &&
	test "$(transfer_field alice limited_by_server)" = false &&
	job_ends 30 0 &&
	test_is_empty err
'

test_done
