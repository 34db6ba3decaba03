import { programTexts } from './programTexts.ts';

/** Large programs, and the names without which no code can use them: parsing them takes longer than most code runs. */
const NEEDED_BY: Partial<Record<string, RegExp>> = {
  sort: /sort/i,
  locale: /locale|Intl/i,
  bytes: /structuredClone|performance|Text(?:En|De)coder|atob|btoa|Buffer|require|process|import/,
  modules: /require|process|module|exports?\b|import/,
};

/**
 * Source of a function for the interpreter, run before each program: `(write, limit) => tools`, see `programs/prelude.js`.
 * It has the programs that `code`, of the program and its test, can use.
 *
 * All of them keep the built-ins they use, so nothing a program replaces changes how its results and errors are read;
 * getters and proxies that run while they are read run on the program's time.
 */
export function javascriptPrelude(code: string): string {
  const { prelude, ...others } = programTexts;
  const used = Object.entries(others).filter(([name]) => NEEDED_BY[name]?.test(code) ?? true);
  const programs = used.map(([name, text]) => `${name}: ${text}`).join(',\n');
  return `(write, limit) => {\n'use strict';\nreturn (${prelude})(write, limit, {\n${programs}\n});\n}`;
}
