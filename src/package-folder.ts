/**
 * The folder that contains package.json and migrations/. It is the parent folder of src/ and, after a build, of dist/.
 */
export const packageFolder = new URL('../', import.meta.url);
