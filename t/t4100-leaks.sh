#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A broker lives for months: nothing may be left of a hundred pushes.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

url=xmpp::bob@localhost/project

# push_commits <from> <to>
push_commits () {
	local i

	i=$1
	while test "$i" -le "$2"
	do
		git -C alice/work commit -q --allow-empty -m "push $i" &&
		as alice git -C alice/work push -q origin HEAD:main || return 1
		i=$((i + 1))
	done
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse HEAD)"
}

# zombies_of <user>: children of the broker that nobody has waited for.
zombies_of () {
	grep -ls "^PPid:[^0-9]*$(broker_pid "$1")$" /proc/[0-9]*/status |
	xargs -r grep -l "^State:.*Z"
}

test_expect_success 'two users, their brokers, a small repository' '
	start_prosody alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work &&
	push_commits 1 5
'

remember_descriptors alice bob

test_expect_success '100 pushes' '
	before_alice=$(resident alice) before_bob=$(resident bob) &&
	push_commits 6 105
'

test_expect_success 'the brokers hold as many descriptors as before' '
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

no_zombies () {
	test -z "$(zombies_of alice)$(zombies_of bob)"
}

# The server and two brokers; what the last command has started may be about to end.
only_three () {
	sandbox_processes >processes
	test "$(wc -l <processes)" -eq 3
}

test_expect_success 'no zombie and no orphan is left' '
	wait_for 5 no_zombies &&
	wait_for 5 no_services &&
	wait_for 5 only_three
'

test_expect_success '! sanitized' 'the brokers did not grow' '
	echo "alice $before_alice -> $(resident alice) kB, bob $before_bob -> $(resident bob) kB" &&
	test $(resident alice) -lt $((before_alice + 1500)) &&
	test $(resident bob) -lt $((before_bob + 1500))
'

test_expect_success 'the brokers end when asked, with status 0' '
	stop_broker alice &&
	stop_broker bob
'

test_expect_success 'command -v valgrind && ! sanitized' \
	'under valgrind: no error, no leak, no open descriptor after 10 pushes, a clone and a refusal' '
	VALGRIND=1 &&
	start_broker alice && start_broker bob &&
	wait_for 60 trusts alice bob &&
	push_commits 106 115 &&
	as alice git clone -q $url alice/again &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/nothing &&
	stop_broker alice &&
	stop_broker bob &&
	VALGRIND= &&
	cat valgrind.* &&
	! grep -E "lost in loss|Invalid|uninitialised" valgrind.* &&
	# The lock is held for life, and what came from the shell is not ours.
	cat valgrind.* | awk "/ Open /{ open = \$0; next } open && !/inherited/ && open !~ /lock\$/{ print open } { open = 0 }" >open &&
	test_is_empty open
'

test_done
