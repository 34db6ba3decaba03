/** A program as it is evaluated. */
export interface JavascriptSource {
  text: string;
  type: 'global' | 'module';
}

/** What the program is wrapped with. */
export interface SourceParts {
  code: string;
  /** A name that no program can guess: of the object that holds what only the wrapper may see. */
  secret: string;
  /** Follows the program in its scope: a statement. */
  last: string;
  /** What follows waits for promises, which only a module may. */
  isModule?: boolean | undefined;
}

/** As in a module of Node: seen by the program, hidden by its own declarations, not on the global object. */
const NAMES = ['exports', 'require', 'module', 'process'];

const DIRECTIVE = /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(['"])use strict\1/;

/**
 * A script in a block of its own, so that its variables are as fast as a function's and its value is still that of its
 * last statement. Parameters of `catch` are the one binding that `var`, `let` and `function` may all declare again.
 * Lines keep their numbers.
 */
export function scriptSource({ code, secret, last }: SourceParts): JavascriptSource {
  const strict = DIRECTIVE.test(code) ? '"use strict";' : '';
  const open = NAMES.map((name) => `try{throw ${secret}.${name}}catch(${name}){`).join('');
  const begin = `${strict}try{throw ${secret}}catch(${secret}){delete globalThis.${secret};${open}{`;
  const end = '}'.repeat(NAMES.length + 2);
  return { text: `${begin}${withoutHashbang(code)}\n;${last}\n${end}`, type: 'global' };
}

/** As it stands, for what a block does not allow, such as a `var` and a function of one name. */
export function plainSource({ code, last }: SourceParts): JavascriptSource {
  return { text: `${withoutHashbang(code)}\n;${last}`, type: 'global' };
}

/** `secret` is also the module that has what the program may import. */
export function moduleSource({ code, secret, last }: SourceParts): JavascriptSource {
  const names = ['process', 'require'].filter((name) => !declares(code, name));
  const begin = `import {${['hand', ...names].join()}} from "${secret}";`.replace(
    'hand',
    `default as ${secret}`,
  );
  return { text: `${begin}${withoutHashbang(code)}\n;${last}`, type: 'module' };
}

/** The code of a test, in a block behind the program. */
export const testBlock = (code: string): string => `{${code}\n}`;

/** What only modules may have. */
export function looksLikeModule(code: string): boolean {
  return /^\s*(?:import|export)\b|\bawait\b/m.test(code);
}

/** Source of a module that a program imports. @param names - of its exports. */
export function importedSource(
  name: string,
  { secret, names }: { secret: string; names: readonly string[] },
): string {
  if (name === secret) {
    return `const all = globalThis.${secret}; delete globalThis.${secret}; export default all; export const {process, require} = all;`;
  }
  const path = JSON.stringify(name);
  return `import {require} from "${secret}"; const all = require(${path}); export default all; export const {${names.join()}} = all;`;
}

const withoutHashbang = (code: string): string => code.replace(/^#!/, '//');

const declares = (code: string, name: string): boolean =>
  new RegExp(
    `\\b(?:const|let|var|function|class|import)\\b(?:(?!\\b(?:of|in|from)\\b)[^;=(])*\\b${name}\\b`,
  ).test(code);
