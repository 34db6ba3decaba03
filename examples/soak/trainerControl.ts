import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { outcome, SMALL_TRAINING, train } from '../processes/trainerRuns.ts';
import type { ControlView } from '../trainer/control/control.ts';
import { sleep } from '../trainer/workers/queue/sleep.ts';
import type { SoakPart } from './soakPart.ts';

/** A person at the page of a run. */
class Person {
  readonly #url: URL;
  readonly #token: string;

  constructor(url: URL) {
    this.#url = url;
    this.#token = url.searchParams.get('token') ?? '';
  }

  async ask(command: object): Promise<void> {
    const body = JSON.stringify(command);
    const headers = { 'x-token': this.#token };
    const answer = await fetch(new URL('/command', this.#url), { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async until(holds: (view: ControlView) => boolean): Promise<ControlView> {
    for (;;) {
      const answer = await fetch(new URL('/state', this.#url), {
        headers: { 'x-token': this.#token },
      });
      const { view } = (await answer.json()) as { view: ControlView | null };
      if (view && holds(view)) return view;
      await sleep(20);
    }
  }
}

/** Everything a person can do, at known places: pauses first, so that nothing depends on how fast the run is. */
async function interfere(person: Person): Promise<void> {
  await person.ask({ do: 'pause' });
  await person.until(({ paused, stage }) => paused && stage === '2-mol');
  await person.ask({ do: 'set', alpha: 0.7 });
  await person.ask({ do: 'step' });
  await person.until(({ step }) => step === 2);
  await person.ask({ do: 'step' });
  await person.until(({ stage, step }) => stage === '3-grpo' && step === 1);
  await person.ask({ do: 'set', learningRate: 0.001, temperature: 0.8 });
  await person.ask({ do: 'snapshot' });
  await person.ask({ do: 'step' });
  await person.until(({ step }) => step === 2);
  await person.ask({ do: 'set', learningRate: 0.5 }); // a mistake, which is undone
  await person.ask({ do: 'step' });
  await person.until(({ step }) => step === 3);
  await person.ask({ do: 'rollBack', checkpoint: 'snapshot-2-1.bin' });
  await person.until(({ step, paused }) => step === 2 && paused);
  await person.ask({ do: 'set', beta: 0.05 });
  await person.ask({ do: 'resume' });
}

/** A run that a person changed is repeated from its run.json, bit by bit. */
export const soakControl: SoakPart = async ({ count, write }) => {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-control-'));
  for (let round = 0; round < count; round++) {
    const [out, again] = [join(folder, `changed-${round}`), join(folder, `again-${round}`)];
    let meddling: Promise<void> | undefined;
    const argv = [...SMALL_TRAINING, '--grpo.updates', '5', '--control', '0', '--out', out];
    const changed = await train(argv, {
      onOutput: (text) => {
        const url = /Live control: (\S+)/.exec(text)?.[1];
        if (url) meddling ??= interfere(new Person(new URL(url)));
      },
    });
    await meddling;
    if (changed.code !== 0) return { faults: [`${out} failed: ${changed.stderr}`] };
    const { settings, actions } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
    write(`control: ${actions.length} actions, of which ${settings.changes.length} changes hold`);
    const repeated = await train(['--config', join(out, 'run.json'), '--out', again]);
    if (repeated.code !== 0) return { faults: [`${again} failed: ${repeated.stderr}`] };
    if (settings.changes.length !== 3 || actions.length !== 6)
      return { faults: [`${out}/run.json has other changes than were made`] };
    if (!isDeepStrictEqual(await outcome(out), await outcome(again)))
      return { faults: [`${again}, repeated from run.json, differs from ${out}`] };
  }
  await rm(folder, { recursive: true });
  return { faults: [], note: 'a run changed by hand is repeated from its run.json, bit by bit' };
};
