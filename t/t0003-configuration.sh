#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is written and what is obeyed is the same configuration, wherever git
# reads it from; or the command fails, says where the value stands, and has
# changed nothing. The broker here has no account and needs no server.

. "$(dirname "$0")/lib/test-lib.sh"

mkdir -m 700 "$TRASH/run"
GIT_XMPP_SOCKET=$TRASH/run/socket
export GIT_XMPP_SOCKET
git config --global xmpp.autostart false
git config --global xmpp.directAddresses false
# The address sanitizer reserves more memory than a helper of git's may have.
! grep -q __asan_init "$BUILD/git-xmpp-daemon" || git config --global xmpp.receiveMemory 0
git init -q --bare "$TRASH/project.git"
git init -q --bare "$TRASH/other.git"
git init -q "$TRASH/clone"
git -C "$TRASH/clone" remote add origin xmpp::bob@example.org/project
cp "$HOME/.gitconfig" "$TRASH/plain"
broker=
SQ="'"

start_broker () {
	stop_broker
	"$BUILD/git-xmpp-daemon" >>log/daemon 2>&1 &
	broker=$!
	started $broker
	wait_for 10 test -S "$GIT_XMPP_SOCKET"
}

stop_broker () {
	test -z "$broker" || end_process $broker
	broker=
}
test_atexit stop_broker

# A configuration to begin with.
afresh () {
	stop_broker
	rm -rf "$HOME"
	mkdir "$HOME" && cp plain "$HOME/.gitconfig"
	unset GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM XDG_CONFIG_HOME
	GIT_CONFIG_NOSYSTEM=1
	export GIT_CONFIG_NOSYSTEM
}

# project, for alice, in a file.
shared_in () {
	printf '# of mine\n[xmppShare "project"]\n\tpath = %s\n\tpush = alice@example.org\n\tfetch = carol@example.org\n' \
		"$TRASH/project.git" >"$1"
}

include () {
	git config --global --add include.path "$1"
}

# obeyed <text>: the broker's shares are these.
obeyed () {
	git-xmpp status --json | sed -n 's/.*"shares":\(.*\),"links":.*/\1/p' >shares
	echo "$1" | diff - shares
}
with_alice="[{\"name\":\"project\",\"path\":\"$TRASH/project.git\",\"fetch\":[\"carol@example.org\"],\"push\":[\"alice@example.org\"],\"fault\":null,\"account\":null}]"
without_alice="[{\"name\":\"project\",\"path\":\"$TRASH/project.git\",\"fetch\":[\"carol@example.org\"],\"push\":[],\"fault\":null,\"account\":null}]"

test_expect_success 'in an included file: what is taken away is taken away there, and that is said' '
	afresh && shared_in home/shares && include "$HOME/shares" && cp home/.gitconfig before &&
	start_broker && obeyed "$with_alice" &&
	git xmpp share --name=project --rm=alice@example.org >out &&
	cat >expect <<-END &&
	alice@example.org may no longer fetch from or push to ${SQ}project${SQ}
	  fetch  carol@example.org
	changed in $HOME/shares
	END
	test_cmp expect out &&
	obeyed "$without_alice" &&
	grep "^# of mine" home/shares &&
	test_cmp before home/.gitconfig
'

test_expect_success 'one more right goes where the share is' '
	git xmpp share --name=project --push=alice@example.org >out &&
	grep "^changed in $HOME/shares$" out &&
	obeyed "$with_alice" &&
	test_cmp before home/.gitconfig
'

test_expect_success 'unshare, of what stands in two files' '
	git config --global --add xmppShare.project.push dave@example.org &&
	git xmpp unshare project >out &&
	grep "^changed in $HOME/shares$" out &&
	obeyed "[]" &&
	test_must_fail git config --global --includes --get-regexp "^xmppshare" &&
	test_cmp before home/.gitconfig
'

test_expect_success 'a path, in an included file that comes later' '
	afresh && git xmpp share project.git --name=project &&
	printf "[xmppShare \"project\"]\n\tpath = /nowhere\n" >home/later && include "$HOME/later" &&
	test_expect_code 128 git xmpp share project.git --name=project &&
	git config --file home/later xmppShare.project.path "$TRASH/project.git" &&
	git xmpp share project.git --name=project --fetch=bob@example.org
'

test_expect_success 'what cannot be the name of a share is told, with the reason' '
	test_expect_code 128 git xmpp share project.git --name=50% 2>err &&
	grep "^fatal: .50%. cannot be the name of a share: a character that names cannot have$" err
'

