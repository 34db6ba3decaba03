import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, parameterShapes, parseConfig, type Qwen3, readSafetensors } from '@molrl/qwen3';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import {
  type Golden,
  type GoldenBatch,
  goldenBatch,
  l2Norm,
  lossAndGradients,
  maskedLogits,
  readJsonFile,
  zeroPadding,
} from './qwen3Case.ts';
import { type Check, runSuite } from './qwen3Suite.ts';
import type { SuiteResult } from './suiteResult.ts';

interface ModelCase {
  scalars: Record<string, number>;
  left_grad_l2: Record<string, number>;
  packed_grad_l2: Record<string, number>;
}

/** A model with what its folder says of it. */
interface LoadedCase {
  model: Qwen3;
  golden: Golden;
  info: ModelCase;
  folder: string;
}

/** Logits, losses and gradients of one model, with both spellings of its configuration. */
export function modelSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`models/${name}`, async (check) => {
    const folder = join(root, 'models', name);
    const golden = await readSafetensors(join(folder, 'case.safetensors'));
    const info = await readJsonFile<ModelCase>(folder, 'case.json');
    const model = await loadModel(folder);
    await checkLogits(check, model, golden);
    const modelCase = { model, golden, info, folder };
    await checkGradients(check, modelCase);
    await checkBalance(check, modelCase);
    model.dispose();
    if (!existsSync(join(folder, 'config.legacy.json'))) return;
    const legacy = await loadModel(folder, { configFile: 'config.legacy.json' });
    const logits = await maskedLogits(legacy, goldenBatch(golden, 'right'));
    check.close('legacy config: right.logits', logits, golden['right.logits']!.data, 2e-5);
    legacy.dispose();
  });
}

/** `full.logits`: every query sees every token of its sequence. */
export function fullAttentionSuite(
  root: string,
  suite: string,
  names: readonly string[],
): Promise<SuiteResult> {
  return runSuite(suite, async (check) => {
    for (const name of names) {
      const folder = join(root, 'models', name);
      if (!existsSync(folder)) continue;
      const golden = await readSafetensors(join(folder, 'case.safetensors'));
      const model = await loadModel(folder);
      const logits = await maskedLogits(model, { ...goldenBatch(golden, 'right'), causal: false });
      check.close(`${name}: full.logits`, logits, golden['full.logits']!.data, 2e-5);
      model.dispose();
    }
  });
}

/** Routers and load-balancing loss of a mixture of experts, where the case has them. */
async function checkBalance(
  check: Check,
  { model, golden, info, folder }: LoadedCase,
): Promise<void> {
  const { 'right.aux_loss': auxLoss, 'right.aux_loss_no_mask': noMask } = info.scalars;
  if (auxLoss === undefined) return;
  const batch = goldenBatch(golden, 'right');
  const seen = await innerValues(model, batch);
  for (const key of Object.keys(golden).filter((name) => name.startsWith('right.router_'))) {
    const [, kind, layer] = /^right\.(router_\w+)\.(\d+)$/.exec(key)!;
    const actual = seen.get(`model.layers.${layer}.mlp.${kind}`) ?? [];
    check.close(key, actual, golden[key]!.data, kind === 'router_logits' ? 5e-5 : 2e-5);
  }
  const { balance, gradients } = await lossAndGradients(model, batch, {
    coefficient: model.config.moe!.routerAuxLossCoef,
  });
  check.within('right.aux_loss', balance!, auxLoss, 5e-6);
  const stored = await readSafetensors(join(folder, 'grads_aux.safetensors'));
  for (const [name, { data }] of Object.entries(stored)) {
    check.close(`gradient with the aux loss of ${name}`, await gradients[name]!.data(), data, 1e-4);
  }
  dispose(gradients);
  const unmasked = {
    ...batch,
    segmentIds: new Int32Array(batch.B * batch.T),
    positions: batch.positions.map((_, i) => i % batch.T),
  };
  const whole = await lossAndGradients(model, unmasked, { coefficient: 0 });
  check.within('right.aux_loss_no_mask', whole.balance!, noMask!, 5e-6);
  dispose(whole.gradients);
}

async function checkLogits(check: Check, model: Qwen3, golden: Golden): Promise<void> {
  for (const side of ['right', 'left', 'packed'] as const) {
    const batch = goldenBatch(golden, side);
    const logits = await maskedLogits(model, batch);
    check.close(`${side}.logits`, logits, golden[`${side}.logits`]!.data, 2e-5);
  }
  const left = await maskedLogits(model, goldenBatch(golden, 'left'), false);
  const expected = golden['left.logits_default_positions']!.data;
  check.close('left.logits_default_positions', left, expected, 2e-5);
}

async function checkGradients(
  check: Check,
  { model, golden, info, folder }: LoadedCase,
): Promise<void> {
  const stored = await readSafetensors(join(folder, 'grads.safetensors'));
  for (const side of ['right', 'left', 'packed'] as const) {
    const { loss, gradients } = await lossAndGradients(model, goldenBatch(golden, side));
    check.within(`${side}.loss`, loss, info.scalars[`${side}.loss`]!, 5e-6);
    const names = Object.keys(side === 'right' ? stored : info[`${side}_grad_l2`]);
    check.that(
      `${side}: the same parameters`,
      names.sort().join() === Object.keys(gradients).sort().join(),
    );
    for (const name of names) {
      const gradient = (await gradients[name]?.data()) ?? [];
      if (side === 'right') check.close(`gradient of ${name}`, gradient, stored[name]!.data, 1e-4);
      else
        check.close(
          `${side}: norm of the gradient of ${name}`,
          [l2Norm(gradient)],
          [info[`${side}_grad_l2`][name]!],
          1e-4,
        );
    }
    for (const gradient of Object.values(gradients)) gradient.dispose();
  }
}

