/**
 * A thread of the pool: spins in the compiled `worker_loop`, parks in `Atomics.wait` when nothing comes.
 *
 * @param {import('../poolWorkerData.ts').PoolWorkerData} data
 * @param {NodeJS.Require} require
 */
export function poolWorker(data, require) {
  const { library, memory, words } = data;
  const control = new Int32Array(memory.buffer, data.control, data.controlBytes / 4);
  const enter = library.kind === 'native' ? native(library) : wasm(library);
  data.started.postMessage('ready');
  data.started.close();
  for (;;) {
    const epoch = Atomics.load(control, words.epoch);
    if (enter()) break;
    Atomics.add(control, words.parked, 1);
    const waits = !Atomics.load(control, words.busy) && !Atomics.load(control, words.quit);
    if (waits) Atomics.wait(control, words.epoch, epoch);
    Atomics.sub(control, words.parked, 1);
  }
  Atomics.add(control, words.gone, 1);
  Atomics.notify(control, words.gone);

  /** @param {Extract<import('../wasmLibrary.ts').WorkerLibrary, { kind: 'native' }>} library */
  function native({ koffi, file, base }) {
    const loop = require(koffi)
      .load(file)
      .func(
        'uint32_t worker_loop(uint64_t heap, uint32_t control, uint32_t spins, uint32_t scratch)',
      );
    return () => loop(base, data.control, data.spins, data.scratch);
  }

  /** @param {Extract<import('../wasmLibrary.ts').WorkerLibrary, { kind: 'wasm' }>} library */
  function wasm({ module }) {
    /** @type {any} */
    const env = { memory };
    /** @type {any} */
    const { exports } = new WebAssembly.Instance(module, { env });
    exports.__stack_pointer.value = data.stack;
    return () => exports.worker_loop(0, data.control, data.spins, data.scratch);
  }
}
