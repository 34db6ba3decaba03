import { strict as assert } from 'node:assert';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ended } from '../../processes/runProgram.ts';
import { readLines } from '../../trainer/harness/linesFile.ts';
import type { Fault, FaultPlace } from './fault.ts';

const ROWS = Array.from({ length: 40 }, (_, i) => ({ prompt: `Say ${i}.`, answer: String(i) }));
const TRAINING = [
  ...['--stages', 'grpo,eval', '--lora', '4', '--updates', '2', '--prompts', '4', '--tasks', '4'],
  ...['--num-generations', '4', '--max-completion-length', '12', '--save-steps', '1'],
];
/** Differs inside a group, so that there is a gradient. */
const GOOD = 'text.length % 5';

/** Runs GRPO on rows with a reward of this source. */
async function trainWith(
  { folder, train }: FaultPlace,
  source: string,
  argv: readonly string[] = [],
): Promise<Ended> {
  const place = join(folder, 'own');
  await mkdir(place, { recursive: true });
  const [data, reward] = [join(place, 'rows.jsonl'), join(place, 'reward.mjs')];
  await writeFile(data, ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(reward, source);
  const own = ['--data', data, '--reward', reward, '--out', join(folder, 'run')];
  return train([...TRAINING, ...own, ...argv]);
}

const metricsOf = ({ folder }: FaultPlace): Promise<Record<string, number>[]> =>
  readLines(join(folder, 'run', 'metrics.jsonl'));

interface Lost {
  name: string;
  happens: string;
  source: string;
  argv?: readonly string[];
  /** A metric that counts it. */
  counted: string;
}

/** The run ends well, and what was not scored is counted, never a reward of 0. */
const unscored = ({ name, happens, source, argv, counted }: Lost): Fault => ({
  name,
  happens,
  lost: 'the gradient of those attempts',
  run: async (place) => {
    const ended = await trainWith(place, source, argv);
    assert.equal(ended.code, 0, ended.stderr);
    const rows = (await metricsOf(place)).filter((row) => row.reward_valid !== undefined);
    assert.equal(rows.length, 2);
    assert.ok(
      rows.some((row) => row[counted]! > 0),
      `${counted} is 0`,
    );
    assert.ok(
      rows.some((row) => row.reward_valid! < 1),
      'reward_valid is 1',
    );
    assert.ok(rows.every((row) => Number.isFinite(row.loss ?? 0)));
  },
});

/** Rewards, data and environments that go wrong. */
export const rewardFaults: readonly Fault[] = [
  unscored({
    name: 'a reward throws for some rows',
    happens: 'their attempts are not scored (reward_valid), the run goes on',
    source: `export default (completions, { answer }) => { if (Number(answer[0]) % 3 === 0) throw new Error('bad row ' + answer[0]); return completions.map((text) => ${GOOD}); };`,
    counted: 'episodes/unscored',
  }),
  unscored({
    name: 'a reward hangs for some rows',
    happens: 'their attempts are not scored after episodeTimeout, the run goes on',
    source: `export default async (completions, { answer }) => { if (Number(answer[0]) % 3 === 0) await new Promise(() => {}); return completions.map((text) => ${GOOD}); };`,
    argv: ['--episode-timeout', '0.5'],
    counted: 'episodes/unscored',
  }),
  unscored({
    name: 'a reward is NaN for some attempts',
    happens: 'they are not scored (reward_valid), the run goes on',
    source: `export default (completions, { answer }) => completions.map((text, i) => Number(answer[i]) % 3 === 0 ? Number.NaN : ${GOOD});`,
    counted: 'episodes/unscored',
  }),
  {
    name: 'a slow reward (0.3 s a group)',
    happens: 'the run waits for it',
    lost: 'nothing',
    run: async (place) => {
      const source = `export default async (completions) => { await new Promise((go) => setTimeout(go, 300)); return completions.map((text) => ${GOOD}); };`;
      const ended = await trainWith(place, source);
      assert.equal(ended.code, 0, ended.stderr);
      assert.ok((await metricsOf(place)).every((row) => (row.reward_valid ?? 1) === 1));
    },
  },
  {
    name: 'huge rewards (1e30)',
    happens: 'advantages are relative to the group: loss and gradient stay finite',
    lost: 'nothing',
    run: async (place) => {
      const source = `export default (completions) => completions.map((text) => 1e30 * (${GOOD}));`;
      const ended = await trainWith(place, source);
      assert.equal(ended.code, 0, ended.stderr);
      const rows = (await metricsOf(place)).filter((row) => row.grad_norm !== undefined);
      assert.ok(rows.length > 0 && rows.every((row) => Number.isFinite(row.grad_norm)));
    },
  },
  {
    name: 'the data file has vanished at --resume',
    happens: 'one line names the file; with it back, the run goes on',
    lost: 'nothing',
    run: async (place) => {
      const { folder, train } = place;
      const source = `export default (completions) => completions.map((text) => ${GOOD});`;
      assert.equal((await trainWith(place, source)).code, 0);
      const data = join(folder, 'own', 'rows.jsonl');
      const rows = await readFile(data);
      await rm(data);
      const missing = await train(['--out', join(folder, 'run'), '--resume']);
      assert.equal(missing.code, 1);
      assert.ok(missing.stderr.includes('rows.jsonl'), missing.stderr);
      await writeFile(data, rows);
      assert.equal((await train(['--out', join(folder, 'run'), '--resume'])).code, 0);
    },
  },
];
