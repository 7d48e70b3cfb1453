#!/usr/bin/env bash
# Checks the subjects of commits: Conventional Commits, at most 72 characters (CONTRIBUTING.md).
# usage: scripts/check-commits.sh [BASE]    checks the commits after BASE
set -euo pipefail
cd "$(dirname "$0")/.."

# Only the commits after this one must follow the rule.
base=${1:-960e878b56df}
if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
  echo "check-commits: $base is not in this clone, so only the last commit is checked" >&2
  base=HEAD~1
fi

types='build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test'
status=0
while IFS= read -r subject; do
  if ((${#subject} > 72)); then
    echo "check-commits: ${#subject} characters, at most 72 are allowed: $subject" >&2
    status=1
  fi
  if ! [[ $subject =~ ^($types)(\([a-z0-9,/-]+\))?!?:\ .+ ]]; then
    echo "check-commits: not a Conventional Commit, such as \"fix(token): reject an empty scope\": $subject" >&2
    status=1
  fi
done < <(git log --no-merges --format=%s "$base..HEAD")
exit "$status"