test_expect_success 'in the other global file: both are read' '
	afresh && mkdir -p home/.config/git && shared_in home/.config/git/config &&
	start_broker && obeyed "$with_alice" &&
	git xmpp share --list >out && grep "^  push   alice@example.org" out &&
	git xmpp share --name=project --rm=alice@example.org >out &&
	grep "^changed in $HOME/.config/git/config$" out &&
	obeyed "$without_alice" &&
	afresh && mkdir -p xdg/git && shared_in xdg/git/config && XDG_CONFIG_HOME=$TRASH/xdg && export XDG_CONFIG_HOME &&
	start_broker && obeyed "$with_alice" &&
	git xmpp share --name=project --rm=alice@example.org && obeyed "$without_alice"
'

test_expect_success 'GIT_CONFIG_GLOBAL is the only one then, and is written' '
	afresh && shared_in home/.gitconfig && cp plain mine && GIT_CONFIG_GLOBAL=$TRASH/mine && export GIT_CONFIG_GLOBAL &&
	start_broker && obeyed "[]" &&
	git xmpp share project.git --fetch=carol@example.org --push=alice@example.org >out &&
	test_line_count = 4 out && obeyed "$with_alice" &&
	git config --file mine xmppShare.project.path
'

test_expect_success 'the file of the system is read, and is for somebody else to write' '
	afresh && shared_in system && GIT_CONFIG_SYSTEM=$TRASH/system && export GIT_CONFIG_SYSTEM && unset GIT_CONFIG_NOSYSTEM &&
	start_broker && obeyed "$with_alice" && cp system before &&
	test_expect_code 128 git xmpp share --name=project --rm=alice@example.org >out 2>err &&
	cat >expect <<-END &&
	fatal: cannot change ${SQ}$TRASH/system${SQ}: it is not yours
	hint: The command for it is: git config --file $TRASH/system --fixed-value --unset-all xmppshare.project.push alice@example.org
	END
	test_cmp expect err && test_is_empty out && test_cmp before system && test_cmp plain home/.gitconfig &&
	obeyed "$with_alice" &&
	test_expect_code 128 git xmpp unshare project && obeyed "$with_alice" && test_cmp before system &&
	eval "$(sed -n "s/^hint: The command for it is: //p" err)" && test_must_fail grep alice system
'

test_expect_success 'and with GIT_CONFIG_NOSYSTEM neither reads it' '
	afresh && shared_in system && GIT_CONFIG_SYSTEM=$TRASH/system && export GIT_CONFIG_SYSTEM &&
	start_broker && obeyed "[]" && git xmpp share --list >out && test_is_empty out
'

test_expect_success 'what git -c and the environment say is of one command, not of the broker' '
	afresh && shared_in shares && start_broker &&
	git -c include.path="$TRASH/shares" xmpp share --list >out && test_is_empty out &&
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=xmppShare.project.path GIT_CONFIG_VALUE_0="$TRASH/project.git" \
		git xmpp share --list >out && test_is_empty out &&
	git -c xmppShare.project.push=alice@example.org xmpp share project.git >out 2>err &&
	test_must_fail grep alice out && grep "^hint: Nobody may fetch" err &&
	git -c xmpp.account=work -c xmpp.work.jid=bob@example.org xmpp share project.git >out 2>&1 &&
	grep "as xmpp::<you>/project$" out
'

test_expect_success 'an include for a repository counts for nobody, wherever one stands' '
	afresh && shared_in home/shares &&
	git config --global "includeIf.gitdir:$TRASH/clone/.path" "$HOME/shares" &&
	git -C clone config xmppShare.evil.path "$TRASH/clone/.git" &&
	start_broker && obeyed "[]" &&
	git -C clone xmpp share --list >out && test_is_empty out &&
	git -C clone xmpp share ../project.git --push=alice@example.org --fetch=carol@example.org &&
	obeyed "$with_alice" && git -C clone xmpp share --name=project --rm=alice@example.org && obeyed "$without_alice"
'

test_expect_success 'the same person, twice and in other letters' '
	afresh && shared_in home/shares && include "$HOME/shares" &&
	printf "[xmppshare \"project\"]\n\tpush = Alice@Example.ORG\n\tpush = alice@example.org\n[xmppShare.project]\n\tpush = ALICE@example.org.\n" >>home/.gitconfig &&
	start_broker && obeyed "$with_alice" &&
	git xmpp share --name=project --rm=aLice@example.org && obeyed "$without_alice" &&
	test_must_fail grep -i alice home/shares home/.gitconfig &&
	git xmpp unshare project && obeyed "[]"
'

