#!/bin/sh
# Lints docs/openapi.yaml by tools/redocly/redocly.yaml. A warning fails it, too.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# It would else report its use, and ask for newer versions of itself.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec .tools/bin/redocly lint docs/openapi.yaml --config tools/redocly/redocly.yaml --format stylish --max-problems 1000
