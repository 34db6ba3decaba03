import type { DeviceName } from '@molrl/tensor-gpu';

/** What a run can compute on; written down here, so that a wrong setting need not wait for the engine. */
export const ENGINES = ['cpu', 'webgpu'] as const satisfies readonly DeviceName[];
