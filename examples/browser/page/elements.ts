/** The element of this page with an id. @throws {Error} if index.html has none. */
export function byId<Tag extends keyof HTMLElementTagNameMap = 'div'>(
  id: string,
): HTMLElementTagNameMap[Tag] {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}.`);
  return found as HTMLElementTagNameMap[Tag]; // index.html has it so
}

/** A new element. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
