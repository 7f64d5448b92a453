#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a thief has of what they stole: bob's password, bob's key without it, both, or a laptop that
# bob has retired. Not one git of alice's is started for them, and no ref of hers moves.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
every_line=yes

device_of () {
	as "$1" git xmpp device | sed -n 's/^\* \([a-z2-7]*\) .*/\1/p'
}

# machine <home> <account>: another one, with the password of the account.
machine () {
	mkdir -p -m 700 "$1/run" && echo "$PASSWORD" >"$1/pw" && plain_user "$1" &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat '$TRASH/$1/pw'" --no-start
}

# takes_key <home> <account> <user>: the key of that user's device is the thief's.
takes_key () {
	mkdir -p -m 700 "$1/.data/git-xmpp/accounts/$2@localhost" &&
	cp "$(find "$TRASH/$3/.data" -name key)" "$1/.data/git-xmpp/accounts/$2@localhost/key" &&
	chmod 600 "$1/.data/git-xmpp/accounts/$2@localhost/key"
}

# meets_alice <home>: the thief takes alice's device for hers, so that nothing of theirs is in the way.
meets_alice () {
	wait_for 20 as "$1" git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)"
}

served () {
	grep -c "\(upload\|receive\)-pack '.*': started" log/alice
}

refs () {
	git -C alice/project.git for-each-ref
}

# gets_nothing <home>: by fetching, and by pushing.
gets_nothing () {
	local before moved

	before=$(served) moved=$(refs)
	test_must_fail as "$1" timeout 90 git ls-remote $url >said 2>err && cat err && test_is_empty said &&
	test_must_fail as "$1" timeout 90 git -C thief-work push -q $url HEAD:stolen 2>err && cat err &&
	test "$(served)" = "$before" && test "$(refs)" = "$moved"
}

gets () {
	as "$1" timeout 180 git ls-remote $url >/dev/null 2>&1
}

# sees <user> <verb> <words>
sees () {
	as "$1" git xmpp $2 >seen && grep -q "$3" seen
}

test_expect_success 'alice, bob, who may push, and mallory, whom alice knows as well' '
	start_server alice bob mallory &&
	setup_user alice && setup_user bob && setup_user mallory &&
	start_broker alice && start_broker bob && start_broker mallory &&
	pair alice bob && pair alice mallory && patience alice 5 &&
	"$TOP/t/tools/make-repo" alice/project.git 3 &&
	as alice git xmpp share alice/project.git --name=project --push=bob@localhost &&
	git clone -q alice/project.git thief-work && git -C thief-work commit -q --allow-empty -m stolen &&
	gets bob
'

test_expect_success 'with the password alone nothing; bob and alice see a device that waits' '
	machine thief bob && jid_thief=bob@localhost && start_broker thief && meets_alice thief &&
	wait_for 20 sees bob status "a new device of your own account" &&
	wait_for 20 sees alice "device bob@localhost" "$(device_of thief).*pending" &&
	gets_nothing thief && gets bob
'

test_expect_success 'nor while bob is away' '
	stop_broker bob && gets_nothing thief && start_broker bob && wait_for 20 gets bob && stop_broker thief
'

test_expect_success 'with the key and another account nothing, though alice knows both' '
	stop_broker mallory && rm -rf mallory/.data && takes_key mallory mallory bob && start_broker mallory &&
	test "$(device_of mallory)" = "$(device_of bob)" && meets_alice mallory &&
	gets_nothing mallory && gets bob && tail -n 5 log/alice &&
	! sees alice "device mallory@localhost" "$(device_of mallory).*  \(seen\|verified\|vouched\)"
'

test_expect_success 'with key and password they are bob: until alice shuts the key out, then nothing' '
	stop_broker mallory && stop_broker bob && rm -rf thief/.data thief/.state && takes_key thief bob bob &&
	start_broker thief && meets_alice thief && wait_for 20 gets thief &&
	as alice git xmpp device distrust bob@localhost "$(device_of thief)" &&
	gets_nothing thief && stop_broker thief
'

test_expect_success 'a laptop that bob has retired from another one returns, and gets nothing' '
	machine desk bob && jid_desk=bob@localhost && start_broker desk && start_broker bob &&
	as bob git xmpp verify --self >key-of-laptop && as desk git xmpp verify --self >key-of-desk &&
	as alice git xmpp verify bob@localhost --fingerprint="$(cat key-of-laptop)" &&
	wait_for 20 as alice git xmpp verify bob@localhost --fingerprint="$(cat key-of-desk)" &&
	wait_for 20 as desk git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)" &&
	wait_for 20 as bob git xmpp verify bob@localhost --fingerprint="$(cat key-of-desk)" &&
	wait_for 20 as desk git xmpp verify bob@localhost --fingerprint="$(cat key-of-laptop)" &&
	wait_for 20 gets bob && wait_for 20 gets desk &&
	as desk git xmpp device retire "$(device_of bob)" --yes &&
	wait_for 20 sees alice "device bob@localhost" "$(device_of bob).*revoked by $(device_of desk)" &&
	stop_broker bob && stop_broker desk && stop_broker alice && start_broker alice && start_broker bob &&
	gets_nothing bob && stop_broker bob && start_broker bob && gets_nothing bob &&
	start_broker desk && wait_for 20 gets desk
'

test_done
