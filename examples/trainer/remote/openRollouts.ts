import { join } from 'node:path';
import { env } from 'node:process';
import type { TrainerSettings } from '../config/schema.ts';
import { absence } from './absence.ts';
import { adapterVersions } from './adapterVersions.ts';
import { type ServerSampler, serverSampler } from './serverSampler.ts';
import { openSglang } from './sglang/sglangServer.ts';
import { openVllm } from './vllm/vllmServer.ts';

/** Who samples elsewhere. */
export interface RemoteSampler extends ServerSampler {
  /** For run.json. */
  engine: Record<string, string | number>;
  /** Takes what was loaded there off again. */
  close(): Promise<void>;
}

export interface OpenRolloutsOptions {
  settings: Pick<
    TrainerSettings,
    'rollouts' | 'rolloutsFolder' | 'rolloutsTokenVariable' | 'rolloutsPatience'
  > & { grpo: Pick<TrainerSettings['grpo'], 'topK'> };
  /** Folder of the run. */
  out: string;
  /** Told when the server goes away and when it is back. */
  say(text: string): void;
  /** Once it is aborted, the server is not waited for. */
  signal?: AbortSignal | undefined;
}

/** The engine that the setting `rollouts` names; undefined: this process samples. @throws {Error} if it cannot be reached. */
export async function openRollouts(
  options: OpenRolloutsOptions,
): Promise<RemoteSampler | undefined> {
  const { settings, out, say, signal } = options;
  const { rollouts, rolloutsPatience, rolloutsFolder: folder = join(out, 'adapters') } = settings;
  if (rollouts === undefined) return undefined;
  const url = rollouts.slice(rollouts.indexOf('=') + 1);
  const token = env[settings.rolloutsTokenVariable];
  const names = { setting: 'rollouts', tokenSetting: 'rollouts-token-variable' };
  const away = absence({ url, say, setting: names.setting, patience: 1000 * rolloutsPatience });
  signal?.addEventListener('abort', () => away.end(), { once: true });
  const open = rollouts.startsWith('sglang=') ? openSglang : openVllm;
  const server = await open({ url, token, ...names, absence: away });
  const versions = adapterVersions({ server, folder });
  const { kind, version, base, maxModelLen } = server;
  return {
    ...serverSampler({ server, versions, masks: settings.grpo.topK !== undefined }),
    engine: { name: kind, version, url, model: base, maxModelLen },
    close() {
      away.end(); // what it holds is gone with it
      return versions.close();
    },
  };
}
