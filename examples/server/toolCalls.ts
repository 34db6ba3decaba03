const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

export interface FoundCall {
  name: string;
  /** JSON text. */
  arguments: string;
}

/** Tells the calls of tools from what is said beside them, while a text arrives. */
export class ToolCallReader {
  private held = '';

  /** Text to be shown, and calls that are complete. A call that is none stays text. */
  push(text: string): { content: string; calls: FoundCall[] } {
    this.held += text;
    const calls: FoundCall[] = [];
    let content = '';
    for (;;) {
      const start = this.held.indexOf(OPEN);
      if (start < 0) {
        const kept = heldBack(this.held);
        content += this.held.slice(0, this.held.length - kept);
        this.held = this.held.slice(this.held.length - kept);
        return { content, calls };
      }
      content += this.held.slice(0, start);
      this.held = this.held.slice(start);
      const end = this.held.indexOf(CLOSE);
      if (end < 0) return { content, calls };
      const call = readCall(this.held.slice(OPEN.length, end));
      if (call === undefined) content += this.held.slice(0, end + CLOSE.length);
      else calls.push(call);
      this.held = this.held.slice(end + CLOSE.length);
    }
  }

  /** What is left when the text has ended. */
  end(): string {
    const { held } = this;
    this.held = '';
    return held;
  }
}

/** Characters at the end that may begin a call. */
function heldBack(text: string): number {
  for (let length = Math.min(OPEN.length - 1, text.length); length > 0; length--)
    if (OPEN.startsWith(text.slice(-length))) return length;
  return 0;
}

function readCall(json: string): FoundCall | undefined {
  try {
    const call = JSON.parse(json) as { name?: unknown; arguments?: unknown } | null; // checked below
    if (typeof call?.name !== 'string') return undefined;
    return { name: call.name, arguments: JSON.stringify(call.arguments ?? {}) };
  } catch {
    return undefined;
  }
}
