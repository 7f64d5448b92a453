#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server that tells presences which are not so, and loses those that are.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# The server sends what is in the file "lies", and drops all other presences while there is a
# file "lossy".
mkdir -p prosody-modules &&
cat >prosody-modules/mod_liar.lua <<END
local parse = require "util.xml".parse;
local lying = false;

module:add_timer(0.05, function ()
	local file = io.open("$TRASH/lies");
	if file then
		local stanza = parse(file:read("*a"));
		file:close();
		os.remove("$TRASH/lies");
		lying = true;
		module:send(stanza);
		lying = false;
	end
	return 0.05;
end);

-- Their own presence, which has no address, it has to know.
local function lose(event)
	local file = not lying and event.stanza.attr.to and io.open("$TRASH/lossy");
	if file then
		file:close();
		return true;
	end
end

module:hook("presence/full", lose, 1000);
module:hook("presence/bare", lose, 1000);
END

# lie <attributes> [<children>]: the server says this presence to alice.
lie () {
	echo "<presence xmlns='jabber:client' to='alice@localhost/git.$(device_id alice)' $1>$2</presence>" >lies.new &&
	mv lies.new lies &&
	wait_for 5 test ! -e lies
}

device_id () {
	sed -n "s/.* serving '.*', device //p" "log/$1" | tail -n 1
}

full_jid_of () {
	echo "$1@localhost/git.$(device_id "$1")"
}

test_expect_success 'alice and bob, at a server that lies' '
	prosody_module=liar &&
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 100 8 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url
'

test_expect_success 'a clone goes on although the server says that bob is gone, and that he cannot be reached' '
	half_clone alice/clone.git &&
	lie "type=\"unavailable\" from=\"$(full_jid_of bob)\"" &&
	wait_for 5 grep "device $(device_id bob) went offline" log/alice &&
	lie "type=\"error\" from=\"$(full_jid_of bob)\"" "<error type=\"wait\"><remote-server-timeout xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>" &&
	whole_pack &&
	job_ends 30 0 &&
	test "$(git -C alice/clone.git rev-parse main)" = "$(git -C bob/project.git rev-parse main)" &&
	test_must_fail grep "link with bob@localhost/.* ended" log/alice
'

# sees <user> <buddy>
sees () {
	as "$1" git xmpp buddies --porcelain | grep "^$2@localhost	git	"
}

test_expect_success 'a buddy whom the server says to be gone, and who answers, is there' '
	lie "type=\"unavailable\" from=\"$(full_jid_of bob)\"" &&
	as alice git ls-remote $url &&
	wait_for 10 sees alice bob
'

test_expect_success 'two whose presences were lost find each other by themselves' '
	stop_broker alice && stop_broker bob &&
	touch lossy &&
	start_broker bob GIT_XMPP_TRACE=1 && start_broker alice GIT_XMPP_TRACE=1 &&
	wait_for 10 grep "bob@localhost: is shown ourselves" log/alice &&
	test_must_fail sees alice bob && test_must_fail sees bob alice &&
	rm lossy &&
	wait_for 30 sees alice bob && wait_for 30 sees bob alice
'

test_expect_success 'a command asks before it says that somebody is offline' '
	stop_broker alice && stop_broker bob &&
	touch lossy &&
	start_broker bob GIT_XMPP_TRACE=1 && start_broker alice GIT_XMPP_TRACE=1 &&
	wait_for 10 grep "bob@localhost: is shown ourselves" log/alice &&
	rm lossy &&
	as alice git ls-remote $url
'

test_expect_success 'and says so, of who is' '
	stop_broker bob &&
	test_must_fail as alice git ls-remote $url 2>err &&
	cat err && grep "bob@localhost.*is offline" err &&
	start_broker bob GIT_XMPP_TRACE=1 &&
	wait_for 10 trusts alice bob
'

# ghost: the server says that bob's device is where nobody is.
ghost () {
	lie "from=\"bob@localhost/ghost\"" "<git xmlns=\"urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb\" dev=\"$(device_id bob)\"/>"
}

test_expect_success 'who is not where the server says is looked for elsewhere, by the same command' '
	stop_broker bob && touch lossy && start_broker bob GIT_XMPP_TRACE=1 &&
	ghost && wait_for 5 sees alice bob &&
	rm lossy &&
	as alice git ls-remote $url &&
	grep "bob@localhost/ghost: is asked whether it is there" log/alice
'

# shows <user>, shows_more <user> <n>: how often bob was shown that they are there; more often
# than that.
shows () {
	grep -c "bob@localhost: is shown ourselves" "log/$1"
}

shows_more () {
	test "$(shows "$1")" -gt "$2"
}

# has_looked <n>: alice was shown to bob more often than that, or bob's broker has come first.
has_looked () {
	shows_more alice "$1" || sees alice bob
}

# pending <device>
pending () {
	as alice git xmpp buddies bob@localhost | grep "$1 [a-z]*-[a-z]*  online  pending"
}

test_expect_success 'a second device of bob, which alice trusts' '
	mkdir -p -m 700 bob2/run && plain_user bob2 &&
	as bob2 git xmpp setup bob@localhost --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" --password-command="cat $TRASH/bob/pw" --no-start &&
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	"$TOP/t/tools/make-repo" bob2/second.git 5 0 &&
	as bob2 git xmpp share bob2/second.git --name=second --fetch=alice@localhost &&
	as bob2 git xmpp add alice@localhost &&
	wait_for 20 pending "$(device_id bob2)" &&
	as alice git xmpp verify bob@localhost --fingerprint="$(as bob2 git xmpp verify --self)" &&
	as alice git ls-remote xmpp::bob@localhost/second
'

test_expect_success '... is asked whether it is there although only the first one is seen' '
	shown=$(shows alice) && touch lossy && stop_broker alice && start_broker alice GIT_XMPP_TRACE=1 &&
	wait_for 10 has_looked $shown &&
	lie "from=\"$(full_jid_of bob)\"" "<git xmlns=\"urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb\" dev=\"$(device_id bob)\"/>" &&
	wait_for 5 sees alice bob && rm lossy &&
	as alice git ls-remote xmpp::bob@localhost/second
'

# The warning comes when a path is not back at once.
warned () {
	grep "warning: the connection with bob@localhost is lost; waiting up to [0-9]* s" err
}

test_expect_success 'who waits for a broker that was killed is told, and hears its end from the next one' '
	half_clone alice/again.git &&
	kill_broker bob &&
	wait_for 20 warned &&
	as alice git xmpp status >out && cat out &&
	grep "waits up to .* for the connection" out &&
	alive $job &&
	whole_pack &&
	start_broker bob GIT_XMPP_TRACE=1 &&
	job_ends 20 128 &&
	grep -E "bob@localhost.*(gone|restarted)" err &&
	wait_for 10 trusts alice bob &&
	as alice git clone -q --bare $url alice/again.git
'

test_done
