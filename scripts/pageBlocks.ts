/** A fenced block of a page, by the word behind the fence. */
export interface PageBlock {
  language: string;
  code: string;
}

/**
 * All fenced blocks of a Markdown page, in order.
 *
 * @example
 * pageBlocks('```sh\nls\n```\n'); // [{ language: 'sh', code: 'ls' }]
 */
export function pageBlocks(text: string): PageBlock[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].map(([, language, code]) => ({
    language: language!, // both groups take part in every match
    code: code!,
  }));
}

/** Name of the file that a block is, where its first line says so: `// reward.js`. */
export const fileOfBlock = ({ code }: PageBlock): string | undefined =>
  /^\/\/ ([\w./-]+\.\w+)$/m.exec(code.split('\n', 1)[0]!)?.[1]; // split gives one part at least

/** What a reader types in a block of a session: lines after `> `. */
export const typedIn = ({ code }: PageBlock): string =>
  code
    .split('\n')
    .filter((line) => line.startsWith('> '))
    .map((line) => `${line.slice(2)}\n`)
    .join('');
