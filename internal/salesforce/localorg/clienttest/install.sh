#!/bin/sh
# Installs the clients that the tests here run, pinned, into the checkout's .tools
# folder: all of them, or the ones named (jsforce, simple_salesforce, gosalesforce).
# What a machine has no tool for is left out with a word about it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
target=${LOCALORG_CLIENTS:-$root/.tools/clients}
mkdir -p "$target"

has() { command -v "$1" >/dev/null 2>&1 || { echo "skipped $2: $1 is not installed"; return 1; }; }

# fresh tells whether a client's folder was made from these very pins.
fresh() { [ -f "$target/$1/.pins" ] && cmp -s "$2" "$target/$1/.pins"; }

install_jsforce() {
	has npm jsforce || return 0
	fresh jsforce "$here/jsforce/package-lock.json" && return 0
	rm -rf "$target/jsforce" && mkdir -p "$target/jsforce"
	cp "$here/jsforce/package.json" "$here/jsforce/package-lock.json" "$target/jsforce/"
	(cd "$target/jsforce" && npm ci --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --silent)
	cp "$here/jsforce/package-lock.json" "$target/jsforce/.pins"
}

install_simple_salesforce() {
	has python3 simple-salesforce || return 0
	fresh simple_salesforce "$here/simple_salesforce/requirements.txt" && return 0
	rm -rf "$target/simple_salesforce"
	python3 -m venv "$target/simple_salesforce"
	"$target/simple_salesforce/bin/python" -m pip install --quiet --require-hashes --only-binary=:all: -r "$here/simple_salesforce/requirements.txt"
	cp "$here/simple_salesforce/requirements.txt" "$target/simple_salesforce/.pins"
}

install_gosalesforce() {
	has go go-salesforce || return 0
	cat "$here/gosalesforce/go.sum" "$here/gosalesforce/main.go" >"$target/gosalesforce.pins"
	if ! fresh gosalesforce "$target/gosalesforce.pins"; then
		mkdir -p "$target/gosalesforce"
		(cd "$here/gosalesforce" && GOFLAGS=-mod=readonly go build -o "$target/gosalesforce/client" .)
		mv "$target/gosalesforce.pins" "$target/gosalesforce/.pins"
	fi
	rm -f "$target/gosalesforce.pins"
}

for client in ${*:-jsforce simple_salesforce gosalesforce}; do
	"install_$client"
done
