import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addLora,
  createQwen3,
  createTokenizer,
  saveAdapter,
  saveModel,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NODE_FLAGS } from './processes/nodeFlags.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TOKENIZER = file('../packages/qwen3/fixtures/recipeTokenizer.json');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-chat-'));
  const device = await openCpu();
  const { vocabSize } = createTokenizer(JSON.parse(await readFile(TOKENIZER, 'utf8')));
  const model = createQwen3({ ...TINY_CONFIG, vocabSize, maxPositionEmbeddings: 512 }, { seed: 1 });
  await saveModel(model, folder, { dtype: 'float32' });
  await cp(TOKENIZER, join(folder, 'tokenizer.json'));
  addLora(model, { r: 2, alpha: 4 });
  await saveAdapter(model, join(folder, 'adapter'));
  device.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

function chat(lines: string[], args: string[]): Promise<string> {
  const flags = [...NODE_FLAGS, file('chat.ts'), folder, ...args];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`${lines.join('\n')}\n`);
  let said = '';
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${code}: ${said}`)),
    );
  });
}

test('a chat answers, remembers, switches thinking and adapter, and ends', async () => {
  const lines = [
    'Hello',
    '/nothink',
    'Hello',
    '/adapter',
    '/new',
    'Hello',
    '/help',
    '/quit',
    'Hello',
  ];
  const args = ['--adapter', join(folder, 'adapter'), '--max-tokens', '8', '--temperature', '0'];
  const said = (await chat(lines, args)).split('> ').map((part) => part.trim());
  const [, first, off, second, adapter, anew, third, help] = said;
  expect([off, adapter, anew]).toEqual(['Thinking is off.', 'The adapter is off.', 'A new chat.']);
  expect(first).not.toBe('');
  expect(second).not.toBe(first); // it has read the first turn, and does not think
  expect(third).not.toBe('');
  expect(help).toContain('/think');
});
