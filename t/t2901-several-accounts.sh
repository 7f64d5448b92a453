#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One person, three accounts at once: home and work at one server, far at another. Bob knows home,
# carol knows work, dave is at the other server.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-lying.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

jid_home=home@localhost
jid_work=work@localhost
jid_far=far@localhost

# new_account <name> <port> <ca file> [<option>...]: one more of alice's.
new_account () {
	local name port ca

	name=$1 port=$2 ca=$3
	shift 3
	as alice git xmpp setup "$name@localhost" --name="$name" --server="127.0.0.1:$port" \
		--ca-file="$ca" --password-command="echo $PASSWORD" "$@"
}

new_work () {
	new_account work "$first_port" "$TRASH/prosody/localhost.crt" "$@"
}

# by <account> <command>...: alice does it.
by () {
	local account

	account=$1
	shift
	as alice env GIT_XMPP_ACCOUNT="$account" "$@"
}

# state_is <account> <state>: as alice's broker says.
state_is () {
	as alice git xmpp setup --list | grep -q "^[* ] $1  *[^ ]*  *$2"
}

# of_account <account> <member>: what status has of it.
of_account () {
	as alice git xmpp status --json |
	sed -n "s/.*\"name\":\"$1\",[^}]*\"$2\":\"\{0,1\}\([^\",]*\).*/\1/p"
}

# port_of <account>: where it can be dialled.
port_of () {
	by "$1" git xmpp status --json | sed "s/.*\"paths\":{[^}]*\"port\":\([0-9]*\).*/\1/"
}

# trusts_by <account> <buddy>: and the buddy's device is online.
trusts_by () {
	by "$1" git xmpp buddies --porcelain | grep "^$2@localhost	" |
	grep -q "	git	.*	\(seen\|verified\)	"
}

# befriend <account> <buddy>
befriend () {
	by "$1" git xmpp add "$2@localhost" &&
	wait_for $subscribed_in knows "$2" "$1" &&
	as "$2" git xmpp accept "$1@localhost" &&
	wait_for $subscribed_in trusts_by "$1" "$2" &&
	wait_for $subscribed_in trusts "$2" "$1"
}

# times_online <account>: how often alice's broker has logged in as it.
times_online () {
	grep -c "online as $1@localhost" log/alice
}

# moves <account>: something of that account is being transferred.
moves () {
	as alice git xmpp status --json | grep -q "\"transfers\":\[[^]]*\"account\":\"$1\""
}

# pack_comes <repository>: git has asked for all that it wants. One that still asks, of a helper that
# has ended, dies of SIGPIPE, as over ssh.
pack_comes () {
	ls "$1"/.git/objects/pack/tmp_pack_*
}

told_of_carol () {
	as alice git xmpp --account=home status | grep -q "carol@localhost wants"
}

# joined_by <account> <user>: alice's journal has it.
joined_by () {
	as alice git xmpp log -n 1000 --porcelain | grep "	$2@localhost	.*joined by .*	$1@localhost$"
}

# make_share <user> <share> <option>...
make_share () {
	local user share

	user=$1 share=$2
	shift 2
	"$TOP/t/tools/make-repo" "$user/$share.git" 3 "${size:-0}" &&
	as "$user" git xmpp share "$user/$share.git" --name="$share" "$@"
}

test_expect_success 'three accounts are set up, the first one is the default' '
	start_server home work bob carol && second_server far dave &&
	mkdir -p -m 700 alice/run && plain_user alice &&
	new_account home "$first_port" "$TRASH/prosody/localhost.crt" --no-start >out &&
	test_must_fail grep "default account" out &&
	new_work --no-start >out &&
	grep "default account .home., as before; .git xmpp setup --default=work. changes that" out &&
	new_account far "$second_port" "$TRASH/two/prosody/localhost.crt" --no-start &&
	test "$(as alice git config --global xmpp.account)" = home &&
	device_at bob bob "$first_port" "$TRASH/prosody/localhost.crt" &&
	device_at carol carol "$first_port" "$TRASH/prosody/localhost.crt" &&
	device_at dave dave "$second_port" "$TRASH/two/prosody/localhost.crt" &&
	as alice git xmpp setup --list >out &&
	cat >expected <<-END &&
	* home  home@localhost  no broker runs
	  work  work@localhost  no broker runs
	  far   far@localhost   no broker runs
	END
	diff expected out
'

