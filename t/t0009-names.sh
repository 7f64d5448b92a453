#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a user calls things: verbs and options with a letter wrong, and buddies by nickname. The
# broker does what it is told.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-fake.sh"

# buddy <jid> <trust>
buddy () {
	echo "send:L:kind=buddy,jid=$1,subscription=both,asked=0,wants=0,online=1,git=1,last-seen=0,trust=$2"
}

# knows: the broker does bob, who is trusted, and two whom the server has put into the contact list.
knows () {
	fake open:Q "$(buddy bob@example.org seen)" "$(buddy bob@evil.example none)" \
		"$(buddy carol@example.org pending)" send:Z: \
		next open:Q send:Z: next open:Q send:Z:
}

# asked <line>: the broker was asked last.
asked () {
	tail -n 1 "$heard" >actual && echo "$1" >expect && test_cmp expect actual
}

test_expect_success 'help, as git has it' '
	git xmpp help >out && head -n 1 out >actual &&
	echo "usage: git xmpp <command> [<args>]" >expect && test_cmp expect actual &&
	test_expect_code 129 git xmpp share -h >expect &&
	git xmpp help share >actual && test_cmp expect actual &&
	test_expect_code 129 git xmpp share --help >actual && test_cmp expect actual &&
	test_expect_code 129 git xmpp queue push --help >actual && grep "^usage: git xmpp queue" actual &&
	test_expect_code 129 git xmpp help shaer 2>err && grep "\"git xmpp share\"" err
'

test_expect_success 'a verb or an option with a letter wrong: the one that was meant' '
	test_expect_code 129 git xmpp statsu 2>err &&
	cat >expect <<-\END &&
	fatal: no such command: '"'statsu'"'
	hint: The nearest one is "git xmpp status"
	END
	test_cmp expect err &&
	test_expect_code 129 git xmpp xyzzyx 2>err && grep "^hint: .*git xmpp help" err &&
	test_expect_code 129 git xmpp status --jsno 2>err && grep "^hint: The nearest one is \"--json\"" err &&
	test_expect_code 129 git xmpp status --whatever 2>err && ! grep "^hint" err
'

test_expect_success 'each verb has an example in its help' '
	git xmpp help | sed -n "s/^    \([a-z]*\) .*/\1/p" >verbs && test_line_count -ge 20 verbs &&
	while read -r verb
	do
		git xmpp help $verb | grep -q "^    .*git xmpp $verb\b" || echo $verb
	done <verbs >without && cat without && test_is_empty without
'

test_expect_success 'a nickname: given, listed, used, taken away' '
	knows &&
	git xmpp nickname robby bob@example.org >out && echo "robby is bob@example.org" >expect && test_cmp expect out &&
	git xmpp nickname >out && echo "robby  bob@example.org" >expect && test_cmp expect out &&
	git xmpp nickname --json >out &&
	echo "{\"version\":1,\"nicknames\":[{\"name\":\"robby\",\"jid\":\"bob@example.org\"}]}" >expect && test_cmp expect out &&
	fake open:Q send:Z: && git xmpp distrust robby && asked "Q verb=distrust jid=bob@example.org" &&
	fake open:Q send:Z: && git xmpp nickname robby carol@example.org &&
	fake open:Q send:Z: && git xmpp remove robby && asked "Q verb=remove jid=carol@example.org" &&
	git xmpp nickname --remove robby && git xmpp nickname >out && test_is_empty out &&
	test_expect_code 128 git xmpp nickname --remove robby 2>err && grep "nobody is called .robby." err &&
	has_message nobody-called err
'

test_expect_success 'what is no nickname' '
	for name in "" a/b "a b" -a .a a@b "a:b" "$(printf "a\nb")" "$(printf %064d 0)"
	do
		test_must_fail git xmpp nickname -- "$name" bob@example.org || return
	done &&
	test_expect_code 129 git xmpp nickname robby &&
	git xmpp nickname >out && test_is_empty out
'

