#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What t/debian says of the tree is so. t/deb builds the package, and takes minutes.

. "$(dirname "$0")/lib/test-lib.sh"

debian=$TOP/t/debian

# field <name>: of the source in "control".
field () {
	awk -v name="$1" '
	/^#/ { next }
	/^$/ { exit }
	/^[^ ]/ { inside = $0 ~ "^" name ":" }
	inside' "$debian/control"
}

# demanded: of the libraries in meson.build, a line each, "name version", with a 0 for any.
demanded () {
	sed -n "s/^[a-z0-9]* = dependency('\([^']*\)'\(, version: '>=\([0-9.]*\)'\)\{0,1\}.*/\1 \3/p" "$TOP/meson.build" |
	sed 's/ $/ 0/'
}

# package_of <library>: where Debian has what pkg-config calls by this name.
package_of () {
	case $1 in
	libcrypto | libssl)
		echo libssl-dev ;;
	libuv)
		echo libuv1-dev ;;
	expat)
		echo libexpat1-dev ;;
	*)
		echo "lib${1#lib}-dev" ;;
	esac
}

test_expect_success 'it is built with what meson.build demands, in the versions demanded' '
	field Build-Depends | tr "," "\n" >depends && demanded >libraries && cat libraries &&
	test_line_count -ge 8 libraries &&
	while read -r library version
	do
		package=$(package_of "$library")
		grep -e " $package\$" -e " $package (" depends >line || { echo "no $package"; return 1; }
		test "$version" = 0 || grep -F "(>= $version)" line || { cat line; return 1; }
	done <libraries &&
	version=$(sed -n "s/.*meson_version: .>=\([0-9.]*\).*/\1/p" "$TOP/meson.build") &&
	grep " meson (>= $version)" depends
'

test_expect_success 't/install-deps and README have the same libraries' '
	field Build-Depends | tr -c "a-z0-9-" "\n" | grep "^lib.*-dev$" | sort >expect && test -s expect &&
	sed -n "/^packages=/,/'\''$/p" "$TOP/t/install-deps" | tr -c "a-z0-9-" "\n" |
	grep "^lib.*-dev$" | grep -v "^libc6-dev$" | sort >actual && test_cmp expect actual &&
	sed -n "/^ *apt install gcc/,/^ *meson setup/p" "$TOP/README.md" | tr -c "a-z0-9-" "\n" |
	grep "^lib.*-dev$" | sort >actual && test_cmp expect actual
'

test_expect_success 'git is as new as releases.md says' '
	version=$(tr "\n" " " <"$TOP/Documentation/releases.md" | sed -n "s/.*; git \([0-9.]*\) or newer.*/\1/p") &&
	test -n "$version" && test "$(grep -c "git (>= 1:$version)" "$debian/control")" -eq 2
'

test_expect_success 'its options are those of meson_options.txt' '
	grep -o -e "-D[a-z]*" "$debian/rules" | sort -u | sed "s/^-D//" >given && test_line_count -ge 4 given &&
	while read -r option
	do
		grep "^option(.$option." "$TOP/meson_options.txt" || return 1
	done <given
'

# What is taken away from the package, or added, is in the plan of what is installed, or in the tree.
test_expect_success 'command -v meson' 'what is taken out was installed, and what is put in is there' '
	meson setup plan "$TOP" --prefix=/usr -Dtests=false >configured.log 2>&1 || { cat configured.log; return 1; }
	meson introspect --installed plan | tr "," "\n" | sed "s/.*: \"\(.*\)\".*/\1/" >plan.list &&
	grep "^	rm .*/doc/git-remote-xmpp/[A-Z]*[.md]*$" "$debian/rules" | sed "s/.*(package)//" >taken && test -s taken &&
	while read -r file
	do
		grep -qx "$file" plan.list || { echo "not installed: $file"; return 1; }
	done <taken &&
	while read -r pattern place
	do
		(cd "$TOP" && ls $pattern) >found || return 1
	done <"$debian/git-remote-xmpp.install"
'

# By debhelper they would be: deb-systemd-helper would enable them for every user.
test_expect_success 'no unit is enabled' '
	grep -x "	dh_installsystemduser --no-enable" "$debian/rules"
'

test_expect_success 'each override of lintian has its reason, and there is one licence' '
	for file in "$debian"/*.lintian-overrides "$debian/source/lintian-overrides"
	do
		awk "!/^#/ && last !~ /^#/ { print FILENAME \": \" \$0 } { last = \$0 }" "$file" >bare &&
		test_is_empty bare || return 1
	done &&
	licence=$(sed -n "s/^ *license: .\([^,]*\).,/\1/p" "$TOP/meson.build") && test -n "$licence" &&
	grep -x "License: $licence" "$debian/copyright"
'

test_done