test_expect_success 'who has no right; who keeps one as a buddy' '
	afresh && git xmpp share project.git --fetch=buddies --push=alice@example.org && cp home/.gitconfig before &&
	test_expect_code 128 git xmpp share --name=project --rm=alice@example.org 2>err &&
	grep "^fatal: .alice@example.org. would keep what all buddies may do with .project." err &&
	test_cmp before home/.gitconfig &&
	eval "$(sed -n "s/^hint: Take it from all with \"\(.*\)\"/\1/p" err)" >out &&
	grep "^alice@example.org may no longer fetch from or push to .project." out &&
	grep "^buddies may no longer fetch from .project." out &&
	test_expect_code 1 git xmpp share --name=project --rm=alice@example.org >out &&
	echo "alice@example.org had no right to ${SQ}project${SQ}" >expect && test_cmp expect out &&
	git xmpp share --name=project --push=alice@example.org &&
	git xmpp share --name=project --rm=alice@example.org --fetch=alice@example.org >out &&
	grep "^alice@example.org may only fetch from .project." out &&
	test "$(git config --global --get-all xmppShare.project.fetch)" = alice@example.org &&
	test_must_fail git config --global xmppShare.project.push
'

test_expect_success 'two files, and one that cannot be changed: neither is' '
	afresh && shared_in home/shares && include "$HOME/shares" &&
	git config --global --add xmppShare.project.fetch alice@example.org && cp home/.gitconfig before && cp home/shares before2 &&
	start_broker && mkdir home/shares.lock &&
	test_expect_code 128 git xmpp share --name=project --rm=alice@example.org 2>err &&
	grep "^fatal: cannot change .$HOME/shares.: somebody else is changing it" err &&
	grep "^hint: The command for it is: git config --file $HOME/shares --fixed-value" err &&
	test_cmp before home/.gitconfig && test_cmp before2 home/shares && test ! -e home/.gitconfig.lock &&
	rmdir home/shares.lock
'

test_expect_success 'test "$(id -u)" = 0' 'nor one of somebody else' '
	chown 1 home/shares &&
	test_expect_code 128 git xmpp share --name=project --rm=alice@example.org 2>err &&
	grep "^fatal: cannot change .$HOME/shares.: it is not yours" err &&
	test_cmp before home/.gitconfig && test_cmp before2 home/shares &&
	printf "[xmpp]\n\taccount = other\n" >home/late && chown 1 home/late && include "$HOME/late" && cp home/.gitconfig before &&
	test_expect_code 128 git xmpp setup alice@example.org --password-command=true --no-start >out 2>err &&
	test_is_empty out &&
	grep "^fatal: xmpp.account stays .other.: that stands in .$HOME/late." err &&
	grep "^hint: The command for it is: git config --file $HOME/late --replace-all xmpp.account example$" err &&
	test_cmp before home/.gitconfig
'

test_expect_success 'setup writes each value where it stands' '
	afresh && printf "[xmpp]\n\taccount = work\n[xmpp \"example\"]\n\tjid = Alice@Example.org\n\tserver = old.example.org\n" >home/late && include "$HOME/late" &&
	git xmpp setup alice@example.org --server=new.example.org --password-command="a b" --no-start >out &&
	grep "^changed in $HOME/late$" out &&
	cat >expect <<-END &&
	xmpp.account=example
	xmpp.example.jid=Alice@Example.org
	xmpp.example.passwordcommand=a b
	xmpp.example.server=new.example.org
	END
	git config --file home/late --list | sort >actual && test_cmp expect actual
'

test_expect_success 'a broker that reads another configuration: nothing is done, and how to go on works' '
	afresh && cp plain mine && start_broker && cp -r home elsewhere && cp elsewhere/.gitconfig before &&
	HOME=$TRASH/elsewhere test_expect_code 128 git xmpp share project.git --fetch=carol@example.org --push=alice@example.org >out 2>err &&
	test_is_empty out && cat >expect <<-\END &&
	fatal: the broker reads other configuration files than this command
	hint: Start it from here with "git xmpp daemon restart", and run the same command again
	hint: Nothing was changed
	END
	test_cmp expect err && test_cmp before elsewhere/.gitconfig && obeyed "[]" &&
	(cd clone && HOME=$TRASH/elsewhere test_expect_code 128 git xmpp follow 2>err) &&
	HOME=$TRASH/elsewhere test_expect_code 128 git xmpp setup alice@example.org --password-command=true 2>err &&
	test_cmp before elsewhere/.gitconfig
'

test_expect_success 'a queue where the broker does not look' '
	git -C clone commit -q --allow-empty -m one &&
	(cd clone && XDG_STATE_HOME=$TRASH/state test_expect_code 128 git xmpp queue push >../out 2>../err) &&
	test_is_empty out && grep "^fatal: the broker keeps its queue in another directory" err &&
	XDG_STATE_HOME=$TRASH/state git xmpp queue >out && test_is_empty out &&
	(cd clone && git xmpp queue push) && git xmpp queue >out && test_line_count = 1 out
'

