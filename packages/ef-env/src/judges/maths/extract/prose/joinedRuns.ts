import { wordSet } from '../../../../text/wordSet.ts';
import type { MathRun, Piece } from './mathRun.ts';
import type { ProseToken } from './proseToken.ts';

/** Words before two numbers that are both meant. */
const PLURAL = /* @__PURE__ */ wordSet(
  'are be were equal namely solutions roots values answers numbers',
);

const isNamed = (text: string): boolean => /^[A-Za-z]\w*(?:\([a-z]\))?\s*[=<>≤≥]/.test(text);

/** Runs with nothing but commas, 'and' or 'or' between them, joined where they are one list. */
export function joinedRuns(tokens: readonly ProseToken[], pieces: readonly Piece[]): MathRun[] {
  const runs: MathRun[] = [];
  for (let i = 0; i < pieces.length; ) {
    let last = i;
    const joints: string[] = [];
    for (; last + 1 < pieces.length; last++) {
      const between = tokens.slice(pieces[last]!.end, pieces[last + 1]!.first);
      if (between.length === 0 || !between.every(({ kind }) => kind === 'joint')) break;
      joints.push(between.map(({ text }) => text.toLowerCase()).join(' '));
    }
    const chain = pieces.slice(i, last + 1);
    const [first] = chain as [Piece]; // never empty
    if (chain.length > 1 && isList(tokens, chain, joints)) {
      const text = chain
        .map((run, k) => run.text + (k < joints.length ? ` ${joints[k]} ` : ''))
        .join('')
        .replace(/ ,/g, ',');
      runs.push({ ...first, text, broken: chain.some(({ broken }) => broken) });
    } else runs.push(...chain);
    i = last + 1;
  }
  return runs;
}

function isList(
  tokens: readonly ProseToken[],
  chain: readonly Piece[],
  joints: readonly string[],
): boolean {
  if (chain.some(({ text }) => text.includes('=') || /[<>≤≥]/.test(text)))
    return chain.every(({ text }) => isNamed(text));
  if (chain[0]!.leading || chain.length > 2 || joints.some((joint) => /and|or|;/.test(joint)))
    return true;
  const [before, after] = [tokens[chain[0]!.first - 1], tokens[chain.at(-1)!.end]];
  const closed = after === undefined || after.kind === 'end';
  return (
    closed &&
    (before === undefined || before.kind === 'end' || PLURAL.has(before.text.toLowerCase()))
  );
}
