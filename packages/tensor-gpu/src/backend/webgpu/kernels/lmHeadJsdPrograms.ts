import { defineProgram, type Program } from '../engine/program.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import { STATE_WIDTH } from './lmHeadPrograms.ts';
import { FUNCTIONS } from './wgslFunctions.ts';

/**
 * WGSL: `log p - log m` and `log q - log m` for `m = (1 - beta) p + beta q`, exactly 0 where p = q. A column at -inf in one
 * of them has mass in the other alone.
 */
const GAPS = `${FUNCTIONS}
fn gaps(logp: f32, logq: f32) -> vec2f {
  let d = logq - logp;
  if (d == 0) { return vec2f(0); }
  let less = d < 0;
  let l = log1p(select(1 - params.beta, params.beta, less) * expm1(-abs(d)));
  return select(vec2f(-d - l, -l), vec2f(-l, d - l), less);
}
fn massOf(p: f32, value: f32) -> f32 { if (p > 0) { return p * value; } return 0; }`;

/** Adds a tile's part of both divergences: a token per workgroup. */
export const gatherJsdTile: Program = defineProgram({
  name: 'lmHeadJsd tile',
  reads: { logits: 'f32', refLogits: 'f32', logsumexp: 'f32', refLogsumexp: 'f32' },
  writes: { jsd: 'f32', pull: 'f32' },
  params: {
    ...{ columns: 'u32', firstColumn: 'u32', firstRow: 'u32' },
    ...{ inverseTemperature: 'f32', beta: 'f32' },
  },
  lanes: LANES,
  reductions: REDUCE_LANES,
  declarations: GAPS,
  body: `
  let base = block * params.columns;
  let row = params.firstRow + block;
  var own = 0.0;
  var other = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let logp = logits[base + j] * params.inverseTemperature - logsumexp[row];
    let logq = refLogits[base + j] * params.inverseTemperature - refLogsumexp[row];
    let gap = gaps(logp, logq);
    own += massOf(exp(logp), gap.x);
    other += massOf(exp(logq), gap.y);
  }
  let allOwn = sumLanes(own, lane);
  let allOther = sumLanes(other, lane);
  if (lane == 0u) {
    let isFirst = params.firstColumn == 0u;
    pull[row] = select(pull[row], 0, isFirst) + allOwn;
    jsd[row] = select(jsd[row], 0, isFirst) + (1 - params.beta) * allOwn + params.beta * allOther;
  }`,
});

/** Turns a tile of logits into the gradient of the loss by them. */
export const jsdTileGradient: Program = defineProgram({
  name: 'lmHeadJsd gradient',
  reads: { targets: 'i32', perToken: 'f32', refLogits: 'f32' },
  writes: { logits: 'f32' },
  params: {
    ...{ size: 'u32', columns: 'u32', firstColumn: 'u32', firstRow: 'u32' },
    ...{ inverseTemperature: 'f32', beta: 'f32' },
  },
  declarations: GAPS,
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let row = params.firstRow + i / params.columns;
    let s = row * ${STATE_WIDTH}u;
    let scale = params.inverseTemperature;
    let logp = logits[i] * scale - perToken[s];
    let logq = refLogits[i] * scale - perToken[s + 5u];
    let p = exp(logp);
    let isTarget = targets[row] == i32(params.firstColumn + i % params.columns);
    var slope = perToken[s + 1u] * (select(0.0, 1.0, isTarget) - p);
    slope -= massOf(p, perToken[s + 2u] * (logp + perToken[s + 3u]));
    let djsd = perToken[s + 4u] * (1 - params.beta);
    if (djsd != 0) { slope += djsd * massOf(p, gaps(logp, logq).x - perToken[s + 6u]); }
    logits[i] = slope * scale;
  }`,
});

export const lmHeadJsdPrograms: readonly Program[] = [gatherJsdTile, jsdTileGradient];
