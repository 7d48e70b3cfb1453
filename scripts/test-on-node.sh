#!/usr/bin/env bash
# Runs the tests of the projects unit, process, http and fuzz on another supported version of Node:
# scripts/test-on-node.sh 22 [--whole|--http] [options of vitest]
# Without --whole, as in CI, it skips tests that take minutes (property tests, tests that kill processes, the CLI), and
# tests of files that other programs read (edges, charts). Their result hardly depends on the version of Node. With
# --http, it runs only the project http.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

line=${1:?usage: scripts/test-on-node.sh 22|24 [--whole|--http] [vitest options]}
shift
skipped=('**/*.property.test.ts' '**/killed.test.ts' '**/rotation.test.ts' '**/throttle.test.ts')
skipped+=('test/unit/repository/**' 'test/process/repository/**' 'test/unit/bench/**')
# The parser of HTTP comes with Node, so hostile requests are tried on each version.
skipped+=('test/fuzz/[!rf]*.test.ts')
skipped+=('test/process/cli/**' 'test/process/edge/**' 'test/process/deploy/**')
# A million rows of the audit log, 100,000 repositories, the owners of files, and files to restore: the work is done by
# the database and the file system.
skipped+=('test/http/api/operations/audit-large.test.ts' 'test/http/api/repositories.test.ts')
skipped+=('test/http/unprotected-files.test.ts' 'test/http/hostile-backup.test.ts')
if [[ ${1:-} == --whole ]]; then
  skipped=()
  shift
fi
projects=(unit process http fuzz)
if [[ ${1:-} == --http ]]; then
  projects=(http)
  shift
fi
node="$parts/nodes/$line/node_modules/.bin/node"
[[ -x $node ]] || fail "there is no Node $line in $parts. To install it, run: scripts/install-parts.sh"

install_libraries
build
echo "dockpass: running the tests on Node $("$node" --version)" >&2
PATH="$(dirname "$node"):$PATH"
exec "$node" node_modules/vitest/vitest.mjs run "${projects[@]/#/--project=}" "${skipped[@]/#/--exclude=}" "$@"
