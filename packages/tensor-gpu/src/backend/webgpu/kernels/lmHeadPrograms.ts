import { defineProgram, type Program, programFamily } from '../engine/program.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import { FUNCTIONS } from './wgslFunctions.ts';

/** Whether a base is compared with. */
export type HeadKind = 'own' | 'kl';

/** Numbers that a token keeps from tile to tile of the vocabulary. */
export const STATE_WIDTH = 8;

/** Joins a tile of logits to what is known of each token: a token per workgroup. */
export const gatherTile: (kind: HeadKind) => Program = programFamily((kind: HeadKind) => {
  const isKl = kind === 'kl';
  return defineProgram({
    name: `lmHead tile ${kind}`,
    reads: { logits: 'f32', ...(isKl && { refLogits: 'f32' }), targets: 'i32' },
    writes: { state: 'f32' },
    params: {
      columns: 'u32',
      firstColumn: 'u32',
      firstRow: 'u32',
      inverseTemperature: 'f32',
      forward: 'u32',
    },
    lanes: LANES,
    reductions: REDUCE_LANES,
    body: `
  let base = block * params.columns;
  let row = params.firstRow + block;
  let s = row * ${STATE_WIDTH}u;
  let isFirst = params.firstColumn == 0u;
  let scale = params.inverseTemperature;
  var most = logits[base];
  for (var j = lane; j < params.columns; j += LANES) { most = max(most, logits[base + j]); }
  let top = maxLanes(most, lane) * scale;
  let oldTop = select(state[s], top, isFirst);
  let newTop = max(top, oldTop);
  ${
    isKl
      ? `
  var refMost = refLogits[base];
  for (var j = lane; j < params.columns; j += LANES) { refMost = max(refMost, refLogits[base + j]); }
  let refTop = maxLanes(refMost, lane) * scale;
  let oldRefTop = select(state[s + 4u], refTop, isFirst);
  let newRefTop = max(refTop, oldRefTop);`
      : ''
  }
  var sum = 0.0;
  var weighted = 0.0;
  var refSum = 0.0;
  var ratio = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let z = logits[base + j] * scale - newTop;
    let e = exp(z);
    sum += e;
    weighted += e * z;
    ${
      isKl
        ? `
    let w = refLogits[base + j] * scale - newRefTop;
    let f = exp(w);
    refSum += f;
    let gap = (logits[base + j] - refLogits[base + j]) * scale;
    ratio += select(e * gap, -f * gap, params.forward != 0u);`
        : ''
    }
  }
  let allSum = sumLanes(sum, lane);
  let allWeighted = sumLanes(weighted, lane);
  ${isKl ? 'let allRefSum = sumLanes(refSum, lane); let allRatio = sumLanes(ratio, lane);' : ''}
  if (lane == 0u) {
    // exp(z) of earlier tiles was taken at the old top
    let shift = oldTop - newTop;
    let shrink = exp(shift);
    let oldSum = select(state[s + 1u], 0, isFirst);
    let oldWeighted = select(state[s + 2u], 0, isFirst);
    state[s] = newTop;
    state[s + 1u] = oldSum * shrink + allSum;
    state[s + 2u] = (oldWeighted + oldSum * shift) * shrink + allWeighted;
    ${
      isKl
        ? `
    let refShrink = exp(oldRefTop - newRefTop);
    let oldRefSum = select(state[s + 5u], 0, isFirst);
    let oldRatio = select(state[s + 6u], 0, isFirst);
    state[s + 4u] = newRefTop;
    state[s + 5u] = oldRefSum * refShrink + allRefSum;
    state[s + 6u] = oldRatio * select(shrink, refShrink, params.forward != 0u) + allRatio;`
        : ''
    }
    let target_ = targets[row];
    if (isFirst) { state[s + 3u] = bitcast<f32>(0x7fc00000u + params.firstColumn); } // a target that no tile has
    if (target_ >= i32(params.firstColumn) && target_ < i32(params.firstColumn + params.columns)) {
      state[s + 3u] = logits[base + u32(target_) - params.firstColumn] * scale;
    }
  }`,
  });
});

