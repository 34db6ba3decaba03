import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Policy, type Segment, type Trajectory } from '@molrl/ef-env';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings } from '../../trainer/config/checkSettings.ts';
import type { TrainerSettings } from '../../trainer/config/schema.ts';
import { openGame } from '../../trainer/games/openGame.ts';
import { UnfitError } from '../../trainer/workers/queue/serveJobs.ts';
import type { RunRecord } from '../../trainer/workers/runRecord.ts';
import type { WorkedGame } from '../../trainer/workers/worker/workerFiles.ts';
import { tabGame } from './tabGame.ts';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-tab-game-'));
  data = join(folder, 'rows.jsonl');
  const rows = ['4', '5', '6'].map((answer) => JSON.stringify({ prompt: '2 + 2?', answer }));
  await writeFile(data, rows.join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const recordOf = (settings: TrainerSettings, files: Record<string, string> = {}): RunRecord => ({
  version: 1,
  settings,
  model: '',
  files,
});

const FOUR: Segment = { speaker: 'assistant', kind: 'policy', turn: 0, text: '4' };

/** Says the same to everything. */
const four: Policy = {
  generate: async (prompts, { numGenerations = 1 }) =>
    Array.from({ length: prompts.length * numGenerations }, () => FOUR),
};

const noWorker = () => {
  throw new Error('no program is run here');
};

describe('tabGame', () => {
  test.each([
    { environment: 'codewords' },
    { environment: 'codewords-chat' },
    { environment: 'gym', families: ['gcd', 'lcm'] },
    { environment: 'maths', system: 'Be brief.', rows: true },
    { environment: 'prompt', system: 'Be brief.', rows: true, stages: ['sft', 'eval'] },
    { environment: 'codewords + gym' },
  ])(
    '$environment: the episodes of the game in Node, without its files',
    async ({ rows, ...given }) => {
      const settings = checkSettings({ ...given, ...(rows && { data, evalData: data }) });
      const game = await openGame(settings);
      const tab = tabGame(recordOf(settings, game.files), noWorker);
      const play = async (played: WorkedGame): Promise<(Trajectory[] | undefined)[]> => {
        const options = {
          tasks: game.heldOut(3),
          groupSize: 2,
          maxTokens: 8,
          maxTurns: 2,
          seed: 1,
        };
        const parts = [played.environment, played.withFeedback];
        return Promise.all(parts.map((each) => each && collect(each, four, options)));
      };
      const expected = await play(game);
      expect(expected[0]).toHaveLength(6);
      expect(await play(tab)).toEqual(expected);
    },
  );

  test('refuses what needs files, and says what it is', () => {
    const played =
      (given: object, files: Record<string, string> = {}) =>
      () =>
        tabGame(
          recordOf({ ...checkSettings({ environment: 'codewords' }), ...given }, files),
          noWorker,
        );
    expect(played({ environment: './own.ts' })).toThrow(UnfitError);
    expect(played({ environment: './own.ts' })).toThrowErrorMatchingInlineSnapshot(
      `[Error: worker: a tab cannot work for this run: it plays ./own.ts. A tab plays codewords, codewords-chat, gym, maths, prompt, code (programs in JavaScript, prompts that are rewarded by their answer). Start a worker of Node for it: npm run worker -- nats://…]`,
    );
    expect(played({ environment: 'maths' }, { maths: 'a file of that name' })).toThrow(
      /it plays maths/,
    );
    expect(played({ environment: 'codewords+dialogue' })).toThrow(/it plays dialogue/);
    expect(played({ environment: 'prompt', reward: './reward.ts' })).toThrow(/reward is the file/);
    expect(played({ environment: 'code', language: 'python' })).toThrow(/programs are python/);
  });
});
