import type { CodeTests, Sandbox } from '../../judges/sandbox/sandbox.ts';
import { type ProgramBlock, programBlocks } from './programBlocks.ts';

/**
 * The program in an answer, `null` when there is none. Of several blocks one is the program:
 *
 * - `'function'`: the last that defines the function (or a class with the method);
 * - `'stdio'`: the last that reads standard input and does something, else the last that does something;
 * - `'assert'`: the last that defines anything, and earlier ones that define other names;
 *
 * else the last. What it uses and does not define comes from the blocks around it: imports, helpers. So a block of
 * "example usage" behind the program is left out, and pieces are put together.
 */
export function findProgram(
  answer: string,
  task: { mode: CodeTests['mode']; entry: string; language: Sandbox['language'] },
): string | null {
  const blocks = programBlocks(answer, task.language);
  const main = mainBlock(blocks, task);
  if (main === undefined) return null;
  const at = blocks.indexOf(main);
  const chosen = new Set([main]);
  const defined = new Set(main.defines);
  const add = (block: ProgramBlock): void => {
    chosen.add(block);
    for (const name of block.defines) defined.add(name);
  };
  const isUsed = (name: string): boolean =>
    !defined.has(name) && [...chosen].some(({ uses }) => uses.has(name));
  for (const block of blocks.slice(0, at).reverse()) {
    const names = [...block.defines];
    const isOther = task.mode === 'assert' && names.every((name) => !defined.has(name));
    if (names.some(isUsed) || (isOther && names.length > 0)) add(block);
  }
  for (const block of blocks.slice(at + 1)) {
    if (!block.acts && [...block.defines].some(isUsed)) add(block);
  }
  return blocks
    .filter((block) => chosen.has(block))
    .map(({ code }) => code)
    .join(chosen.size > 1 ? '\n' : '');
}

function mainBlock(
  blocks: readonly ProgramBlock[],
  { mode, entry }: { mode: CodeTests['mode']; entry: string },
): ProgramBlock | undefined {
  const [root = '', method] = entry.replace(/^new /, '').replaceAll('()', '').split('.');
  const rules: Record<CodeTests['mode'], ((block: ProgramBlock) => boolean)[]> = {
    function: [
      ({ defines, uses }) => defines.has(root) && (method === undefined || uses.has(method)),
      ({ defines, uses }) => defines.has('Solution') && uses.has(root),
    ],
    stdio: [({ reads, acts }) => reads && acts, ({ acts }) => acts],
    assert: [({ defines }) => defines.size > 0],
  };
  const found = rules[mode].map((rule) => blocks.findLast(rule)).find(Boolean);
  return found ?? blocks.at(-1);
}
