/** A piece of documentation that is a program. */
export interface DocBlock {
  /** File the block was read from, as given. */
  readonly file: string;
  /** 1-based line of the block's first line of code in that file. */
  readonly line: number;
  readonly code: string;
}

/**
 * The ```` ```ts ```` blocks of a Markdown file. A fence with anything after `ts` is read the same way.
 *
 * @example
 * markdownBlocks('a.md', 'Text\n```ts\nf();\n```\n'); // [{ file: 'a.md', line: 3, code: 'f();' }]
 */
export function markdownBlocks(file: string, text: string): DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (!/^\s*```(ts|typescript)\b/.test(lines[i]!)) continue;
    const start = i + 1;
    while (++i < lines.length && !/^\s*```\s*$/.test(lines[i]!));
    blocks.push({ file, line: start + 1, code: lines.slice(start, i).join('\n') });
  }
  return blocks;
}

/**
 * The `@example` blocks of the TSDoc comments in a TypeScript file; fences inside them are optional.
 *
 * @example
 * tsdocBlocks('a.ts', '/**\n * @example\n * f();\n *' + '/'); // [{ file: 'a.ts', line: 3, code: 'f();' }]
 */
export function tsdocBlocks(file: string, text: string): DocBlock[] {
  const blocks: DocBlock[] = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const firstLine = text.slice(0, comment.index).split('\n').length;
    const lines = comment[0]
      .replace(/\s*\*\/$/, '')
      .split('\n')
      .map((line) => line.replace(/^\s*\/?\*+ ?/, ''));
    for (let i = 0; i < lines.length; i++) {
      if (!/^@example\b/.test(lines[i]!)) continue;
      const start = i + 1;
      while (i + 1 < lines.length && !/^@\w/.test(lines[i + 1]!)) i++;
      const body = lines.slice(start, i + 1);
      const fenced = markdownBlocks(file, body.join('\n'));
      const found =
        fenced.length > 0 ? fenced : [{ file, line: 1, code: body.join('\n').trimEnd() }];
      for (const { line, code } of found)
        blocks.push({ file, line: firstLine + start + line - 1, code });
    }
  }
  return blocks;
}
