#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is installed, and where, under any prefix; a build without tests; and what a release has in it.
# Nothing is compiled here: t/dist builds what is released.

. "$(dirname "$0")/lib/test-lib.sh"

command -v meson >/dev/null || test_skip_all 'no meson'

# configured <directory> <option>...: a build directory, in which nothing is built.
configured () {
	local directory

	directory=$1
	shift
	# Where packages keep state of their own, like ccache, HOME is asked.
	meson setup "$directory" "$TOP" "$@" >configured.log 2>&1 || { cat configured.log; return 1; }
}

# plan <directory>: where everything goes.
plan () {
	meson introspect --installed "$1" | tr "," "\n" | sed "s/.*: \"\(.*\)\".*/\1/" | sort
}

manual_built () {
	test -e "$BUILD/Documentation/git-xmpp.1"
}

test_expect_success 'installed beside others: programs, units, documents' '
	DESTDIR="$TRASH/root" meson install -C "$BUILD" --no-rebuild --quiet &&
	prefix=$(meson introspect --buildoptions "$BUILD" | tr "{" "\n" | sed -n "s/.*\"name\": \"prefix\", \"value\": \"\([^\"]*\)\".*/\1/p") &&
	test -n "$prefix" && cd "root$prefix" &&
	for program in git-xmpp git-xmpp-daemon git-xmpp-hook git-remote-xmpp
	do
		test -x bin/$program || return 1
	done &&
	bin/git-xmpp --version && find . -name "hardening.conf" | grep share/doc/git-remote-xmpp &&
	test -e share/doc/git-remote-xmpp/COPYING && test -e share/doc/git-remote-xmpp/hooks &&
	unit=$(find . -name git-xmpp-daemon.service) && grep "^ExecStart=$prefix/bin/git-xmpp-daemon$" "$unit" &&
	test -e "${unit%.service}.socket" && ! grep -r @ "$unit"
'

test_expect_success manual_built 'and the manual' '
	find root -name "git-xmpp-daemon.1" | grep share/man/man1
'

test_expect_success 'under /usr the units are where systemd looks, without tests nothing else is built' '
	configured usr --prefix=/usr -Dtests=false && plan usr >plan && cat plan &&
	grep "^/usr/bin/git-remote-xmpp$" plan &&
	{ ! pkg-config systemd || grep "^$(pkg-config --variable=systemduserunitdir systemd)/git-xmpp-daemon.socket$" plan; } &&
	meson introspect --targets usr | tr "," "\n" | sed -n "s/.*\"defined_in\": //p" >where && ! grep "/t/" where &&
	test "$(meson introspect --tests usr)" = "[]"
'

test_expect_success 'under a prefix of its own everything is there' '
	configured own --prefix="$TRASH/own-prefix" -Dtests=false && plan own >plan && cat plan &&
	! grep -v "^$TRASH/own-prefix/" plan && grep "/share/systemd/user/git-xmpp-daemon.service$" plan &&
	grep "^ExecStart=$TRASH/own-prefix/bin/" own/daemon/init/git-xmpp-daemon.service
'

test_expect_success 'the units go where one says, or nowhere' '
	configured there -Dtests=false -Dsystemduserunitdir=/somewhere && plan there | grep "^/somewhere/git-xmpp-daemon.socket$" &&
	configured none -Dtests=false -Dsystemduserunitdir=no && ! plan none | grep "git-xmpp-daemon\.\(socket\|service\)"
'

test_expect_success 'git -C "$TOP" rev-parse HEAD' 'a release has what is in the tree, and no more' '
	meson dist -C usr --no-tests --allow-dirty --formats=gztar >out 2>&1 || { cat out; return 1; }
	tar tzf usr/meson-dist/*.tar.gz | sed "s|^[^/]*/||" | grep -v "/$" | grep . | sort >actual &&
	git -C "$TOP" ls-tree -r --name-only HEAD | sort >expect && test_cmp expect actual
'

test_done
