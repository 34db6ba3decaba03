/** Values of a tensor at the precision of a run. */
export type Numbers = Float64Array | Float32Array;
/** What a run computes with: every sum and product is rounded to this when it is stored. */
export type Precision = 'float64' | 'float32';

export interface Node {
  value: Numbers;
  grad: Numbers;
}

/** Rotary tables, `[positions, headDim / 2]`. */
export interface Rotary {
  cos: ArrayLike<number>;
  sin: ArrayLike<number>;
}

/** How wide attention is. */
export interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/**
 * The operations of Qwen3 with their gradients in plain loops, in f64 (the truth) or in f32 (what rounding alone does
 * to it). Shares no code with the engine. One sequence, matrices row-major.
 */
export class PlainTape {
  private readonly gradients: (() => void)[] = [];
  private readonly precision: Precision;

  constructor(precision: Precision) {
    this.precision = precision;
  }

  zeros(size: number): Numbers {
    return this.precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
  }

  node(value: Numbers): Node {
    return { value, grad: this.zeros(value.length) };
  }

  /** Runs all gradients, last operation first. The caller has filled the `grad` of the result. */
  backward(): void {
    for (const gradient of this.gradients.reverse()) gradient();
  }

  /** `y = x W^T`, x `[rows, width]`, W `[count, width]`. */
  linear(x: Node, weight: Node, width: number): Node {
    const [rows, count] = [x.value.length / width, weight.value.length / width];
    const y = this.node(this.zeros(rows * count));
    addProduct(y.value, x.value, this.transpose(weight.value, width), width);
    this.gradients.push(() => {
      addProduct(x.grad, y.grad, weight.value, count);
      addProduct(weight.grad, this.transpose(y.grad, count), x.value, rows);
    });
    return y;
  }

  /** `y = x / sqrt(mean(x^2) + eps) * w` over rows of w's length. */
  rmsNorm(x: Node, weight: Node, eps: number): Node {
    const width = weight.value.length;
    const y = this.node(this.zeros(x.value.length));
    const inverse = this.zeros(x.value.length / width);
    for (let row = 0; row < inverse.length; row++) {
      let squares = 0;
      for (let i = 0; i < width; i++) squares += x.value[row * width + i]! ** 2;
      inverse[row] = 1 / Math.sqrt(squares / width + eps);
      for (let i = 0; i < width; i++)
        y.value[row * width + i] = x.value[row * width + i]! * inverse[row]! * weight.value[i]!;
    }
    this.gradients.push(() => {
      for (const [row, r] of inverse.entries()) {
        let along = 0;
        for (let at = row * width, i = 0; i < width; at++, i++) {
          along += y.grad[at]! * weight.value[i]! * x.value[at]!;
          weight.grad[i]! += y.grad[at]! * x.value[at]! * r;
        }
        for (let at = row * width, i = 0; i < width; at++, i++)
          x.grad[at]! +=
            r * (y.grad[at]! * weight.value[i]! - (x.value[at]! * r * r * along) / width);
      }
    });
    return y;
  }

  /** Turns the pair (i, i + D/2) of every head by its position's angle. x `[T, heads, headDim]`. */
  rope(x: Node, heads: number, headDim: number, { cos, sin }: Rotary): Node {
    const half = headDim / 2;
    const y = this.node(this.zeros(x.value.length));
    const pairs = (visit: (low: number, high: number, c: number, s: number) => void): void => {
      for (let row = 0; row < x.value.length / headDim; row++) {
        const angle = Math.floor(row / heads) * half;
        for (let i = 0; i < half; i++)
          visit(row * headDim + i, row * headDim + i + half, cos[angle + i]!, sin[angle + i]!);
      }
    };
    pairs((low, high, c, s) => {
      y.value[low] = x.value[low]! * c - x.value[high]! * s;
      y.value[high] = x.value[high]! * c + x.value[low]! * s;
    });
    this.gradients.push(() =>
      pairs((low, high, c, s) => {
        x.grad[low]! += y.grad[low]! * c + y.grad[high]! * s;
        x.grad[high]! += y.grad[high]! * c - y.grad[low]! * s;
      }),
    );
    return y;
  }