test_expect_success 'follow and unfollow, in an included file' '
	afresh && printf "[xmppFollow \"bob@example.org/old\"]\n\tremote = origin %s\n" "$TRASH/clone/.git" >home/follows && include "$HOME/follows" &&
	start_broker &&
	(cd clone && git xmpp follow >../out) &&
	grep "^changed in $HOME/follows$" out &&
	git xmpp follow --list >out && test_line_count = 1 out && grep "^bob@example.org/project  origin" out &&
	git xmpp status --json | grep "\"follows\":\[{\"jid\":\"bob@example.org\",\"share\":\"project\"" &&
	(cd clone && git xmpp unfollow) &&
	git xmpp status --json | grep "\"follows\":\[\]"
'

test_expect_success 'a link stays a link, and a file keeps its mode' '
	afresh && mkdir dotfiles && mv home/.gitconfig dotfiles/config && ln -s ../dotfiles/config home/.gitconfig &&
	chmod 640 dotfiles/config &&
	git xmpp share project.git --fetch=carol@example.org >out &&
	test_must_fail grep "^changed" out && test -L home/.gitconfig &&
	test "$(stat -c %a dotfiles/config)" = 640 && grep carol dotfiles/config &&
	mkdir -p home/.config/git && ln -s ../../../dotfiles/config home/.config/git/config &&
	git xmpp share --list >out && test_line_count = 3 out &&
	git xmpp unshare project && test_must_fail grep carol dotfiles/config
'

test_expect_success 'mknod null c 1 3' 'what is no file is not replaced' '
	afresh && rm -f null && mknod null c 1 3 && GIT_CONFIG_GLOBAL=$TRASH/null && export GIT_CONFIG_GLOBAL &&
	test_expect_code 128 git xmpp share project.git 2>err &&
	grep "^fatal: cannot change .$TRASH/null.: it is no regular file" err && test -c null
'

test_expect_success 'no place at all' '
	afresh && (unset HOME; test_expect_code 128 git xmpp share project.git 2>err) &&
	grep "^fatal: there is no place for the configuration: HOME is not set" err
'

test_expect_success 'twenty at once: each is there' '
	afresh && start_broker &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
	do
		{ git xmpp share project.git --fetch=b$n@example.org >log/at-once-$n 2>&1; echo $? >status-$n; } &
	done &&
	wait_for 60 eval "test \$(cat status-* 2>/dev/null | wc -l) = 20" &&
	cat log/at-once-* && test "$(cat status-* | sort -u)" = 0 &&
	git config --global --get-all xmppShare.project.fetch >all && test_line_count = 20 all &&
	test "$(git xmpp status --json | grep -o "b[0-9]*@example.org" | sort -u | wc -l)" = 20
'

test_expect_success 'a file in the middle of being edited takes nothing away' '
	afresh && shared_in home/shares && include "$HOME/shares" && start_broker && obeyed "$with_alice" &&
	echo "[xmppShare" >>home/.gitconfig && kill -HUP $broker &&
	wait_for 10 grep "cannot read the git configuration: bad config line" log/daemon &&
	obeyed "$with_alice" &&
	test_expect_code 128 git-xmpp share --list >out 2>err && test_is_empty out &&
	grep "^fatal: cannot read the git configuration: bad config line" err && has_message configuration err &&
	test_expect_code 128 git-xmpp unshare project
'

test_expect_success 'a broker is not started on a configuration it cannot read' '
	afresh && echo "[xmpp" >>home/.gitconfig &&
	test_expect_code 78 "$BUILD/git-xmpp-daemon" 2>err && grep "cannot read the git configuration: bad config line" err
'

small () {
	mount -t tmpfs -o size=$2,mode=700 tmpfs "$1" && test_atexit "umount -l $TRASH/$1"
}

test_expect_success 'test "$(id -u)" = 0 && mkdir -p probe && mount -t tmpfs tmpfs probe && umount probe' \
	'a full disk: an error, and what was there is there' '
	afresh && rm -rf home && mkdir home && small home 64k && cp plain home/.gitconfig && start_broker &&
	git xmpp share project.git --fetch=carol@example.org && cp home/.gitconfig before &&
	{ cat /dev/zero >home/fill 2>/dev/null || true; } &&
	test_expect_code 128 git xmpp share project.git --push=alice@example.org >out 2>err &&
	test_is_empty out && grep "^fatal: cannot change .$HOME/.gitconfig.:" err &&
	test_expect_code 128 git xmpp share --name=project --rm=carol@example.org &&
	test_expect_code 128 git xmpp unshare project &&
	(cd clone && test_expect_code 128 git xmpp follow) &&
	test_expect_code 128 git xmpp setup alice@example.org --password-command=true --no-start &&
	(cd clone && test_expect_code 128 git xmpp queue push >../out 2>../err) && test_is_empty out && grep "^fatal: " err &&
	test_cmp before home/.gitconfig && test ! -e home/.gitconfig.lock && rm home/fill
'

test_done
