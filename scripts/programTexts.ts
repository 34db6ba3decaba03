import { readdirSync, readFileSync } from 'node:fs';

const escaped = (text: string): string => text.replace(/[\\`]|\$(?=\{)/g, '\\$&');

/**
 * A module that holds programs as text: one function of each `.js` file in the folder, which is linted and type-checked as
 * code. A worker is started with it wherever the package is built or run.
 *
 * @param given.why - The sentence above the table.
 * @param given.avoid - What no program may contain.
 */
export function programTexts(folder: URL, given: { why: string; avoid?: string[] }): string {
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((file) => [file.replace(/\.js$/, ''), functionOf(new URL(file, folder), given.avoid)]);
  return `// Written by programTexts.test.ts from programs/*.js, whole because it is data. Do not edit.

type ProgramName =${texts.length === 1 ? ` '${texts[0]![0]}'` : texts.map(([name]) => `\n  | '${name}'`).join('')};

/** ${given.why} */
export const programTexts: Record<ProgramName, string> = {
${texts.map(([name, text]) => `  ${name}: \`${escaped(text!)}\`,`).join('\n')}
};
`; // each is a pair
}

/** The one function that a program exports, as an expression; without indents and lines of comment it is parsed sooner. */
function functionOf(file: URL, avoid: string[] = []): string {
  const [, text, ...more] = readFileSync(file, 'utf8').split(/^export (?=(?:async )?function )/m);
  if (text === undefined || more.length > 0)
    throw new Error(`${file.pathname} must export one function.`);
  const found = avoid.find((part) => text.includes(part));
  if (found !== undefined) throw new Error(`${file.pathname}: write it without ${found}.`);
  return text.replace(/^ *(?:\/\/.*\n|\/\*\*.*\*\/\n)?/gm, '').trimEnd();
}
