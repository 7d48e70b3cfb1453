/** Where package.json and migrations/ stand: one level above this file, as above what it is built into (dist/). */
export const packageFolder = new URL('../', import.meta.url);
