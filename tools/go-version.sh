#!/bin/sh
# Says in one line what is wrong with the Go here, if anything is: missing, or older than go.mod's and not able to fetch
# that one by itself.
cd "$(dirname "$0")/.." || exit 1

needed=$(sed -n 's/^go //p' go.mod)
if ! command -v go >/dev/null 2>&1; then
	echo "error: go is missing; Go $needed or newer is needed: https://go.dev/dl" >&2
	exit 1
fi
# From 1.21 on, go itself refuses here if it can't become new enough. An older one reads no go.mod before it builds.
if ! version=$(go env GOVERSION 2>/dev/null) || [ -z "$version" ]; then
	version=$(cd / && GOTOOLCHAIN=local go version 2>/dev/null | sed 's/go version \(go[^ ]*\).*/\1/')
else
	oldest=$(printf '%s\n%s\n' "${version#go}" "$needed" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)
	[ "${version#go}" = "$needed" ] || [ "$oldest" = "$needed" ] && exit 0
fi
echo "error: Go $needed or newer is needed, and this is $version: https://go.dev/dl" >&2
exit 1
