/**
 * Returns the candidate that the person probably meant when typing `word`: the most similar one, ignoring case. Returns
 * undefined if every candidate differs too much from `word`.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 4));
  const near = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.candidate;
}

/**
 * Returns how many letters must be inserted, removed or replaced to turn one word into the other. Two swapped
 * neighboring letters count as one change (optimal string alignment distance).
 */
function distanceOf(one: string, other: string): number {
  const rows = [[...Array(other.length + 1).keys()]];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        at(rows, i - 1, j) + 1,
        (row[j - 1] ?? 0) + 1,
        at(rows, i - 1, j - 1) + same,
        ...(swapped ? [at(rows, i - 2, j - 2) + 1] : []),
      );
    }
    rows[i] = row;
  }
  return at(rows, one.length, other.length);
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? Infinity;
}
