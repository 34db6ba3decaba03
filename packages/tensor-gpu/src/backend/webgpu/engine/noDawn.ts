/** Stands for the package `webgpu` in a bundle for browsers. */
export function create(): never {
  throw new Error('this browser has no WebGPU');
}
