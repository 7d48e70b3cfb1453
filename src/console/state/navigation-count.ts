let count = 0;

/** Called with each change of the page inside the console. */
export function countNavigation(): void {
  count += 1;
}

/** False for the first page that the browser has loaded. Its focus belongs at the start of the document. */
export function wasNavigated(): boolean {
  return count > 0;
}
