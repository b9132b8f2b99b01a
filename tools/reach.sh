#!/bin/sh
# Counts what the API's operations take of DynamoDB, on a table with 10,000 integrations and 100,000 deliveries. It starts
# a local AWS of its own for that, on AWS_PORT + 1.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
port=$((${AWS_PORT:-4566} + 1))
export AUTH=false GATEWAY_PORT="$port" AWS_ENDPOINT_URL="http://127.0.0.1:$port"
mkdir -p .local
.tools/ministack/bin/ministack >.local/reach.log 2>&1 &
aws=$!
trap 'kill "$aws"' EXIT
for _ in $(seq 60); do
	if curl -s -o /dev/null "http://127.0.0.1:$port/_ministack/health"; then break; fi
	sleep 1
done
unset AUTH GATEWAY_PORT AWS_ENDPOINT_URL
DYNAMO_TEST_ENDPOINT="http://127.0.0.1:$port" REACH_INTEGRATIONS="${REACH_INTEGRATIONS:-10000}" REACH_DELIVERIES="${REACH_DELIVERIES:-100000}" \
	go test -count=1 -v -timeout 20m -run TestCallsDoNotGrow ./internal/apireach
