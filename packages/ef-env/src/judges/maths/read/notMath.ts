/** Thrown where the text is no formula; never leaves `judges/maths`. */
export class NotMath extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'NotMath';
  }
}
