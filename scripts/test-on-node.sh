#!/usr/bin/env bash
# The unit and HTTP tests on another supported Node: scripts/test-on-node.sh 22 [--whole] [what vitest takes]
# Without --whole, as CI runs it, those are left out that hardly depend on the Node they run on: what takes minutes (a
# million policies, hundreds of kills, the CLI's), and what other programs read (edges, charts).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

line=${1:?usage: scripts/test-on-node.sh 22|24 [--whole] [vitest options]}
shift
left_out=('**/*.property.test.ts' '**/killed.test.ts' '**/rotation.test.ts' '**/throttle.test.ts')
left_out+=('test/unit/repository/**' 'test/unit/bench/**')
left_out+=('test/process/cli/**' 'test/process/edge/**' 'test/process/deploy/**')
if [[ ${1:-} == --whole ]]; then
  left_out=()
  shift
fi
node="$parts/node-$line/node_modules/node/bin/node"
[[ -x $node ]] || fail "no Node $line in $parts: scripts/install-parts.sh installs it"

install_libraries
build
echo "dockpass: unit and HTTP tests on Node $("$node" --version)" >&2
PATH="$(dirname "$node"):$PATH"
exec "$node" node_modules/vitest/vitest.mjs run --project unit --project process --project http "${left_out[@]/#/--exclude=}" "$@"
