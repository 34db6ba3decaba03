/** One command of a device: a kernel over some tensors, all threads together. */
export interface Command {
  /** The device's name of the kernel, e.g. `gemm`. */
  kernel: string;
  /** Floating-point operations, a multiply-add counted as 2; 0 where the kernel's work is bytes. */
  flops: number;
  /** Bytes of the operands, each read or written once. */
  bytes: number;
}

/** Is told of every command as it is given, and returns what is called with its seconds once they are known. */
export type CommandListener = (command: Command) => (seconds: number) => void;
