#!/usr/bin/env bash
# Builds dockpass and runs all tests: scripts/test.sh [options of vitest, such as --project unit]
# If a program that a test needs is missing, the test is skipped and the program is named. With CI=true, it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

install_libraries
build
# Put the repository's own Node first, so that vitest and the processes that it starts run on it.
export PATH="$PWD/node_modules/.bin:$PATH"
exec node node_modules/vitest/vitest.mjs run "$@"
