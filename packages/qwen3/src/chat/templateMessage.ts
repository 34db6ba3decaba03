/** A message as a template reads it: any fields it knows. */
export interface TemplateMessage {
  role: string;
  content?: unknown;
  [field: string]: unknown;
}
