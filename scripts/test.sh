#!/usr/bin/env bash
# All tests, on a fresh build: scripts/test.sh [what vitest takes, e.g. --project unit]
# Real parts that are missing are named, and what needs them is skipped; with CI=true it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

install_libraries
build
# Not npx, and the repository's own Node first: vitest and what it starts run on that.
export PATH="$PWD/node_modules/.bin:$PATH"
exec node node_modules/vitest/vitest.mjs run "$@"