test_expect_success 'all are online at once' '
	start_broker alice && start_broker bob && start_broker carol && start_broker dave &&
	wait_for 30 state_is home online && wait_for 30 state_is work online &&
	wait_for 30 state_is far online &&
	as alice git xmpp status >out && cat out &&
	grep "^home@localhost  online" out && grep "^work@localhost  online" out &&
	grep "^default  *home" out &&
	as alice git xmpp setup --list --json >out &&
	grep "{\"name\":\"home\",\"jid\":\"home@localhost\",\"default\":true,\"state\":\"online\"" out &&
	grep "{\"name\":\"far\",\"jid\":\"far@localhost\",\"default\":false,\"state\":\"online\"" out
'

test_expect_success 'each has a key and a port of its own' '
	for account in home work far
	do
		by "$account" git xmpp verify --self >"$account.print" && test -s "$account.print" &&
		test "$(of_account "$account" fingerprint)" = "$(tr -d " \n" <"$account.print" | tr A-F a-f)" ||
		return
	done &&
	test "$(cat home.print work.print far.print | sort -u | wc -l)" -eq 3 &&
	as alice git config --global xmpp.directAddresses true &&
	as alice git config --global xmpp.directPort "$("$BUILD/t/free-port")" &&
	kill -HUP "$(broker_pid alice)" &&
	for account in home work far; do port_of "$account" || return; done >ports &&
	test "$(grep -vx 0 ports | sort -u | wc -l)" -eq 3 &&
	test "$(head -n 1 ports)" = "$(as alice git config --global xmpp.directPort)" &&
	as alice git config --global xmpp.work.transport inband &&
	as alice git config --global xmpp.directAddresses false &&
	as alice git config --global --unset xmpp.directPort &&
	kill -HUP "$(broker_pid alice)" &&
	as alice git xmpp --account=work status >out && cat out &&
	grep "^work@localhost" out && test_must_fail grep home@localhost out &&
	as alice git xmpp --account=work status --json | grep "\"transport\":\"inband\"" &&
	as alice git config --global --unset xmpp.work.transport &&
	kill -HUP "$(broker_pid alice)"
'

test_expect_success 'each has buddies of its own' '
	befriend home bob && befriend work carol && befriend far dave &&
	as alice git xmpp buddies >out && grep bob@localhost out &&
	test_must_fail grep -e carol -e dave out &&
	as alice git xmpp --account=far@localhost buddies >out && grep dave@localhost out &&
	test_must_fail grep -e bob -e carol out
'

test_expect_success 'a share is of the account that knows whom it lets in' '
	make_share alice open --fetch=bob@localhost &&
	make_share alice job --fetch=carol@localhost &&
	make_share alice trip --push=dave@localhost &&
	test "$(as alice git config --global xmppShare.job.account)" = work@localhost &&
	as alice git xmpp share --list >out && grep "by far@localhost" out &&
	as bob git ls-remote xmpp::home@localhost/open &&
	as carol git ls-remote xmpp::work@localhost/job &&
	as dave git ls-remote xmpp::far@localhost/trip
'

test_expect_success 'each serves what is its own, and nothing else' '
	as alice git config --global --add xmppShare.open.fetch carol@localhost &&
	as alice git config --global --add xmppShare.job.fetch bob@localhost &&
	kill -HUP "$(broker_pid alice)" &&
	test_must_fail as carol git ls-remote xmpp::work@localhost/open 2>err &&
	grep "does not share a repository .open." err &&
	test_must_fail as bob git ls-remote xmpp::home@localhost/job 2>err &&
	grep "does not share a repository .job." err
'

test_expect_success 'the buddy says which account is meant' '
	make_share bob b --push=home@localhost &&
	make_share carol c --push=work@localhost &&
	make_share dave d --push=far@localhost &&
	for pair in bob/b carol/c dave/d
	do
		as alice git clone "xmpp::${pair%/*}@localhost/${pair#*/}" "alice/${pair#*/}" || return
	done &&
	as alice git -C alice/c commit -q --allow-empty -m "by work" &&
	as alice git -C alice/c push origin HEAD:refs/heads/new
'

test_expect_success 'two large shares, each with an account of its own' '
	size=3 make_share alice big --fetch=bob@localhost &&
	size=3 make_share carol heap --fetch=work@localhost
'

