/** Bytes of a device's buffers. */
export interface BufferBytes {
  /** Of all that were made. */
  made: number;
  /** Of those that are not destroyed. */
  live: number;
  /** Most that were live at once. */
  peak: number;
}

/** Counts the buffers of a device from now on, whoever asks for them. */
export function countBuffers(device: GPUDevice): BufferBytes {
  const bytes: BufferBytes = { made: 0, live: 0, peak: 0 };
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const { size } = descriptor;
    bytes.made += size;
    bytes.live += size;
    bytes.peak = Math.max(bytes.peak, bytes.live);
    const destroy = buffer.destroy.bind(buffer);
    let isLive = true;
    buffer.destroy = () => {
      if (isLive) bytes.live -= size;
      isLive = false;
      return destroy();
    };
    return buffer;
  };
  return bytes;
}
