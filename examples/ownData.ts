// Your data, your reward, a LoRA adapter: GRPO on rows of a JSONL file.
import { fileURLToPath } from 'node:url';
import { parseAnswer, promptEnvironment, readRows } from '@molrl/ef-env';
import { addLora, loadModel, loadTokenizer, qwen3Policy, renderSegments } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { grpoLoop } from './grpoLoop.ts';

// A file does as well: readRows<Row>('train.jsonl'). A row needs a `prompt`; whatever else it has, the reward gets.
const JSONL = `
{"prompt": "3142 rav", "answer": "1423"}
{"prompt": "8061 rav", "answer": "0618"}
{"prompt": "5297 rav", "answer": "2975"}
{"prompt": "4410 rav", "answer": "4104"}
{"prompt": "9376 bot", "answer": "3967"}
{"prompt": "1285 bot", "answer": "2158"}
{"prompt": "7034 bot", "answer": "0743"}
{"prompt": "6618 bot", "answer": "6681"}
`.trim();

interface Row {
  prompt: string;
  answer: string;
}

/** Any function of texts and rows: here the share of digits in the right place. */
function rightDigits(
  completions: readonly string[],
  { answer }: { answer: readonly string[] },
): number[] {
  return completions.map((completion, i) => {
    const said = parseAnswer(completion) ?? '';
    const right = answer[i]!; // one row per completion
    return [...right].filter((digit, place) => said[place] === digit).length / right.length;
  });
}

await openCpu();
const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url)); // or the folder of a Qwen3 from Hugging Face
const [model, tokenizer] = [await loadModel(folder), await loadTokenizer(folder)];
addLora(model, { r: 8, alpha: 16 });
const weights = Object.values(model.trainable()).reduce((sum, { size }) => sum + size, 0);
const rows = await readRows<Row>({ content: JSONL, format: 'jsonl' });
process.stdout.write(`${rows.length} rows, ${weights} trained numbers\n`);

const loop = grpoLoop<Row>({
  model,
  policy: qwen3Policy(model, tokenizer, { format: 'recipe' }),
  environment: promptEnvironment<Row>({ reward: rightDigits }),
  nextTask: (random) => random.choice(rows),
  toTokens: (segments) => renderSegments(segments, tokenizer, { format: 'recipe' }),
  steps: Number(process.argv[2] ?? 30),
  prompts: 8,
  numGenerations: 8,
  maxTokens: 40,
  learningRate: 3e-3,
  seed: 1,
});
for await (const { step, metrics } of loop) {
  if (step > 2 && step % 10 !== 0) continue;
  process.stdout.write(`step ${step}  reward ${metrics.reward?.toFixed(3)}\n`);
}
// saveAdapter(model, 'my-adapter') writes what PEFT reads; mergeLora and saveModel a whole model.
process.exit();
