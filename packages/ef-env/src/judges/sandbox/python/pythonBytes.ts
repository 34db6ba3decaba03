const TEXT_BYTES = 4096;

/** The memory of an interpreter, as the calls that come from it see it. Addresses are 32-bit and may come signed. */
export interface PythonBytes {
  attach(memory: WebAssembly.Memory): void;
  at(address: number, length: number): Uint8Array;
  /** 32-bit words; the address is a multiple of 4. */
  words(address: number, length: number): Uint32Array;
  /** Text that ends in 0; paths are all that is read so. */
  text(address: number): string;
  u32(address: number): number;
  setI16(address: number, value: number): void;
  setI32(address: number, value: number): void;
  setI64(address: number, value: bigint): void;
}

export function pythonBytes(): PythonBytes {
  let memory: WebAssembly.Memory | undefined;
  const buffer = (): ArrayBufferLike => {
    if (!memory) throw new Error('pythonBytes: attach a memory first.');
    return memory.buffer; // another one after each growth
  };
  const view = (): DataView => new DataView(buffer());
  const at = (address: number, length: number): Uint8Array =>
    new Uint8Array(buffer(), address >>> 0, length >>> 0);
  return {
    attach: (to) => {
      memory = to;
    },
    at,
    words: (address, length) => new Uint32Array(buffer(), address >>> 0, length),
    text: (address) => {
      const rest = at(address, Math.min(TEXT_BYTES, buffer().byteLength - (address >>> 0)));
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        rest.subarray(0, rest.indexOf(0)),
      );
    },
    u32: (address) => view().getUint32(address >>> 0, true),
    setI16: (address, value) => view().setInt16(address >>> 0, value, true),
    setI32: (address, value) => view().setInt32(address >>> 0, value, true),
    setI64: (address, value) => view().setBigInt64(address >>> 0, value, true),
  };
}
