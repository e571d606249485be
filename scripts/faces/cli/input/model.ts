/** `spark` is the one alias that 1.0.5 knew. */
const ALIASES: Record<string, string> = { spark: 'gpt-5.3-codex-spark' };

/** What a shell offers; Codex knows more. */
export const MODELS: readonly string[] = Object.keys(ALIASES);

export function modelOf(text: string | undefined): string | null {
  const name = text?.trim() ?? '';
  return ALIASES[name.toLowerCase()] ?? (name || null);
}
