/** Thrown between two updates to go back to an earlier checkpoint. */
export class RollBack extends Error {
  /** Name of the checkpoint's file. */
  readonly checkpoint: string;

  constructor(checkpoint: string) {
    super(`back to ${checkpoint}`);
    this.name = 'RollBack';
    this.checkpoint = checkpoint;
  }
}