/** From the state to log-prob, entropy, divergence. */
export const finishTokens: (kind: HeadKind) => Program = programFamily((kind: HeadKind) => {
  const isKl = kind === 'kl';
  return defineProgram({
    name: `lmHead finish ${kind}`,
    reads: { state: 'f32' },
    writes: {
      ...{ logprobs: 'f32', entropy: 'f32', logsumexp: 'f32' },
      ...(isKl && { kl: 'f32', refLogsumexp: 'f32' }),
    },
    params: { tokens: 'u32', withEntropy: 'u32', forward: 'u32' },
    lanes: 64,
    declarations: FUNCTIONS,
    body: `
  let row = block * LANES + lane;
  if (row < params.tokens) {
    let s = row * ${STATE_WIDTH}u;
    let logSum = logarithm(state[s + 1u]);
    let all = state[s] + logSum;
    logprobs[row] = (state[s + 3u] - state[s]) - logSum;
    entropy[row] = select(0, logSum - state[s + 2u] / state[s + 1u], params.withEntropy != 0u);
    logsumexp[row] = all;
    ${
      isKl
        ? `
    let refAll = state[s + 4u] + logarithm(state[s + 5u]);
    refLogsumexp[row] = refAll;
    kl[row] = select(state[s + 6u] / state[s + 1u] - (all - refAll), state[s + 6u] / state[s + 5u] - (refAll - all), params.forward != 0u);`
        : ''
    }
  }`,
  });
});

/** Turns a tile of logits into the gradient of the loss by them. */
export const tileGradient: (kind: HeadKind) => Program = programFamily((kind: HeadKind) => {
  const isKl = kind === 'kl';
  return defineProgram({
    name: `lmHead gradient ${kind}`,
    reads: {
      targets: 'i32',
      perToken: 'f32',
      ...(isKl && { refLogits: 'f32' }),
    },
    writes: { logits: 'f32' },
    params: {
      ...{ size: 'u32', columns: 'u32', firstColumn: 'u32', firstRow: 'u32' },
      ...{ inverseTemperature: 'f32', forward: 'u32' },
    },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let row = params.firstRow + i / params.columns;
    let s = row * ${STATE_WIDTH}u;
    let scale = params.inverseTemperature;
    let logp = logits[i] * scale - perToken[s];
    let p = exp(logp);
    let isTarget = targets[row] == i32(params.firstColumn + i % params.columns);
    var slope = perToken[s + 1u] * (select(0.0, 1.0, isTarget) - p);
    let dentropy = perToken[s + 2u];
    if (dentropy != 0 && p > 0) { slope -= dentropy * p * (logp + perToken[s + 3u]); }
    ${
      isKl
        ? `
    let dkl = perToken[s + 4u];
    let logq = refLogits[i] * scale - perToken[s + 5u];
    if (dkl != 0) {
      if (params.forward != 0u) { slope += dkl * (p - exp(logq)); }
      else if (p > 0) { slope += dkl * p * (logp - logq - perToken[s + 6u]); }
    }`
        : ''
    }
    logits[i] = slope * scale;
  }`,
  });
});

/** Puts what `tileGradient` reads of a token side by side: devices bind few buffers at once. */
export const gatherTokens: (kind: HeadKind) => Program = programFamily((kind: HeadKind) =>
  defineProgram({
    name: `lmHead tokens ${kind}`,
    reads: {
      ...{ logsumexp: 'f32', dlogprobs: 'f32', entropy: 'f32', dentropy: 'f32' },
      ...(kind === 'kl' && { dkl: 'f32', refLogsumexp: 'f32', kl: 'f32' }),
    },
    writes: { perToken: 'f32' },
    params: { tokens: 'u32', withEntropy: 'u32' },
    lanes: 64,
    body: `
  let row = block * LANES + lane;
  if (row < params.tokens) {
    let s = row * ${STATE_WIDTH}u;
    perToken[s] = logsumexp[row];
    perToken[s + 1u] = dlogprobs[row];
    perToken[s + 2u] = select(0, dentropy[row], params.withEntropy != 0u);
    perToken[s + 3u] = entropy[row];
    ${kind === 'kl' ? 'perToken[s + 4u] = dkl[row]; perToken[s + 5u] = refLogsumexp[row]; perToken[s + 6u] = kl[row];' : ''}
  }`,
  }),
);

export const lmHeadPrograms: readonly Program[] = (['own', 'kl'] as const).flatMap((kind) => [
  gatherTile(kind),
  finishTokens(kind),
  tileGradient(kind),
  gatherTokens(kind),
]);
