import type { Datum } from '../../../tinker/protocol/forwardBackward.ts';
import type { Habits } from './findHabits.ts';
import type { RemoteModel, TinkerClient } from './tinkerClient.ts';

/** Data of a request. */
const MOST_DATA = 64;

export interface RemoteWeightsOptions {
  client: TinkerClient;
  habits: Habits;
  lora: { rank: number; seed: number };
}

/** The adapter that is trained at a server, as it is now. */
export interface RemoteWeights extends RemoteWeightsOptions {
  /** The model, as it was last wished for. */
  model(): Promise<RemoteModel>;
  /** From here on it is what a checkpoint holds, with its moments or without. */
  goTo(uri: string, optimizer: boolean): void;
  /** From here on its moments are 0. */
  forgetMoments(): void;
  /** It was trained. */
  moved(): void;
  /** A checkpoint of the present weights and moments. */
  checkpoint(): Promise<string>;
  /** Weights to sample from, saved once for each version. */
  samplerUri(): Promise<string>;
}

export function remoteWeights(options: RemoteWeightsOptions): RemoteWeights {
  const { client, lora } = options;
  let current: Promise<RemoteModel> | undefined;
  let wished: (() => Promise<RemoteModel>) | undefined = () => client.createModel(lora);
  let [names, isTrained] = [0, false];
  let present: string | undefined; // a checkpoint of what is there now
  let sampled: Promise<string> | undefined;

  const replace = (from: () => Promise<{ uri: string; optimizer: boolean }>): void => {
    const before = model();
    before.catch(() => {}); // told where the next model is asked for
    wished = async () => {
      const [old, start] = [await before, await from()];
      const next = await client.createModel(lora, start);
      await old.unload();
      return next;
    };
    sampled = undefined;
  };
  const model = (): Promise<RemoteModel> => {
    if (wished) [current, wished] = [wished(), undefined];
    return current!; // there is a first wish
  };
  const save = async (kind: 'weights' | 'sampler'): Promise<string> =>
    (await model()).save(`molrl-${++names}`, kind);
  const checkpoint = async (): Promise<string> => {
    present ??= await save('weights');
    return present;
  };
  return {
    ...options,
    model,
    goTo(uri, optimizer) {
      if (uri === present && !optimizer) return;
      replace(async () => ({ uri, optimizer }));
      [present, isTrained] = [uri, optimizer];
    },
    forgetMoments() {
      if (!isTrained) return;
      const saved = checkpoint();
      saved.catch(() => {}); // told where the next model is asked for
      replace(async () => ({ uri: await saved, optimizer: false }));
      isTrained = false;
    },
    moved() {
      [present, isTrained] = [undefined, true];
      const old = sampled;
      sampled = undefined;
      old?.then((uri) => client.remove(uri)).catch(() => {}); // nothing depends on it
    },
    checkpoint,
    samplerUri: () => (sampled ??= save('sampler')),
  };
}

/** Requests of a size that servers take. */
export function* parts(data: readonly Datum[]): Generator<Datum[]> {
  for (let from = 0; from < data.length; from += MOST_DATA)
    yield data.slice(from, from + MOST_DATA);
}
