# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A private apt root, to download Debian packages of any architecture without
# installing them. Its sources are the machine's own Debian sources. Sourced by
# kernel.sh, debian-root.sh and check-packaging.sh.

# apt_root DIR SUITE-SUFFIX: make one in DIR. What apt is run afterwards uses
# it, and prefers the suite with the suffix where there is one.
apt_root()
{
	local codename
	apt=$1
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,sources}
	: >"$apt/status"

	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	"$TOP/scripts/debian-sources.sh" "$codename" "$2" >"$apt/sources/debian.sources"
	[[ -s $apt/sources/debian.sources ]] ||
		die "no Debian '$codename' sources among this machine's apt sources"

	# How to reach mirrors (proxies, checks) is the machine's business and
	# kept; hooks and preferences are not.
	{
		cat <<-EOT
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$apt/sources";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "$NATIVE_ARCH";
		APT::Architectures { "arm64"; "$NATIVE_ARCH"; };
		APT::Sandbox::User "$(id -un)";
		EOT
		apt-config dump | grep '^Acquire::' |
			grep -v '^Acquire::\(IndexTargets\|Languages\|Changelogs\)'
		echo 'Acquire::Languages "none";'
		[[ -z $2 ]] || echo "APT::Default-Release \"$codename$2\";"
	} >"$apt/apt.conf"
	export APT_CONFIG=$apt/apt.conf

	say "reading the package lists"
	run_logged "$apt/log" apt-get update || die "apt-get update failed"
}

# apt_depends PACKAGE:ARCH REGEX: the dependency whose name matches.
apt_depends()
{
	apt-cache show --no-all-versions "$1" | awk -v name="^$2\$" '
		sub(/^Depends: /, "") {
			n = split($0, dep, /[ ,|]+/)
			for (i = 1; i <= n && !found; i++)
				if (dep[i] ~ name)
					print found = dep[i]
		}
		END { exit !found }' ||
		die "$1 has no dependency like $2; is 'main' among the sources?"
}

# apt_fetch PACKAGE:ARCH...: download into $apt/cache.
apt_fetch()
{
	local p
	for p in "$@"; do
		say "  $p"
		(cd "$apt/cache" && run_logged "$apt/log" apt-get -q download "$p") ||
			die "cannot download $p"
	done
}

# deb_name FILE: its line in the list of what was unpacked.
deb_name()
{
	dpkg-deb -f "$1" Package Version Architecture | paste -s -d' '
}
