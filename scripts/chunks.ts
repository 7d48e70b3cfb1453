// Plugins of scripts/build.ts that change the files which the bundler has written, so that they load and run faster
// (docs/adr/0068).
import type { Plugin } from 'rolldown';

/**
 * Loads each module of Node when it is first used, and reads no other export than those that are used. Some modules take
 * a tenth of the time of a command that does not need them, and some of their exports load more of Node when they are
 * read: WebSocket of `node:http` takes 50 ms and 14 MB.
 */
export function lazyBuiltins(): Plugin {
  const statement = /^let (?<name>node_\w+) = require\("(?<module>node:[^"]+)"\);$/gm;
  return {
    name: 'lazy-builtins',
    renderChunk(code) {
      let rendered = code;
      for (const { groups: { name, module } = {} } of code.matchAll(statement))
        rendered = rendered
          .replace(`let ${name} = require("${module}");\n`, '')
          .replace(new RegExp(`^${name} = .*__toESM\\(${name}.*\n`, 'm'), '')
          .replaceAll(new RegExp(`\\bnew ${name}(?:\\.default)?((?:\\.\\w+)+)`, 'g'), `new (${name}()$1)`)
          .replaceAll(new RegExp(`\\b${name}\\b(?!\\(\\))(?:\\.default\\b)?`, 'g'), `${name}()`)
          .concat(`\nvar ${name}_;\nfunction ${name}() {\n\treturn ${name}_ ??= require("${module}");\n}\n`);
      return rendered;
    },
  };
}

/**
 * Exports constants, functions and classes as plain properties. The bundler writes a getter for each export, which only
 * variables need that change after their file has run. With getters, a new token takes 6 % more processor time.
 */
export function plainExports(): Plugin {
  const getter =
    /^Object\.defineProperty\(exports, ['"]([\w$]+)['"], \{\s+enumerable: true,\s+get: function ?\(\) \{\s+return ([\w$]+);\s+\}\s+\}\);$/gm;
  const declaration = /^(?:const|(?:async )?function\*?|class) ([\w$]+)|^var ([\w$]+) = class\b/gm;
  return {
    name: 'plain-exports',
    renderChunk(code) {
      const constant = new Set(
        [...code.matchAll(declaration)].map(([, name, className]) => name ?? className),
      );
      return code.replace(getter, (statement, name: string, value: string) =>
        constant.has(value) ? `exports.${name} = ${value};` : statement,
      );
    },
  };
}

/**
 * Writes characters outside ASCII as escape sequences. V8 stores a file that contains one such character with two bytes
 * for each character.
 */
export function asciiOnly(): Plugin {
  return {
    name: 'ascii-only',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        file.code = file.code.replace(
          /[^\0-\x7F]/g,
          (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
      }
    },
  };
}

/** Tells Node that the files in dist/ are CommonJS. Those in the other folders of the package are ES modules. */
export function commonJsFolder(): Plugin {
  return {
    name: 'commonjs-folder',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
    },
  };
}
