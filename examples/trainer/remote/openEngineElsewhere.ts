import { env } from 'node:process';
import type { Sampler } from '@molrl/qwen3';
import type { TrainerSettings } from '../config/schema.ts';
import type { Elsewhere } from '../method/elsewhere.ts';
import { findHabits } from './tinker/findHabits.ts';
import { checkLimit } from './tinker/gradientLimit.ts';
import { remoteWeights } from './tinker/remoteWeights.ts';
import { openTinker } from './tinker/tinkerClient.ts';
import { tinkerElsewhere } from './tinker/tinkerElsewhere.ts';
import { tinkerSampler } from './tinker/tinkerSampler.ts';

/** Who trains and samples elsewhere. */
export interface RemoteEngine {
  elsewhere: Elsewhere;
  sampler: Sampler;
  /** For run.json. */
  facts: Record<string, string | number | boolean>;
  /** Leaves the session; what is kept there stays. */
  close(): Promise<void>;
}

type Named = Pick<
  TrainerSettings,
  'engine' | 'engineModel' | 'engineTokenVariable' | 'lora' | 'seed'
>;
type Stages = Pick<TrainerSettings, 'stages' | 'sft' | 'mol' | 'grpo'>;

/**
 * The engine that the setting `engine` names; undefined: this process.
 *
 * @throws {Error} if it cannot be reached, or cannot do what a stage asks for.
 */
export async function openEngineElsewhere(
  settings: Named & Partial<Stages>,
): Promise<RemoteEngine | undefined> {
  const { engine, engineModel, engineTokenVariable, lora, seed } = settings;
  if (engine === undefined || lora === undefined) return undefined; // the settings see to it that both are there
  const url = engine.slice(engine.indexOf('=') + 1);
  const names = { setting: 'engine', tokenSetting: 'engine-token-variable' };
  const client = await openTinker({ url, token: env[engineTokenVariable], ...names }, engineModel);
  const habits = await findHabits(client);
  for (const [name, value] of Object.entries(limitsOf(settings)))
    checkLimit({ [`${name}.maxGradNorm`]: value }, { client, habits });
  const weights = remoteWeights({ client, habits, lora: { rank: lora.r, seed } });
  return {
    ...{ elsewhere: tinkerElsewhere(weights), sampler: tinkerSampler(weights) },
    facts: { name: 'tinker', url, model: client.base, ...habits },
    async close() {
      client.close();
      await (await weights.model()).unload();
    },
  };
}

/** Of the stages that are played. */
function limitsOf({ stages = [], sft, mol, grpo }: Partial<Stages>): Record<string, number> {
  const all = { sft, mol, grpo };
  return Object.fromEntries(
    (['sft', 'mol', 'grpo'] as const).flatMap((name) => {
      const limit = all[name]?.maxGradNorm;
      return stages.includes(name) && limit !== undefined ? [[name, limit]] : [];
    }),
  );
}
