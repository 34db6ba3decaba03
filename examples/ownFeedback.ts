// Your conversations with feedback, a LoRA adapter: MoL learns what was said to the attempts.
import { fileURLToPath } from 'node:url';
import { importConversation, plainTask, type Random, readRows } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import {
  addLora,
  loadModel,
  loadTokenizer,
  packedBatch,
  renderSegments,
  scoreTargets,
  selectTargets,
  type TrainingSequence,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { molLoop } from './molLoop.ts';

// A file does as well: readRows<Row>('conversations.jsonl'). What the user says after an answer is the feedback.
const JSONL = `
{"messages": [{"role": "user", "content": "4876 zib"}, {"role": "assistant", "content": "4876"}, {"role": "user", "content": "Wrong. zib is rev, say 6784. Try again."}]}
{"messages": [{"role": "user", "content": "1302 zib"}, {"role": "assistant", "content": "3021"}, {"role": "user", "content": "Wrong. zib is rev, say 2031. Try again."}]}
{"messages": [{"role": "user", "content": "9540 zib"}, {"role": "assistant", "content": "0459"}, {"role": "user", "content": "Right."}]}
`.trim();

interface Row {
  messages: { role: string; content: string }[];
}

await openCpu();
const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url)); // or the folder of a Qwen3 from Hugging Face
const [model, tokenizer] = [await loadModel(folder), await loadTokenizer(folder)];
addLora(model, { r: 8, alpha: 16 }); // with its adapter off the model is its own frozen base

const rows = await readRows<Row>({ content: JSONL, format: 'jsonl' });
const episodes = rows.map(({ messages }, i) => {
  const { segments } = importConversation({ messages }, { id: `${i}` });
  return renderSegments(segments, tokenizer, { format: 'recipe' });
});

/** What the model should keep: documents of what it could do before. Any text of yours does. */
function nextGeneral(random: Random): TrainingSequence<Role> {
  const { question, solution } = plainTask(random);
  const ids = tokenizer.encode(`${question}\n${solution}`);
  return { ids, roles: ids.map(() => 'general') };
}

/** Mean over the tokens of the feedback, nats: what is to be learned. */
async function feedbackLoss(): Promise<number> {
  const batch = packedBatch(episodes);
  const targets = selectTargets(batch, episodes, { roles: ['environment'] });
  const { logprobs, dispose } = await scoreTargets(model, batch, targets);
  dispose();
  return -logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
}

process.stdout.write(`feedback before: ${(await feedbackLoss()).toFixed(3)} nats per token\n`);
const loop = molLoop({
  model,
  ref: model,
  episodes,
  nextGeneral,
  alpha: 0.3,
  steps: Number(process.argv[2] ?? 40),
  batchSize: 4,
  learningRate: 5e-3,
  seed: 1,
});
for await (const { step, metrics } of loop) {
  if (step > 2 && step % 10 !== 0) continue;
  const [ce, kl] = [metrics['mol/ce'], metrics['mol/kl']];
  process.stdout.write(`step ${step}  CE ${ce?.toFixed(3)}  KL ${kl?.toFixed(4)}\n`);
}
process.stdout.write(`feedback after: ${(await feedbackLoss()).toFixed(3)} nats per token\n`);
process.exit();
