/** Bytes that are read piece by piece: of a file, or of the web. */
export interface ByteSource {
  /** Path or address, for errors. */
  readonly name: string;
  /** A file that can be mapped by its path. */
  readonly isLocal: boolean;
  /** Bytes in all. */
  readonly size: number;
  /** Fewer bytes than asked for are an error. */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}
