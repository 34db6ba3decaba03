import { createRandom } from '@molrl/ef-env';
import { loadTokenizer } from '@molrl/qwen3';
import { afterAll, expect, test } from 'vitest';
import { spanRewards } from '../../trainer/method/live/spanRewards.ts';
import { BASE } from '../start.ts';
import { calls, callsCompiler, callsTask } from './calls.ts';

const compiler = callsCompiler();
afterAll(() => compiler.dispose());
const { signal } = new AbortController();

test('the tokens of wrong arguments are marked, and no others; a program without one compiles', async () => {
  const tokenizer = await loadTokenizer(BASE);
  const episode = calls(compiler).start();
  const task = callsTask(4)(createRandom(1));
  expect(task.prompt.split(' ')).toHaveLength(4);
  await episode.reset(task, { seed: 0 });
  const text = '```ts\nadd(7);\nsay(true);\nask("up");\n```';
  const { spans, reward } = await episode.step(text, { signal });
  expect(reward).toBe(0);
  const ids = tokenizer.encode(text);
  const said = { speaker: 'assistant', kind: 'policy', turn: 0, text, spans, tokens: { ids } };
  const marks = spanRewards(tokenizer, said as Parameters<typeof spanRewards>[1]);
  const marked = ids.filter((_, t) => marks[t] === -1);
  expect(marks.every((mark) => mark === 0 || mark === -1)).toBe(true);
  expect(tokenizer.decode(marked)).toMatch(/^\(?true\(?"up"\)?;?$/);
  await episode.reset(task, { seed: 0 });
  const right = await episode.step('```ts\nadd(7);\nsay("up");\nask(true);\n```', { signal });
  expect(right).toMatchObject({ reward: 1, spans: [] });
}, 60_000);
