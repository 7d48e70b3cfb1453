// `npm run lint:imports`: scripts/lint/layers.ts names the allowed imports.
import { importRules } from './scripts/lint/import-rules.ts';

export default {
  forbidden: importRules,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
