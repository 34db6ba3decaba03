import { z } from 'zod';
import { named, path, within } from '../settingTypes.ts';

const WORKERS = 'must be nats://HOST:PORT or tls://HOST:PORT, without a password';
const MUST = 'must be vllm=URL or sglang=URL, as in vllm=http://127.0.0.1:8000';

const TINKER = 'must be tinker=URL, as in tinker=http://127.0.0.1:9000';

/** Engines elsewhere. */
export const remote = {
  engine: named(
    z
      .string(TINKER)
      .regex(/^tinker=https?:\/\/\S+$/, TINKER)
      .optional(),
    'The weights are trained and sampled from by a server of the Tinker API, `tinker=http://127.0.0.1:9000`; losses and environments stay here. Default: here.',
  ),
  engineModel: named(
    path('the name of a model').optional(),
    'Name of the base model at that server. Default: the only one that it has.',
  ),
  engineTokenVariable: named(
    path('the name of an environment variable'),
    'Environment variable that holds its key, if it wants one.',
  ),
  rollouts: named(
    z
      .string(MUST)
      .regex(/^(vllm|sglang)=https?:\/\/\S+$/, MUST)
      .optional(),
    'Completions are sampled by a vLLM or SGLang server, `vllm=http://127.0.0.1:8000` or `sglang=http://127.0.0.1:30000`, which is handed each version of the adapter; training stays here. Default: here.',
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
  rolloutsPatience: named(
    within(0, 86_400),
    'Seconds that this server may be away (restarted, say) before the run ends.',
  ),
  workers: named(
    z
      .string(WORKERS)
      .regex(/^(nats|tls):\/\/[^\s@/]+$/, WORKERS)
      .optional(),
    'Episodes are played by the workers of a NATS server, `nats://127.0.0.1:4222` (start them with `npm run worker -- URL`), or, with `rollouts` or `engine`, judged; training stays here. Default: here.',
    { verl: 'rollout.agent.num_workers' },
  ),
  workersTokenVariable: named(
    path('the name of an environment variable'),
    'Environment variable that holds the token of the NATS server, if it wants one.',
  ),
};
