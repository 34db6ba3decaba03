import { env } from 'node:process';
import type { Sampler } from '@molrl/qwen3';
import type { TrainerSettings } from '../config/schema.ts';
import type { Elsewhere } from '../method/elsewhere.ts';
import { findReduction } from './tinker/findReduction.ts';
import { remoteWeights } from './tinker/remoteWeights.ts';
import { openTinker } from './tinker/tinkerClient.ts';
import { tinkerElsewhere } from './tinker/tinkerElsewhere.ts';
import { tinkerSampler } from './tinker/tinkerSampler.ts';

/** Who trains and samples elsewhere. */
export interface RemoteEngine {
  elsewhere: Elsewhere;
  sampler: Sampler;
  /** For run.json. */
  facts: Record<string, string | number>;
  /** Leaves the session; what is kept there stays. */
  close(): Promise<void>;
}

/** The engine that the setting `engine` names; undefined: this process. @throws {Error} if it cannot be reached. */
export async function openEngineElsewhere({
  engine,
  engineModel,
  engineTokenVariable,
  lora,
  seed,
}: Pick<
  TrainerSettings,
  'engine' | 'engineModel' | 'engineTokenVariable' | 'lora' | 'seed'
>): Promise<RemoteEngine | undefined> {
  if (engine === undefined || lora === undefined) return undefined; // the settings see to it that both are there
  const url = engine.slice(engine.indexOf('=') + 1);
  const names = { setting: 'engine', tokenSetting: 'engine-token-variable' };
  const client = await openTinker({ url, token: env[engineTokenVariable], ...names }, engineModel);
  const reduction = await findReduction(client);
  const weights = remoteWeights({ client, reduction, lora: { rank: lora.r, seed } });
  return {
    ...{ elsewhere: tinkerElsewhere(weights), sampler: tinkerSampler(weights) },
    facts: { name: 'tinker', url, model: client.base, reduction },
    async close() {
      client.close();
      await (await weights.model()).unload();
    },
  };
}
