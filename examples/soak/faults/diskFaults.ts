import { strict as assert } from 'node:assert';
import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../../processes/runProgram.ts';
import { outcome, SMALL_TRAINING } from '../../processes/trainerRuns.ts';
import { listCheckpoints } from '../../trainer/harness/runState.ts';
import type { Fault, FaultPlace } from './fault.ts';

const inject = fileURLToPath(new URL('inject.ts', import.meta.url));

const start = ({ folder, train }: FaultPlace, fault: object): Promise<Ended> =>
  train([...SMALL_TRAINING, '--out', folder], {
    imports: [inject],
    env: { FAULT: JSON.stringify(fault) },
  });

/** Goes on without the fault; a run that had not begun starts anew. */
async function endsAsExpected({ folder, expected, train }: FaultPlace): Promise<void> {
  const begun = (await listCheckpoints(folder)).length > 0;
  const argv = begun ? ['--out', folder, '--resume'] : [...SMALL_TRAINING, '--out', folder];
  const ended = await train(argv);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(await outcome(folder), await expected());
}

const write = (what: string, path: string, code: 'ENOSPC' | 'EACCES' = 'ENOSPC'): Fault => ({
  name: `${code === 'ENOSPC' ? 'full disk' : 'lost permission'}: ${what}`,
  happens: 'the run ends with one line that names file and remedy; --resume is the run left alone',
  lost: 'nothing',
  run: async (place) => {
    const ended = await start(place, { path, code });
    assert.equal(ended.code, 1, ended.stdout);
    const words = code === 'ENOSPC' ? 'The disk is full' : 'No permission';
    assert.ok(ended.stderr.includes(words), ended.stderr);
    assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr);
    await endsAsExpected(place);
  },
});

/** Disk, rights, clock, pipe and checkpoints: the run goes on afterwards to the same bits. */
export const diskFaults: readonly Fault[] = [
  write('first checkpoint', 'checkpoint-0-0'),
  write('checkpoint in a stage', 'checkpoint-2-2'),
  write('run.json', 'run.json'),
  write('metrics.jsonl', 'metrics.jsonl'),
  write('completions.jsonl', 'completions.jsonl'),
  write('trajectories.jsonl', 'trajectories.jsonl'),
  write('results.json', 'results.json'),
  write('the adapter at the end', 'adapter_model'),
  write('a checkpoint', 'checkpoint-1-2', 'EACCES'),
  {
    name: 'the clock jumps a day back',
    happens: 'the run does not notice',
    lost: 'nothing',
    run: async (place) => {
      const ended = await start(place, { clock: -86_400_000, after: 1500 });
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(await outcome(place.folder), await place.expected());
    },
  },
  {
    name: 'broken pipe: the reader of the output goes',
    happens: 'the run saves and ends; --resume is the run left alone',
    lost: 'nothing',
    run: async (place) => {
      await place.train([...SMALL_TRAINING, '--out', place.folder], { closeWhen: 'grpo 1/3' });
      await endsAsExpected(place);
    },
  },
  {
    name: 'the newest checkpoint is cut short',
    happens:
      'it is passed over with a line, the one before is taken; --resume is the run left alone',
    lost: 'nothing: its updates are made again',
    run: async (place) => {
      const { folder, train } = place;
      const stop = { signal: 'SIGKILL', when: 'grpo 2/3' } as const;
      await train([...SMALL_TRAINING, '--out', folder], stop);
      const [newest = ''] = await listCheckpoints(folder);
      assert.ok(newest.includes('checkpoint-2-'), newest);
      await truncate(newest, 3000);
      const ended = await train(['--out', folder, '--resume']);
      assert.ok(ended.stdout.includes('is damaged'), ended.stdout);
      assert.deepEqual(await outcome(folder), await place.expected());
    },
  },
  {
    name: 'every checkpoint is cut short',
    happens: 'the run refuses to go on and says what there is to do',
    lost: 'the run; episodes and metrics stay',
    run: async ({ folder, train }) => {
      const stop = { signal: 'SIGKILL', when: 'grpo 1/3' } as const;
      await train([...SMALL_TRAINING, '--out', folder], stop);
      for (const file of await listCheckpoints(folder)) await truncate(file, 100);
      const ended = await train(['--out', folder, '--resume']);
      assert.equal(ended.code, 1);
      assert.ok(ended.stderr.includes('no whole checkpoint'), ended.stderr);
      assert.ok((await readdir(folder)).includes('trajectories.jsonl'));
    },
  },
  {
    name: 'trajectories.jsonl vanishes between collect and mol',
    happens: 'mol says that there is no episode and what to do',
    lost: 'the episodes that were deleted',
    run: async ({ folder, train }) => {
      await train([...SMALL_TRAINING, '--out', folder], { signal: 'SIGINT', when: 'collect  12' });
      await rm(join(folder, 'trajectories.jsonl'));
      const ended = await train(['--out', folder, '--resume']);
      assert.equal(ended.code, 1, ended.stdout);
      assert.ok(ended.stderr.includes('has no episode with feedback'), ended.stderr);
    },
  },
];
