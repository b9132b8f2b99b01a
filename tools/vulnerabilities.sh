#!/bin/sh
# Runs govulncheck. Where its database can't be reached it says so and goes on, as nothing was found and nothing was
# looked for; with VULNERABILITIES=required, which CI on GitHub sets, that is a failure. GOVULNDB names a mirror.
cd "$(dirname "$0")/.." || exit 1

said=$(.tools/bin/govulncheck ./... 2>&1)
status=$?
echo "$said"
case $status:$said in
0:*) exit 0 ;;
*"fetching vulnerabilities:"*)
	echo "NOT CHECKED for known vulnerabilities: the database can't be reached from here." >&2
	[ "${VULNERABILITIES:-}" != required ]
	exit
	;;
esac
exit $status