  /** Causal attention; q `[T, heads, headDim]`, k and v `[T, kvHeads, headDim]`. */
  attention(q: Node, k: Node, v: Node, { heads, kvHeads, headDim }: Heads): Node {
    const T = q.value.length / (heads * headDim);
    const y = this.node(this.zeros(q.value.length));
    const scale = 1 / Math.sqrt(headDim);
    /** Shows, for every token and head, where its q, its k/v rows and its probabilities are. */
    const rows = (visit: (at: number, kv: (j: number) => number, p: Numbers) => void): void => {
      for (let h = 0; h < heads; h++) {
        const group = Math.floor((h * kvHeads) / heads);
        const kv = (j: number): number => (j * kvHeads + group) * headDim;
        for (let t = 0; t < T; t++) {
          const at = (t * heads + h) * headDim;
          const scores = this.zeros(t + 1);
          for (let j = 0; j <= t; j++)
            scores[j] = scale * dot(q.value, at, k.value, kv(j), headDim);
          visit(at, kv, this.logSoftmax(scores).map(Math.exp));
        }
      }
    };
    rows((at, kv, p) => {
      for (const [j, weight] of p.entries())
        for (let i = 0; i < headDim; i++) y.value[at + i]! += weight * v.value[kv(j) + i]!;
    });
    this.gradients.push(() =>
      rows((at, kv, p) => {
        const dp = this.zeros(p.length);
        for (let j = 0; j < p.length; j++) dp[j] = dot(y.grad, at, v.value, kv(j), headDim);
        const mean = dot(p, 0, dp, 0, p.length);
        for (const [j, weight] of p.entries()) {
          const ds = weight * (dp[j]! - mean) * scale;
          for (let i = 0; i < headDim; i++) {
            q.grad[at + i]! += ds * k.value[kv(j) + i]!;
            k.grad[kv(j) + i]! += ds * q.value[at + i]!;
            v.grad[kv(j) + i]! += weight * y.grad[at + i]!;
          }
        }
      }),
    );
    return y;
  }

  /** `y = gate * sigmoid(gate) * up`. */
  swiglu(gate: Node, up: Node): Node {
    const y = this.node(this.zeros(gate.value.length));
    const sigmoid = gate.value.map((x: number) => 1 / (1 + Math.exp(-x)));
    for (const [i, s] of sigmoid.entries()) y.value[i] = gate.value[i]! * s * up.value[i]!;
    this.gradients.push(() => {
      for (const [i, s] of sigmoid.entries()) {
        gate.grad[i]! += y.grad[i]! * up.value[i]! * s * (1 + gate.value[i]! * (1 - s));
        up.grad[i]! += y.grad[i]! * gate.value[i]! * s;
      }
    });
    return y;
  }

  add(a: Node, b: Node): Node {
    const y = this.node(a.value.map((x: number, i: number) => x + b.value[i]!));
    this.gradients.push(() => {
      for (const [i, g] of y.grad.entries()) {
        a.grad[i]! += g;
        b.grad[i]! += g;
      }
    });
    return y;
  }

  /** The rows `ids` of a table. */
  embedding(table: Node, ids: ArrayLike<number>, width: number): Node {
    const y = this.node(this.zeros(ids.length * width));
    for (let t = 0; t < ids.length; t++)
      for (let i = 0; i < width; i++) y.value[t * width + i] = table.value[ids[t]! * width + i]!;
    this.gradients.push(() => {
      for (let t = 0; t < ids.length; t++)
        for (let i = 0; i < width; i++) table.grad[ids[t]! * width + i]! += y.grad[t * width + i]!;
    });
    return y;
  }

  /** `log p[i] = x[i] - log(sum exp(x))` */
  logSoftmax(scores: Numbers): Numbers {
    let [largest, total] = [Number.NEGATIVE_INFINITY, 0];
    for (const x of scores) largest = Math.max(largest, x);
    for (const x of scores) total += Math.exp(x - largest);
    return scores.map((x: number) => x - largest - Math.log(total));
  }

  private transpose(x: Numbers, width: number): Numbers {
    const rows = x.length / width;
    const y = this.zeros(x.length);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < width; i++) y[i * rows + row] = x[row * width + i]!;
    return y;
  }
}

/** `out[m, n] += a[m, k] b[k, n]`: every addition is rounded where it is stored. */
function addProduct(out: Numbers, a: Numbers, b: Numbers, k: number): void {
  const n = b.length / k;
  for (let row = 0; row < a.length / k; row++) {
    for (let j = 0; j < k; j++) {
      const x = a[row * k + j]!;
      for (let i = 0; i < n; i++) out[row * n + i]! += x * b[j * n + i]!;
    }
  }
}

function dot(a: Numbers, atA: number, b: Numbers, atB: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += a[atA + i]! * b[atB + i]!;
  return sum;
}