test_expect_success unthrottled 'two accounts serve and fetch at once' '
	background alice git clone -q xmpp::carol@localhost/heap alice/heap && first=$job &&
	background bob git clone -q xmpp::home@localhost/big bob/big &&
	job_ends 60 0 && job=$first && job_ends 60 0 &&
	as bob git -C bob/big fsck && as alice git -C alice/heap fsck
'

# id_where <words>: of alice's only transfer of which this is said, in $id.
id_where () {
	id=$(as alice git xmpp cancel | sed -n "/$1/s/.* git xmpp cancel //p") && test -n "$id"
}

# slowly <user>...: they send little at a time, or as much as $speed says.
slowly () {
	local user

	for user
	do
		as "$user" git config --global xmpp.bandwidth "${speed:-20k}" && kill -HUP "$(broker_pid "$user")" || return
	done
}

test_expect_success unthrottled 'one transfer is ended, whichever account it is of' '
	slowly alice carol &&
	background alice git clone -q xmpp::carol@localhost/heap alice/slow && first=$job &&
	background bob git clone -q xmpp::home@localhost/big bob/slow &&
	wait_for 30 pack_comes alice/slow && wait_for 30 pack_comes bob/slow &&
	id_where "fetch from carol@localhost" && as alice git xmpp cancel $id >out &&
	grep "^ended your fetch: carol@localhost/heap$" out &&
	id_where "bob@localhost is fetching" && as alice git xmpp cancel $id >out &&
	grep "^ended the fetch of bob@localhost: big$" out &&
	job_ends 30 128 && job=$first && job_ends 30 128 && speed=0 slowly alice carol
'

test_expect_success 'where two accounts know the buddy, the default one is meant' '
	befriend work bob &&
	make_share bob private --fetch=work@localhost &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/private 2>err &&
	grep "does not share a repository .private. with you" err
'

test_expect_success 'and the environment, the option, -c, the remote or the repository say another' '
	by work git ls-remote xmpp::bob@localhost/private &&
	as alice git xmpp --account=work list bob@localhost >out && grep private out &&
	as alice git xmpp list bob@localhost >out && test_must_fail grep private out &&
	as alice git -c xmpp.account=work ls-remote xmpp::bob@localhost/private &&
	git init -q alice/r && as alice git -C alice/r remote add them xmpp::bob@localhost/private &&
	test_must_fail as alice git -C alice/r fetch them &&
	as alice git -C alice/r config remote.them.xmppAccount work@localhost &&
	as alice git -C alice/r fetch them &&
	as alice git -C alice/r config --unset remote.them.xmppAccount &&
	as alice git -C alice/r config xmpp.account work &&
	as alice git -C alice/r fetch them &&
	as alice git -C alice/r config --unset xmpp.account
'

test_expect_success 'so does an includeIf for a directory' '
	printf "[xmpp]\n\taccount = work\n" >alice/at-work &&
	as alice git config --global "includeIf.gitdir:$TRASH/alice/r/.path" "$TRASH/alice/at-work" &&
	as alice git -C alice/r fetch them &&
	test_must_fail as alice git ls-remote xmpp::bob@localhost/private &&
	as alice git config --global --unset "includeIf.gitdir:$TRASH/alice/r/.path"
'

test_expect_success 'one that is not there is said, and nobody else is used' '
	test_must_fail by nowhere git ls-remote xmpp::bob@localhost/b 2>err &&
	has_message unknown-account err &&
	test_expect_code 128 as alice git xmpp --account=home move work@localhost dave@localhost \
		--password-command="cat dave/pw" 2>err && has_message not-this-account err &&
	test_expect_code 128 as alice git xmpp --account=nowhere buddies --json >out &&
	grep "\"id\":\"unknown-account\"" out &&
	test_must_fail as alice git xmpp --account=nowhere status 2>err && grep nowhere err
'

test_expect_success 'follows and queued pushes go by their account' '
	as alice git -C alice/r config remote.them.xmppAccount work &&
	(cd alice/r && as alice git xmpp follow them) &&
	test "$(as alice git config --global xmppFollow.bob@localhost/private.account)" = work@localhost &&
	commit=$(git -C bob/private.git commit-tree -m more "HEAD^{tree}" -p HEAD) &&
	git -C bob/private.git update-ref refs/heads/more "$commit" &&
	wait_for 30 git -C alice/r rev-parse --verify -q refs/remotes/them/more &&
	(cd alice/r && as alice git xmpp unfollow them) &&
	test_must_fail as alice git config --global --get-regexp "xmppfollow.*account" &&
	as alice git -C alice/c commit -q --allow-empty -m queued &&
	(cd alice/c && as alice git xmpp queue push origin HEAD:refs/heads/queued) &&
	wait_for 30 git -C carol/c.git rev-parse --verify -q refs/heads/queued &&
	git -C carol/c.git log -1 --format=%s refs/heads/queued | grep queued
