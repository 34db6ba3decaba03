import { z } from 'zod';
import { named, path } from '../settingTypes.ts';

const WORKERS = 'must be nats://HOST:PORT or tls://HOST:PORT, without a password';
const MUST = 'must be vllm=URL, as in vllm=http://127.0.0.1:8000';

/** Engines elsewhere. */
export const remote = {
  rollouts: named(
    z
      .string(MUST)
      .regex(/^vllm=https?:\/\/\S+$/, MUST)
      .optional(),
    'Completions are sampled by a vLLM server, `vllm=http://127.0.0.1:8000`, which is handed each version of the adapter; training stays here. Default: here.',
    { trl: 'vllm_mode / vllm_server_base_url', verl: 'rollout.name', primeRl: 'inference' },
  ),
  rolloutsFolder: named(
    path('a folder').optional(),
    'Where versions of the adapter are written, as that server sees it. Default: `adapters` in the folder of the run.',
  ),
  rolloutsTokenVariable: named(
    path('the name of an environment variable'),
    'Environment variable that holds its token, if it wants one.',
  ),
  workers: named(
    z
      .string(WORKERS)
      .regex(/^(nats|tls):\/\/[^\s@/]+$/, WORKERS)
      .optional(),
    'Episodes are played by the workers of a NATS server, `nats://127.0.0.1:4222` (start them with `npm run worker -- URL`); training stays here. Default: here.',
    { verl: 'rollout.agent.num_workers' },
  ),
  workersTokenVariable: named(
    path('the name of an environment variable'),
    'Environment variable that holds the token of the NATS server, if it wants one.',
  ),
};
