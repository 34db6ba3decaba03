import { join } from 'node:path';
import { env } from 'node:process';
import type { TrainerSettings } from '../config/schema.ts';
import { adapterVersions } from './vllm/adapterVersions.ts';
import { type VllmSampler, vllmSampler } from './vllm/vllmSampler.ts';
import { openVllm } from './vllm/vllmServer.ts';

/** Who samples elsewhere. */
export interface RemoteSampler extends VllmSampler {
  /** For run.json. */
  engine: Record<string, string | number>;
  /** Takes what was loaded there off again. */
  close(): Promise<void>;
}

/** The engine that the setting `rollouts` names; undefined: this process samples. @throws {Error} if it cannot be reached. */
export async function openRollouts(
  settings: Pick<TrainerSettings, 'rollouts' | 'rolloutsFolder' | 'rolloutsTokenVariable'>,
  out: string,
): Promise<RemoteSampler | undefined> {
  const { rollouts, rolloutsFolder: folder = join(out, 'adapters') } = settings;
  if (rollouts === undefined) return undefined;
  const url = rollouts.slice(rollouts.indexOf('=') + 1);
  const token = env[settings.rolloutsTokenVariable];
  const names = { setting: 'rollouts', tokenSetting: 'rollouts-token-variable' };
  const server = await openVllm({ url, token, ...names });
  const versions = adapterVersions({ server, folder });
  const { version, base, maxModelLen } = server;
  return {
    ...vllmSampler({ server, versions }),
    engine: { name: 'vllm', version, url, model: base, maxModelLen },
    close: () => versions.close(),
  };
}
