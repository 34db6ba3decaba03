/**
 * The words of a command, for each kernel of `kernels/*.c`, in their order: the one declaration that both sides read.
 * TypeScript's types follow from it; `pnpm kernels` writes `kernels/descriptors.h` for C and `kernelTable.ts` from it.
 *
 * `offset`: bytes from the start of the heap. `address`: absolute, two words, of what may lie outside the heap.
 * `u32`, `f32`: a number. `u32[5]`: so many. `u32[]`: as many as there are, last.
 */
export const descriptors = {
  adamwNorm: {
    parameters: 'offset', // u32[][5]: offsets of w, g, m, v and the number of elements
    parts: 'offset', // u32[chunks][3]: parameter, first element, number of elements
    sums: 'offset', // f64[chunks], the result
  },
  adamwUpdate: {
    parameters: 'offset', // as adamwNorm
    parts: 'offset',
    scalars: 'offset', // f32[8], in the order that adamw.c reads them
  },
  attention: {
    q: 'offset',
    k: 'offset',
    v: 'offset',
    segmentIds: 'offset',
    y: 'offset',
    logsumexp: 'offset', // [batch, heads, time]
    batch: 'u32',
    time: 'u32',
    heads: 'u32',
    kvHeads: 'u32',
    width: 'u32',
    scale: 'f32',
    causal: 'u32',
    tree: 'u32', // segmentIds say where the subtree of each token ends
    window: 'u32', // keys that a query sees, with its own; 0: all
    queriesPerChunk: 'u32', // a multiple of QB
  },
  attentionGradient: {
    q: 'offset',
    k: 'offset',
    v: 'offset',
    segmentIds: 'offset',
    y: 'offset',
    logsumexp: 'offset',
    dy: 'offset',
    dq: 'offset', // 0: not wanted, as dk and dv
    dk: 'offset',
    dv: 'offset',
    batch: 'u32',
    time: 'u32',
    heads: 'u32',
    kvHeads: 'u32',
    width: 'u32',
    scale: 'f32',
    causal: 'u32',
    tree: 'u32',
    window: 'u32',
  },
  binary: {
    op: 'u32',
    a: 'offset',
    b: 'offset',
    y: 'offset',
    rows: 'u32',
    width: 'u32',
    kindA: 'u32',
    kindB: 'u32',
    rowsPerChunk: 'u32',
    columnsPerChunk: 'u32',
  },
  copyBlock: {
    x: 'offset',
    y: 'offset',
    rows: 'u32',
    width: 'u32',
    ldx: 'u32',
    ldy: 'u32',
    rowsPerChunk: 'u32',
  },
  decodeAttention: {
    live: 'offset', // number of live rows, as in all decode kernels
    qkv: 'offset',
    out: 'offset',
    bias: 'offset', // [(heads + 2 kvHeads) headDim], as qkv; 0: none
    qNorm: 'offset', // 0: none, as kNorm
    kNorm: 'offset',
    cos: 'offset',
    sin: 'offset',
    positions: 'offset',
    slots: 'offset',
    tables: 'offset', // u32[slot]: offset of its u32[]: offsets of its pages
    layerOffset: 'u32', // of the layer in a page, bytes
    heads: 'u32',
    kvHeads: 'u32',
    headDim: 'u32',
    eps: 'f32',
    scale: 'f32',
    window: 'u32', // as of attention
    chunks: 'u32',
    phases: 'u32', // WRITE or ATTEND or both
    format: 'u32', // of the cache: CACHE_FORMATS
  },
  decodeEmbed: {
    live: 'offset',
    tokens: 'offset',
    table: 'address',
    type: 'u32', // of the table: kernels/stored.h
    hidden: 'offset',
    width: 'u32',
    chunks: 'u32',
  },
  decodeLinear: {
    live: 'offset',
    x: 'offset',
    y: 'offset',
    t: 'offset', // x A^T of the adapters; 0: none
    ldx: 'u32', // floats from row to row, as ldy and ldt
    ldy: 'u32',
    ldt: 'u32',
    firstRow: 'u32',
    rows: 'u32', // at most
    chunks: 'u32',
    flags: 'u32', // ADD, GATE, ALONE
    count: 'u32', // of parts
    parts: 'u32[]', // Part of decodeLinear.c, one after the other
  },
  decodeNorm: {
    live: 'offset',
    x: 'offset',
    weight: 'offset',
    y: 'offset',
    width: 'u32',
    eps: 'f32',
    chunks: 'u32',
  },
  embedding: {
    table: 'address',
    type: 'u32', // of the table: kernels/stored.h
    ids: 'offset',
    y: 'offset',
    count: 'u32',
    width: 'u32',
    idsPerChunk: 'u32',
  },
  embeddingGradient: {
    dy: 'offset',
    ids: 'offset',
    dtable: 'offset',
    count: 'u32',
    width: 'u32',
    rows: 'u32',
    paddingId: 'u32', // 0xffffffff: none
    rowsPerChunk: 'u32',
  },
  fill: {
    y: 'offset',
    size: 'u32',
    value: 'f32',
  },
  gatherRows: {
    x: 'offset',
    indices: 'offset', // the caller has checked their range
    y: 'offset',
    rows: 'u32',
    width: 'u32',
    rowsPerChunk: 'u32',
  },
  gemm: {
    a: 'offset',
    b: 'address',
    type: 'u32', // of b: kernels/stored.h
    c: 'offset',
    m: 'u32',
    n: 'u32',
    k: 'u32',
    lda: 'u32',
    ldb: 'u32',
    ldc: 'u32',
    flags: 'u32',
    rowsPerChunk: 'u32',
    columnsPerChunk: 'u32',
    itemsPerChunk: 'u32', // when a chunk is a whole item
    batch: 'u32',
    strideA: 'u32', // floats from item to item
    strideB: 'u32',
    strideC: 'u32',
    table: 'u32[]', // offsets of a and b in floats for each item, with TABLE
  },
  headNormRope: {
    x: 'offset',
    weight: 'offset',
    cos: 'offset',
    sin: 'offset',
    positions: 'offset',
    y: 'offset',
    rows: 'u32',
    heads: 'u32',
    half: 'u32',
    eps: 'f32',
    rowsPerChunk: 'u32',
  },
  headNormRopeGradient: {
    x: 'offset',
    weight: 'offset',
    cos: 'offset',
    sin: 'offset',
    positions: 'offset',
    dy: 'offset',
    dx: 'offset', // 0: not wanted
    partials: 'offset', // 0: not wanted
    rows: 'u32',
    heads: 'u32',
    half: 'u32',
    eps: 'f32',
    rowsPerChunk: 'u32',
  },
  lmHeadFinish: {
    state: 'offset',
    logprobs: 'offset',
    entropy: 'offset',
    kl: 'offset', // 0: none
    logsumexp: 'offset',
    refLogsumexp: 'offset', // 0: none
    rows: 'u32',
    flags: 'u32',
  },
  lmHeadGradient: {
    logits: 'offset', // [rows][columns]
    dlogits: 'offset', // [rows][columns], may be logits
    refLogits: 'offset', // 0: none
    targets: 'offset',
    logsumexp: 'offset',
    refLogsumexp: 'offset',
    entropy: 'offset',
    kl: 'offset',
    dlogprobs: 'offset',
    dentropy: 'offset', // 0: none
    dkl: 'offset', // 0: none
    rows: 'u32',
    columns: 'u32',
    firstColumn: 'u32',
    inverseTemperature: 'f32',
    flags: 'u32',
    rowsPerChunk: 'u32',
  },
  lmHeadJsdGradient: {
    logits: 'offset', // [rows][columns], become dlogits
    refLogits: 'offset',
    targets: 'offset',
    logsumexp: 'offset',
    refLogsumexp: 'offset',
    entropy: 'offset',
    pull: 'offset',
    dlogprobs: 'offset',
    dentropy: 'offset',
    djsd: 'offset',
    rows: 'u32',
    columns: 'u32',
    firstColumn: 'u32',
    inverseTemperature: 'f32',
    beta: 'f32',
    flags: 'u32',
    rowsPerChunk: 'u32',
  },
  lmHeadJsdUpdate: {
    logits: 'offset', // [rows][columns]
    refLogits: 'offset',
    logsumexp: 'offset',
    refLogsumexp: 'offset',
    jsd: 'offset', // [rows], summed over the tiles
    pull: 'offset', // [rows], KL(p || m), summed over the tiles
    rows: 'u32',
    columns: 'u32',
    inverseTemperature: 'f32',
    beta: 'f32',
    flags: 'u32',
    rowsPerChunk: 'u32',
  },
  lmHeadUpdate: {
    logits: 'offset', // [rows][columns]
    refLogits: 'offset', // 0: none
    targets: 'offset',
    state: 'offset',
    rows: 'u32',
    columns: 'u32',
    firstColumn: 'u32',
    inverseTemperature: 'f32',
    flags: 'u32',
    rowsPerChunk: 'u32',
  },
  permute: {
    x: 'offset',
    y: 'offset',
    sizes: 'u32[5]', // of the axes of y
    strides: 'u32[5]', // of x along them
    rowsPerChunk: 'u32', // rows over the first three axes
  },
  rmsNorm: {
    x: 'offset',
    weight: 'offset',
    y: 'offset',
    rows: 'u32',
    width: 'u32',
    eps: 'f32',
    rowsPerChunk: 'u32',
  },
  rmsNormGradient: {
    x: 'offset',
    weight: 'offset',
    dy: 'offset',
    dx: 'offset', // 0: not wanted
    partials: 'offset', // 0: not wanted
    rows: 'u32',
    width: 'u32',
    eps: 'f32',
    rowsPerChunk: 'u32',
  },
  rope: {
    x: 'offset',
    cos: 'offset',
    sin: 'offset',
    positions: 'offset',
    y: 'offset',
    rows: 'u32',
    heads: 'u32',
    half: 'u32',
    sign: 'f32', // 1: forward, -1: back
    rowsPerChunk: 'u32',
  },
  sampleTokens: {
    live: 'offset',
    logits: 'offset',
    vocabulary: 'u32',
    firstRow: 'u32',
    rows: 'u32', // at most
    slots: 'offset',
    settings: 'offset', // DrawSettings[slot]
    drawn: 'offset', // { i32 id, f32 log-prob of the model, f32 log-prob of the drawn distribution }[row]
    chunks: 'u32',
  },
  sumColumns: {
    x: 'offset',
    y: 'offset',
    outer: 'u32',
    reduce: 'u32',
    inner: 'u32',
    columnsPerChunk: 'u32',
    scale: 'f32',
  },
  sumPartials: {
    partials: 'offset',
    out: 'offset',
    count: 'u32',
    width: 'u32',
    columnsPerChunk: 'u32', // a multiple of every vector width
  },
  sumRows: {
    x: 'offset',
    y: 'offset',
    outer: 'u32',
    reduce: 'u32',
    rowsPerChunk: 'u32',
    scale: 'f32',
  },
  swiglu: {
    gate: 'offset',
    up: 'offset',
    y: 'offset',
    size: 'u32',
    elementsPerChunk: 'u32', // a multiple of every vector width
  },
  swigluGradient: {
    gate: 'offset',
    up: 'offset',
    dy: 'offset',
    dgate: 'offset', // 0: not wanted
    dup: 'offset', // 0: not wanted
    size: 'u32',
    elementsPerChunk: 'u32',
  },
  unary: {
    op: 'u32',
    x: 'offset',
    y: 'offset',
    size: 'u32',
    elementsPerChunk: 'u32',
  },
} as const;

/** A kernel of `kernels/*.c`. */
export type KernelName = keyof typeof descriptors;

/** What a word holds. */
export type WordKind = 'offset' | 'address' | 'u32' | 'f32' | 'u32[5]' | 'u32[]';

/** Words that a kind takes, where it is not one; a list, which comes last, has its own length. */
export const KIND_WORDS: Readonly<Partial<Record<WordKind, number>>> = { address: 2, 'u32[5]': 5 };

type Descriptors = typeof descriptors;
type Value<Kind> = Kind extends 'u32[5]' | 'u32[]' ? ArrayLike<number> : number;

/** The words of one command by name. */
export type KernelWords<Name extends KernelName> = {
  -readonly [Word in keyof Descriptors[Name]]: Value<Descriptors[Name][Word]>;
};
