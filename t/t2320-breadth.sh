#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# git's breadth: what t/breadth lists is run over ssh and over xmpp::, and has the same exit
# statuses, the same output and the same repositories afterwards. Where something is meant to be
# different, the list says so, and why. With BREADTH=all what takes long is run, too; with ONLY=<words>
# only cases whose titles match that, as for grep -E.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-sshd.sh"
. "$TOP/t/lib/lib-breadth.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"
have_sshd || test_skip_all 'no sshd is installed'

host=127.0.0.1
# git asks for the version of its protocol by GIT_PROTOCOL, and has ssh send it; but a connection
# that stands sends what it was told to when it began.
ssh_more='SendEnv GIT_PROTOCOL'
# A day, so that commits that are made in both worlds are the same.
GIT_AUTHOR_DATE='1750000000 +0000' GIT_COMMITTER_DATE='1750000000 +0000'
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE

# What users set, which is the same for whoever asks and whoever shares, over both.
common_user () {
	HOME=$TRASH/$1 git config --global init.defaultBranch main &&
	HOME=$TRASH/$1 git config --global gc.auto 0 &&
	HOME=$TRASH/$1 git config --global protocol.xmpp.allow always
}

# Whoever signs pushes has keys, and whoever is pushed to knows them.
make_keys () {
	local home

	GNUPGHOME=$TRASH/gnupg && export GNUPGHOME && mkdir -m 700 gnupg &&
	# The agent comes by itself, when something is signed.
	at_exit "gpgconf --homedir '$GNUPGHOME' --kill all" &&
	gpg -q --batch --passphrase "" --quick-generate-key "$GIT_COMMITTER_NAME <$GIT_COMMITTER_EMAIL>" ed25519 sign &&
	gpg -q --armor --export >key.asc &&
	for home in far bob
	do
		mkdir -m 700 "$home/.gnupg" &&
		gpg --homedir "$home/.gnupg" -q --batch --no-autostart --import key.asc || return
	done &&
	echo "$GIT_COMMITTER_EMAIL $(cut -d " " -f 1,2 ssh/key.pub)" >signers
}

share_of () {
	as bob git xmpp share "$TRASH/xmpp/srv/$1" --name="$1" --push=alice@localhost </dev/null
}

test_expect_success 'two users, an sshd of their own, and their repositories' '
	start_server alice bob && setup_user alice && setup_user bob &&
	mkdir near far &&
	for user in near far alice bob
	do
		common_user $user || return
	done &&
	ssh_home=$TRASH/far && start_sshd && make_keys &&
	make_worlds
'

test_expect_success 'their brokers, and the shares' '
	start_broker alice && start_broker bob && pair alice bob &&
	for name in $SHARES
	do
		share_of "$name" || return
	done &&
	odd_share_names >names &&
	while read -r name
	do
		share_of "$name" || return
	done <names
'

lists=$(ls "$TOP"/t/breadth/*.cases)
test "$BREADTH" = all || lists=$(echo "$lists" | grep -v /long.cases)

test_expect_success 'two hundred invocations of git, and more' '
	read_cases $lists && echo "$invocations in $cases cases" && test $invocations -ge 200
'

remember_descriptors alice bob

number=0
while test $((number += 1)) -le "${cases:-0}"
do
	grep -qE -e "$ONLY" cases/$number.title || continue
	test_expect_success "$(cat cases/$number.title)" "breadth_case $number"
done

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_done