test_expect_success 'the part before the @ will do for a buddy with a trusted device, and for no other' '
	knows && git xmpp distrust bob && asked "Q verb=distrust jid=bob@example.org" &&
	knows && test_must_fail git xmpp distrust carol 2>err && grep "nobody is called .carol." err &&
	fake open:Q "$(buddy bob@example.org seen)" "$(buddy bob@example.net verified)" send:Z: &&
	test_must_fail git xmpp distrust bob 2>err && grep "more than one buddy is called .bob." err && has_message which-buddy err &&
	fake_stop && test_must_fail git xmpp distrust bob 2>err && grep "nobody is called .bob." err
'

test_expect_success 'an address as other programs write it' '
	for text in xmpp:bob@example.org xmpp::bob@example.org/project bob@example.org/git.abc " bob@example.org " \
		"xmpp:BOB@example.org?message"
	do
		fake open:Q send:Z: && git xmpp distrust "$text" && asked "Q verb=distrust jid=bob@example.org" || return
	done
'

test_expect_success 'rights are written down with the whole address' '
	git config --global xmpp.example.jid alice@example.org &&
	git init -q --bare project.git && knows && git xmpp nickname robby bob@example.org && fake_stop &&
	git xmpp share project.git --push=robby:refs/heads/robby/* --fetch=buddies --fetch=robby &&
	git config --global --get-regexp "^xmppshare.project.(push|fetch)" >actual &&
	cat >expect <<-\END &&
	xmppshare.project.push bob@example.org:refs/heads/robby/*
	xmppshare.project.fetch buddies
	xmppshare.project.fetch bob@example.org
	END
	sort -o expect expect && sort actual >sorted && test_cmp expect sorted &&
	test_must_fail git xmpp share project.git --push=robbi 2>err && grep "nobody is called .robbi." err
'

# A git that says what clone is told, and is git otherwise. What it needs stands in it, because git does
# not see all of the environment.
mkdir instead
cat >instead/git <<-END
	#!/bin/sh
	test "\$1" = clone || exec "$(command -v git)" "\$@"
	printf "<%s>" "\$@" >"$TRASH/told"
	END
chmod 755 instead/git

clones () {
	PATH=$TRASH/instead:$PATH "$BUILD/git-xmpp" clone "$@"
}

test_expect_success 'clone: the address is whole, and the directory is called like the share' '
	clones robby/project && test "$(cat told)" = "<clone><xmpp::bob@example.org/project><project>" &&
	clones robby/team/my%20repo && test "$(cat told)" = "<clone><xmpp::bob@example.org/team/my%20repo><my repo>" &&
	clones "robby/a b" there --depth=1 &&
	test "$(cat told)" = "<clone><xmpp::bob@example.org/a%20b><there><--depth=1>" &&
	clones xmpp::carol@example.net/x --bare --mirror &&
	test "$(cat told)" = "<clone><xmpp::carol@example.net/x><--bare><--mirror><x>" &&
	test_must_fail clones robby 2>err && grep "no repository name" err &&
	test_must_fail clones robbi/project 2>err && grep "nobody is called .robbi." err &&
	test_must_fail clones robby/../x 2>err && grep "^fatal: " err &&
	test_expect_code 129 clones --bare robby/x
'

test_expect_success 'follow: a buddy stands for the remote that leads to them' '
	"$TOP/t/tools/make-repo" made.git 1 && git clone -q made.git work && (
		cd work && git remote set-url origin xmpp::bob@example.org/project &&
		git remote add other xmpp::carol@example.org/project &&
		git xmpp follow robby >out && grep "following bob@example.org/project as origin" out &&
		git xmpp follow carol@example.org >out && grep "following carol@example.org/project as other" out &&
		git remote add third xmpp::bob@example.org/more &&
		test_must_fail git xmpp follow robby 2>err && grep "more than one remote leads to bob@example.org" err &&
		test_must_fail git xmpp follow dave@example.org 2>err &&
		grep "no remote of this repository leads to dave@example.org" err &&
		test_must_fail git xmpp follow nowhere 2>err && grep "there is no remote .nowhere." err
	)
'

test_done
