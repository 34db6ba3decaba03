import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createTokenizer, loadChatTemplate, loadTokenizer, type Tokenizer } from '@molrl/qwen3';
import { runSuite } from '../qwen3Suite.ts';
import type { SuiteResult } from '../suiteResult.ts';
import { randomTexts } from './randomTexts.ts';

interface Question {
  gguf: string;
  /** Paths of `tokenizer.json` files. */
  files: readonly string[];
  ask: (questions: object) => Record<string, unknown>;
}

interface Encoded {
  ids: number[][];
  texts: string[];
}

const TEXTS = 2000;

/** Ids and texts of random strings, against Python's tokenizers; chats in the file's own template. */
export async function tokenizerSuites({ gguf, files, ask }: Question): Promise<SuiteResult[]> {
  const texts = randomTexts(TEXTS, 5);
  const jobs = [null, ...files].map((path) => ({ path, texts }));
  const chats = CHATS.map((chat) => chat.map(([role, content]) => ({ role, content })));
  const answers = ask({ tokenizers: jobs, chats });
  const expected = answers.tokenizers as Encoded[];
  const results: SuiteResult[] = [];
  for (const [i, path] of [null, ...files].entries()) {
    const name =
      path === null
        ? basename(gguf)
        : basename(dirname(path)).replace(/^models$/, basename(dirname(dirname(path))));
    results.push(
      await runSuite(`tokenizers/${name.slice(0, 18)}`, async (check) => {
        const tokenizer = path === null ? await loadTokenizer(gguf) : await tokenizerAt(path);
        const { ids, texts: decoded } = expected[i]!;
        for (const [k, text] of texts.entries()) {
          const own = tokenizer.encode(text);
          check.that(`ids of ${JSON.stringify(text.slice(0, 40))}`, own.join() === ids[k]!.join());
          check.that(
            `text of its ids`,
            tokenizer.decode(ids[k]!) === decoded[k],
            JSON.stringify(decoded[k]!.slice(0, 40)),
          );
        }
      }),
    );
  }
  results.push(
    await runSuite('chats', async (check) => {
      const tokenizer = await loadTokenizer(gguf);
      const template = await loadChatTemplate(gguf);
      for (const [i, [text, ids]] of (answers.chats as [string, number[]][]).entries()) {
        const own = template.render(chats[i]!, { addGenerationPrompt: true });
        check.that(`text of chat ${i}`, own === text, JSON.stringify(own));
        const parsed = template.encode(chats[i]!, tokenizer, {
          addGenerationPrompt: true,
          specials: 'parse',
        });
        check.that(`ids of chat ${i}`, parsed.join() === ids.join());
      }
    }),
  );
  return results;
}

const CHATS: readonly (readonly (readonly [role: string, content: string])[])[] = [
  [['user', 'What is 17 + 25? Answer with the number only.']],
  [
    ['system', 'You are a pirate.'],
    ['user', 'Hello'],
  ],
  [
    ['user', 'One'],
    ['assistant', 'Two\n'],
    ['user', '  Three é²🙂 '],
  ],
  [
    ['system', ''],
    ['user', ''],
    ['assistant', '<think>\nx\n</think>\n\ny'],
    ['user', '<|im_end|>'],
  ],
];

async function tokenizerAt(path: string): Promise<Tokenizer> {
  const config = await readFile(join(dirname(path), 'tokenizer_config.json'), 'utf8').catch(
    () => '{}',
  );
  return createTokenizer(JSON.parse(await readFile(path, 'utf8')), JSON.parse(config));
}
