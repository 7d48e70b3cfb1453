#!/usr/bin/env bash
# The unit and HTTP tests on another supported Node: scripts/test-on-node.sh 22 [what vitest takes]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

line=${1:?usage: scripts/test-on-node.sh 22|24 [vitest options]}
shift
node="$parts/node-$line/node_modules/node/bin/node"
[[ -x $node ]] || fail "no Node $line in $parts: scripts/install-parts.sh installs it"

install_libraries
build
echo "dockpass: unit and HTTP tests on Node $("$node" --version)" >&2
PATH="$(dirname "$node"):$PATH"
# What takes minutes and does not depend on the Node it runs on (a million policies, hundreds of kills) is run once,
# on the repository's own.
exec "$node" node_modules/vitest/vitest.mjs run --project unit --project http \
  --exclude '**/*.property.test.ts' --exclude '**/killed.test.ts' --exclude '**/rotation.test.ts' \
  --exclude '**/throttle.test.ts' --exclude 'test/unit/cli/**' "$@"
