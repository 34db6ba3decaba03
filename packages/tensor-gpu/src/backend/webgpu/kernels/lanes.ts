/** Invocations of the programs that work on one row or block together. */
export const LANES = 64;

/** WGSL: `sumLanes(value, lane)` adds up what the lanes of a workgroup hold, `maxLanes` takes the largest; all get it. */
export const REDUCE_LANES: string =
  reduction('sumLanes', 'a + b') + reduction('maxLanes', 'max(a, b)');

/**
 * WGSL: the same for rows side by side, of `lanesPerRow` lanes each (a power of two): `sumRow(value, lane)` is the sum of the
 * lane's own row.
 */
export const sumRows = (lanesPerRow: number): string => `
const PER_ROW = ${lanesPerRow}u;
var<workgroup> rowParts: array<f32, LANES>;
fn sumRow(value: f32, lane: u32) -> f32 {
  rowParts[lane] = value;
  workgroupBarrier();
  for (var half = PER_ROW / 2u; half > 0u; half /= 2u) {
    if (lane % PER_ROW < half) { rowParts[lane] += rowParts[lane + half]; }
    workgroupBarrier();
  }
  let result = rowParts[lane / PER_ROW * PER_ROW];
  workgroupBarrier();
  return result;
}`;

function reduction(name: string, combined: string): string {
  return `
var<workgroup> ${name}Parts: array<f32, LANES>;
fn ${name}(value: f32, lane: u32) -> f32 {
  ${name}Parts[lane] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      let a = ${name}Parts[lane];
      let b = ${name}Parts[lane + half];
      ${name}Parts[lane] = ${combined};
    }
    workgroupBarrier();
  }
  let result = ${name}Parts[0];
  workgroupBarrier();
  return result;
}`;
}
