#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print this machine's Debian package sources in deb822 form, for a private
# apt root:
#
#   scripts/debian-sources.sh CODENAME [SUITE-SUFFIX]
#
# Debian's own are those whose suite is CODENAME or one of its companions,
# with the component main, and "debian" in the path, as every mirror has it
# (mirror lists too). What ties a source to the machine's architecture is
# dropped, and so are source packages. SUITE-SUFFIX, such as -backports, adds
# that suite beside each plain CODENAME.

set -euo pipefail

codename=${1:?usage: debian-sources.sh CODENAME [SUITE-SUFFIX]}
suffix=${2-}
list='' parts=''
eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"

# "deb [k=v k=v] URI SUITE COMPONENT..." as stanzas.
one_line()
{
	awk '
	/^[ \t]*deb[ \t]/ {
		sub(/#.*/, "")
		sub(/^[ \t]*deb[ \t]+/, "")
		print "Types: deb"
		if (match($0, /^\[[^]]*\][ \t]*/)) {
			n = split(substr($0, 2, index($0, "]") - 2), opt, /[ \t]+/)
			$0 = substr($0, RLENGTH + 1)
			for (i = 1; i <= n; i++) {
				eq = index(opt[i], "=")
				if (!eq)
					continue
				value = substr(opt[i], eq + 1)
				gsub(/,/, " ", value)
				print substr(opt[i], 1, eq - 1) ": " value
			}
		}
		split($0, f, /[ \t]+/)
		print "URIs: " f[1] "\nSuites: " f[2]
		$1 = $2 = ""
		print "Components: " $0 "\n"
	}' "$@"
}

# Stanzas in, Debian's stanzas out.
only_debian()
{
	awk -v codename="$codename" -v suffix="$suffix" '
	function words(s, keep,    n, i, w, out) {
		n = split(s, w, /[ \t\n]+/)
		for (i = 1; i <= n; i++)
			if (w[i] ~ keep)
				out = out " " w[i]
		return out
	}
	function stanza(    uris, suites) {
		uris = words(field["uris"], "/debian(-security|-archive)?([./]|$)")
		suites = words(field["suites"],
			       "^" codename "((-|/)(updates|security))?$")
		if (suffix != "" && (suites " ") ~ (" " codename " "))
			suites = suites " " codename suffix
		if (words(field["types"], "^deb$") && uris && suites &&
		    words(field["components"], "^main$") &&
		    field["enabled"] !~ /^[ \t]*(no|false|0|off)/)
			printf "Types: deb\nURIs:%s\nSuites:%s\nComponents: main\n%s\n",
			       uris, suites, rest
		delete field
		rest = name = ""
	}
	/^[ \t]*$/ { stanza(); next }
	/^#/ { next }
	/^[^ \t:]+:/ {
		name = tolower(substr($0, 1, index($0, ":") - 1))
		field[name] = substr($0, index($0, ":") + 1)
	}
	/^[ \t]/ { field[name] = field[name] "\n" $0 }
	name !~ /^(types|uris|suites|components|enabled|arch|architectures)(-add|-remove)?$/ {
		rest = rest $0 "\n"
	}
	END { stanza() }'
}

{
	for file in "$list" "$parts"*.list; do
		if [[ -f $file ]]; then one_line "$file"; fi
	done
	for file in "$parts"*.sources; do
		# A blank line ends the last stanza of a file that lacks it.
		if [[ -f $file ]]; then cat "$file"; echo; fi
	done
} | only_debian
