#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Names that are not ASCII, or not as they are typed: domains, people, passwords, and each in the
# form in which the server, its certificate, SASL and git have it.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

idn=bücher.test
ace=xn--bcher-kva.test
composed=$(printf 'p\303\244ss word IX')
typed=$(printf 'pa\314\210\302\255ss\302\240word \342\205\250')

# account <encoded domain> <encoded name> <password>
account () {
	mkdir -p "prosody/data/$1/accounts" &&
	echo "return { [\"password\"] = \"$3\" };" >"prosody/data/$1/accounts/$2.dat"
}

# login_as <jid> <bare>: alice's broker is online with the one, and says that it is the other.
login_as () {
	as alice git config --global --remove-section xmpp.idn 2>/dev/null
	as alice git xmpp setup "$1" --name=idn --server=127.0.0.1:$server_port \
		--ca-file="$TRASH/prosody/idn.crt" --password-command="cat $TRASH/alice/pw" --no-start &&
	start_broker alice &&
	as alice git xmpp status >status &&
	stop_broker alice &&
	grep -q "$2" status
}

test_expect_success 'a server for a domain that is not ASCII, with the certificate that an authority would issue' '
	account "b%c3%bccher%2etest" alice "$PASSWORD" &&
	account "b%c3%bccher%2etest" "a%3db%2cc" "$PASSWORD" &&
	account "b%c3%bccher%2etest" prepared "$composed" &&
	mkdir -p log && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=$ace -addext subjectAltName=DNS:$ace \
		-keyout prosody/idn.key -out prosody/idn.crt 2>log/openssl &&
	prosody_more="VirtualHost \"$idn\"
		disable_sasl_mechanisms = { \"PLAIN\", \"DIGEST-MD5\" }
		ssl = { key = \"$TRASH/prosody/idn.key\", certificate = \"$TRASH/prosody/idn.crt\" }" &&
	start_prosody carol alice jürgen &&
	as alice git config --global xmpp.directAddresses false
'

test_expect_success 'the stream is for the U-labels, the certificate has the A-labels' '
	login_as alice@XN--bcher-KVA.test "alice@$idn"
'

test_expect_success 'SCRAM has the name escaped' '
	login_as "a=b,c@$idn" "a=b,c@$idn"
'

test_expect_success 'a password is prepared as the server has prepared it' '
	printf "%s\n" "$typed" >alice/pw &&
	login_as "prepared@$(printf "BU\314\210CHER.test")" "prepared@$idn"
'

test_expect_success 'a buddy is the same one, however they are written' '
	as alice git config --global --remove-section xmpp.idn &&
	printf "%s\n" "$PASSWORD" >alice/pw &&
	setup_user alice && setup_user jürgen &&
	as jürgen git config --global xmpp.localhost.jid "$(printf "JU\314\210RGEN@localhost")" &&
	start_broker alice && start_broker jürgen &&
	as alice git xmpp add JÜRGEN@localhost &&
	wait_for 10 knows jürgen alice &&
	as jürgen git xmpp accept Alice@localhost &&
	wait_for 20 trusts alice jürgen && wait_for 20 trusts jürgen alice
'

test_expect_success 'so they are in addresses, encoded or not' '
	git init -q --bare jürgen/p.git &&
	as jürgen git xmpp share jürgen/p.git --name=p --fetch=ALICE@localhost >out &&
	grep "xmpp::jürgen@localhost/p" out &&
	as alice git ls-remote xmpp::jürgen@localhost/p &&
	as alice git ls-remote xmpp://J%C3%9CRGEN@localhost/p
'

test_expect_success 'and in what is taken back' '
	as jürgen git xmpp share --rm=alice@LOCALHOST --name=p &&
	test_must_fail as alice git ls-remote xmpp::jürgen@localhost/p &&
	as alice git xmpp remove "$(printf "ju\314\210rgen@localhost")" >out &&
	grep "^removed jürgen@localhost" out
'

wants_to_be () {
	as alice git xmpp status | grep -q "wants to be your buddy"
}

test_expect_success 'what is printed to be typed is one word, and no option, whatever they are called' '
	odd="-a;b\$c(d)@localhost" &&
	account localhost "%2da%3bb%24c%28d%29" "$PASSWORD" &&
	stop_broker jürgen &&
	as jürgen git config --global xmpp.localhost.jid "$odd" &&
	start_broker jürgen &&
	as jürgen git xmpp add alice@localhost &&
	wait_for 10 wants_to_be &&
	as alice git xmpp status >out && cat out &&
	command=$(sed -n "s/^! .* wants to be your buddy  \(git xmpp accept .*\)$/\1/p" out) &&
	eval "as alice $command" &&
	wait_for 20 trusts jürgen alice &&
	as jürgen git xmpp share jürgen/p.git --name=p --fetch=alice@localhost >out && cat out &&
	address=$(sed -n "s/.*\(xmpp::[^ ]*\).*/\1/p" out) &&
	eval "as alice git ls-remote $address"
'

test_done