/** Every inner value that the golden file names, layer by layer. */
export function layersSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`layers/${name}`, async (check) => {
    const folder = join(root, 'models', name);
    const golden = await readSafetensors(join(folder, 'layers.safetensors'));
    const batch = goldenBatch(await readSafetensors(join(folder, 'case.safetensors')), 'right');
    const model = await loadModel(folder);
    const seen = await innerValues(model, batch);
    const layers = model.config.numHiddenLayers;
    for (const [key, ours] of Object.entries(observedNames(layers))) {
      check.close(key, seen.get(ours) ?? [], golden[key]!.data, 2e-5);
    }
    for (const [key, ours] of Object.entries(ROPE_NAMES)) {
      const [B, heads, T, width] = golden[key]!.shape as [number, number, number, number];
      const actual = headsFirst(seen.get(ours)!, { B, T, heads, width });
      const expected = (golden[key]!.data as Float32Array).slice();
      check.close(
        key,
        zeroPaddedHeads(actual, batch, heads),
        zeroPaddedHeads(expected, batch, heads),
        2e-5,
      );
    }
    model.dispose();
  });
}

function observedNames(layers: number): Record<string, string> {
  const names: Record<string, string> = { 'hidden.embed': 'embed', 'hidden.final_norm': 'norm' };
  for (let layer = 0; layer < layers; layer++) names[`hidden.layer${layer}`] = `layers.${layer}`;
  for (const [key, ours] of Object.entries(LAYER_NAMES))
    names[`layer0.${key}`] = `model.layers.0.${ours}`;
  return names;
}

const LAYER_NAMES = {
  input_layernorm: 'input_layernorm',
  q_proj: 'self_attn.q_proj',
  v_proj: 'self_attn.v_proj',
  attn_out: 'self_attn',
  post_attention_layernorm: 'post_attention_layernorm',
  mlp_out: 'mlp',
};
const ROPE_NAMES = {
  'layer0.q_rope': 'model.layers.0.self_attn.q_norm.rope',
  'layer0.k_rope': 'model.layers.0.self_attn.k_norm.rope',
};

async function innerValues(model: Qwen3, batch: GoldenBatch): Promise<Map<string, Float32Array>> {
  const reads: [name: string, values: Promise<ArrayLike<number>>][] = [];
  const observe = (name: string, value: Tensor): void => {
    reads.push([name, value.data()]);
  };
  model.forward({ ...batch, observe }).dispose();
  const seen = new Map<string, Float32Array>();
  for (const [name, values] of reads)
    seen.set(name, zeroPadding(Float32Array.from(await values), batch));
  return seen;
}

/** `[B, T, heads, width]` to `[B, heads, T, width]`. */
function headsFirst(
  values: Float32Array,
  { B, T, heads, width }: { B: number; T: number; heads: number; width: number },
): Float32Array {
  const out = new Float32Array(values.length);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < heads; h++) {
        const from = ((b * T + t) * heads + h) * width;
        out.set(values.subarray(from, from + width), ((b * heads + h) * T + t) * width);
      }
    }
  }
  return out;
}

function zeroPaddedHeads(
  values: Float32Array,
  { B, T, mask }: GoldenBatch,
  heads: number,
): Float32Array {
  const width = values.length / (B * T * heads);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < T; t++) {
        const at = ((b * heads + h) * T + t) * width;
        if (!mask[b * T + t]) values.fill(0, at, at + width);
      }
    }
  }
  return values;
}

interface FamilyRow {
  config: Record<string, unknown>;
  total_params: number;
  tensor_count: number;
  tensors: { name: string; shape: number[]; count: number }[];
}

/** Names, shapes and counts of the published models. */
export function familySuite(root: string, kind: 'dense' | 'moe'): Promise<SuiteResult> {
  return runSuite(`family/${kind}`, async (check) => {
    const family = await readJsonFile<Record<string, FamilyRow>>(root, 'family.json');
    for (const [name, row] of Object.entries(family)) {
      const hasExperts = Boolean(row.config.num_experts ?? row.config.num_local_experts);
      if (hasExperts !== (kind === 'moe')) continue;
      const shapes = parameterShapes(parseConfig(row.config, name));
      const sizes = Object.values(shapes).map((shape) => shape.reduce((a, b) => a * b, 1));
      const folded = new Map<string, number>();
      for (const [key, shape] of Object.entries(shapes)) {
        const line = `${key.replace(/layers\.\d+/, 'layers.{layer}').replace(/experts\.\d+/, 'experts.{expert}')} ${shape}`;
        folded.set(line, (folded.get(line) ?? 0) + 1);
      }
      check.within(`${name}: tensors`, sizes.length, row.tensor_count, 0);
      check.within(
        `${name}: parameters`,
        sizes.reduce((a, b) => a + b, 0),
        row.total_params,
        0,
      );
      const isSame = row.tensors.every((t) => folded.get(`${t.name} ${t.shape}`) === t.count);
      check.that(`${name}: names and shapes`, isSame && folded.size === row.tensors.length);
    }
  });
}
