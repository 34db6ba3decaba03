import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('programs/', import.meta.url);

/** The one function that a program exports, as an expression; without indents and lines of comment it is parsed sooner. */
function functionOf(file: string): string {
  const source = readFileSync(new URL(file, folder), 'utf8');
  const [, text, ...more] = source.split(/^export (?=(?:async )?function )/m);
  if (text === undefined || more.length > 0) throw new Error(`${file} must export one function`);
  // QuickJS calls `concat` for them, which the program may have replaced
  if (text.includes('`')) throw new Error(`${file}: write '+', not a template literal`);
  return text.replace(/^ *(?:\/\/.*\n|\/\*\*.*\*\/\n)?/gm, '').trimEnd();
}

const escaped = (text: string): string => text.replace(/\\|\$(?=\{)/g, '\\$&');

test('programTexts.ts is what `npx vitest run --project ef-env programTexts -u` writes', async () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const texts = files.sort().map((file) => [file.replace(/\.js$/, ''), functionOf(file)] as const);
  const written = `// Written by programTexts.test.ts from programs/*.js, whole because it is data. Do not edit.

type ProgramName =
${texts.map(([name]) => `  | '${name}'`).join('\n')};

/** The functions of the interpreter as text: so they need no loader, wherever the worker is built or run. */
export const programTexts: Record<ProgramName, string> = {
${texts.map(([name, text]) => `  ${name}: \`${escaped(text)}\`,`).join('\n')}
};
`;
  await expect(written).toMatchFileSnapshot('programTexts.ts');
});
