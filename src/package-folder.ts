/** The folder of package.json and migrations/. It is the parent of src/, and of dist/ after a build. */
export const packageFolder = new URL('../', import.meta.url);