'

test_expect_success 'what happened, what waits and what is told says of which account' '
	as alice git xmpp log -n 1000 >out && cat out && grep "carol@localhost.*by work@localhost$" out &&
	grep "dave@localhost.*by far@localhost$" out &&
	as alice git xmpp log -n 1000 --porcelain >out && grep "dave@localhost.*	far@localhost$" out &&
	as alice git xmpp log -n 1000 --json | grep "\"account\":\"work@localhost\"" &&
	stop_broker carol &&
	as alice git -C alice/c commit -q --allow-empty -m later &&
	id=$(cd alice/c && as alice git xmpp queue push --json origin HEAD:refs/heads/later |
		sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	as alice git xmpp queue >out && cat out && grep "carol@localhost/c.*by work@localhost" out &&
	as alice git xmpp queue --json | grep "\"account\":\"work@localhost\"" &&
	as alice git xmpp queue drop "$id" && start_broker carol && wait_for $subscribed_in trusts_by work carol &&
	as carol git xmpp add home@localhost && wait_for 20 told_of_carol &&
	as alice git xmpp status >out && cat out && grep "! *carol@localhost wants.*by home@localhost$" out &&
	as alice git ls-remote xmpp::carol@localhost/c && as alice git xmpp --account=home decline carol@localhost
'

test_expect_success 'another default moves no share' '
	as alice git config --global --unset xmppShare.open.account &&
	kill -HUP "$(broker_pid alice)" &&
	as bob git ls-remote xmpp::home@localhost/open &&
	as alice git xmpp setup --default=work >out && grep "default account .work." out &&
	test "$(as alice git config --global xmppShare.open.account)" = home@localhost &&
	as bob git ls-remote xmpp::home@localhost/open &&
	test_must_fail as bob git ls-remote xmpp::work@localhost/open &&
	as alice git xmpp setup --default=home &&
	test "$(as alice git config --global xmpp.account)" = home
'

test_expect_success 'removing one asks, and says what stays' '
	test_expect_code 1 as alice git xmpp setup --remove=work >out 2>err </dev/null && cat out &&
	grep "say so with --yes" err &&
	grep "ends " out && grep "kept .*accounts/work@localhost" out && grep "erased" out &&
	grep "rests .*shares 1, followed remotes 0, queued pushes 0" out &&
	state_is work online
'

test_expect_success 'one is removed while it transfers: that ends, and the others go on' '
	wait_for 30 state_is home online && wait_for 30 state_is far online &&
	homes=$(times_online home) fars=$(times_online far) &&
	slowly carol bob &&
	size=1 make_share bob large --fetch=home@localhost &&
	background alice sh -c "git clone xmpp::carol@localhost/heap alice/heap2 2>heap2.err" &&
	work=$job &&
	background alice git clone -q xmpp::bob@localhost/large alice/large && home=$job &&
	wait_for 30 pack_comes alice/heap2 && wait_for 30 moves work && wait_for 30 moves home &&
	as alice git xmpp setup --remove=work --yes >out && cat out &&
	grep "removed account .work." out &&
	job=$work && job_ends 20 128 && cat heap2.err &&
	has_message account-gone heap2.err &&
	moves home && speed=0 slowly bob carol && job=$home && job_ends 200 0 && as alice git -C alice/large fsck &&
	as alice git xmpp setup --list >out && test_must_fail grep work out &&
	test "$(times_online home)" -eq "$homes" && test "$(times_online far)" -eq "$fars"
'

test_expect_success 'what it shared nobody has, and who asked it is not told more' '
	test_must_fail as carol git ls-remote xmpp::work@localhost/job &&
	test_must_fail as bob git ls-remote xmpp::home@localhost/job
'

test_expect_success 'it is set up again while the broker runs, and is who it was' '
	new_work >out && cat out && grep "default account .home., as before" out &&
	grep "next: git xmpp --account=work add" out &&
	wait_for 30 state_is work online &&
	by work git xmpp verify --self >again && diff work.print again &&
	wait_for 30 as carol git ls-remote xmpp::work@localhost/job &&
	test "$(times_online home)" -eq "$homes"
'

test_expect_success 'a reload of nothing new ends nobody' '
	works=$(times_online work) &&
	kill -HUP "$(broker_pid alice)" &&
	as carol git ls-remote xmpp::work@localhost/job &&
	test "$(times_online home)" -eq "$homes" && test "$(times_online work)" -eq "$works"
'

test_expect_success 'one whose key cannot be used is said, and stops no other' '
	stop_broker alice &&
	chmod 0640 alice/.data/git-xmpp/accounts/work@localhost/key &&
	start_broker alice && wait_for 30 state_is far online && state_is home online &&
	as alice git xmpp setup --list >out && cat out &&
	grep "work  work@localhost  failed: .*others can read it" out &&
	wait_for 30 as dave git ls-remote xmpp::far@localhost/trip &&
	chmod 0600 alice/.data/git-xmpp/accounts/work@localhost/key &&
	kill -HUP "$(broker_pid alice)" && wait_for 30 state_is work online
'

test_expect_success 'so is one without an address, and one that is there twice' '
	as alice git config --global xmpp.odd.jid nobody &&
	as alice git config --global xmpp.twin.jid HOME@localhost &&
	kill -HUP "$(broker_pid alice)" &&
	as alice git xmpp status >out && cat out && grep "^nobody  *failed" out &&
	grep "^HOME@localhost  *failed.*another account has the same address" out && state_is home online &&
	test_expect_code 128 as alice git xmpp --account=odd buddies 2>err &&
	grep "account .odd. cannot be used: its jid is not an address" err && has_message bad-account err &&
	as alice git config --global --remove-section xmpp.odd &&
	as alice git config --global --remove-section xmpp.twin &&
	kill -HUP "$(broker_pid alice)"
'

test_expect_success 'nor does one whose server says what is not XML' '
	homes=$(times_online home) && fars=$(times_online far) &&
	odd_server "<stream:stream xmlns='\''jabber:client'\'' id='\''1'\'' version='\''1.0'\''
		xmlns:stream='\''http://etherx.jabber.org/streams'\'' from='\''localhost'\''><a></b>" &&
	as alice git config --global xmpp.odd.jid odd@localhost &&
	as alice git config --global xmpp.odd.server "127.0.0.1:$odd_port" &&
	as alice git config --global xmpp.odd.passwordCommand "echo $PASSWORD" &&
	kill -HUP "$(broker_pid alice)" &&
	wait_for 30 grep "odd@localhost: .*what is not XML" log/alice &&
	as alice git ls-remote xmpp::bob@localhost/b && as alice git ls-remote xmpp::dave@localhost/d &&
	test "$(times_online home)" -eq "$homes" && test "$(times_online far)" -eq "$fars" &&
	as alice git config --global --remove-section xmpp.odd &&
	kill -HUP "$(broker_pid alice)"
'

test_expect_success 'who joins, and whom one joins, is said with the account' '
	by home git xmpp invite 2>/dev/null >link && as bob git xmpp join "$(cat link)" &&
	joined_by home bob &&
	as bob git xmpp invite 2>/dev/null >link && stop_broker bob &&
	test_expect_code 1 by work git xmpp join "$(cat link)" && start_broker bob &&
	wait_for 60 joined_by work bob
'

test_expect_success 'without a default the command says that it needs one' '
	as alice git config --global --unset xmpp.account &&
	kill -HUP "$(broker_pid alice)" &&
	test_expect_code 128 as alice git xmpp buddies 2>err && cat err &&
	has_message which-account err &&
	as alice git ls-remote xmpp::carol@localhost/c &&
	as alice git xmpp status >out && grep "^home@localhost" out &&
	as alice git xmpp setup --default=home@localhost && as alice git xmpp buddies
'

test_expect_success 'the last ones go, and then there is no account' '
	as alice git xmpp setup --remove=home --yes >out && cat out &&
	as alice git xmpp setup --remove=far@localhost --yes &&
	as alice git xmpp setup --list >out && cat out && grep "^\* work" out &&
	as alice git xmpp setup --remove=work --yes &&
	test_expect_code 1 as alice git xmpp status >out && grep "no account" out &&
	stop_broker alice
'

test_done
