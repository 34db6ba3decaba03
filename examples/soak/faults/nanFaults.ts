import { strict as assert } from 'node:assert';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from './fault.ts';

const shipped = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));

/** The shipped model with one weight that is NaN. */
async function brokenModel(folder: string): Promise<string> {
  const model = join(folder, 'model');
  await cp(shipped, model, { recursive: true });
  const file = join(model, 'model.safetensors');
  const bytes = await readFile(file);
  const header = Number(bytes.readBigUInt64LE(0));
  const tensors = JSON.parse(bytes.toString('utf8', 8, 8 + header)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [at] = tensors['model.layers.2.mlp.down_proj.weight']!.data_offsets;
  bytes.writeUInt16LE(0x7fc0, 8 + header + at); // NaN as bfloat16
  await writeFile(file, bytes);
  return model;
}

const SMALL = [
  ...['--env', 'codewords', '--lora', '4', '--max-completion-length', '12', '--prompts', '2'],
  ...['--num-generations', '2', '--updates', '2', '--tasks', '2', '--format', 'recipe'],
];

/** What a stage that reads a file finds in it. */
const ROWS: Record<string, object> = {
  sft: { prompt: 'Say a.', completion: 'a b c' },
  mol: {
    messages: [
      { role: 'user', content: 'Say a.' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'No, a was asked for.' },
      { role: 'assistant', content: 'a' },
    ],
  },
};

const nanIn = (stage: string, happens: string, words: RegExp): Fault => ({
  name: `NaN in ${stage}`,
  happens: `the run stops; ${happens}`,
  lost: 'nothing: what was done before is saved',
  run: async ({ folder, train }) => {
    const model = await brokenModel(folder);
    const rows = join(folder, 'rows.jsonl');
    await writeFile(rows, `${JSON.stringify(ROWS[stage] ?? {})}\n`.repeat(8));
    const own = [
      ...['--model', model, '--stages', stage, '--out', join(folder, 'run')],
      ...(stage in ROWS ? [`--${stage}.data`, rows] : []),
    ];
    const ended = await train([...SMALL, ...own]);
    assert.equal(ended.code, 1, ended.stdout);
    assert.match(ended.stderr, words);
    const saved = await readdir(join(folder, 'run', 'checkpoints'));
    assert.ok(
      saved.some((name) => name.startsWith('checkpoint-')),
      String(saved),
    );
  },
});

const SAMPLED = /logits of sample \d+ of prompt \d+ at token \d+ are NaN/;

/** A weight that is no number, met by each stage first. */
export const nanFaults: readonly Fault[] = [
  nanIn(
    'sft',
    'the error names stage, update, row, token and the text of the row',
    /1-sft, update 1: the log-prob of target \d+ of row \d+ is NaN: token \d+ .*The row/,
  ),
  nanIn(
    'mol',
    'the error names stage, update, row, token and the text of the row',
    /1-mol, update 1: the log-prob of target \d+ of row \d+ is NaN: token \d+ .*The row/,
  ),
  nanIn('live', 'the error names sample and token', SAMPLED),
  nanIn('collect', 'the error names sample and token', SAMPLED),
  nanIn('grpo', 'the error names sample and token', SAMPLED),
  nanIn('eval', 'the error names sample and token', SAMPLED),
];
