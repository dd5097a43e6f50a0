/** `0.5, 0.8` → numbers; nothing for none. Throws for what is no number. */
export function numbersOf(text: string): number[] | undefined {
  const found = text.split(/[,\s]+/).filter(Boolean).map(Number)
  if (found.some(Number.isNaN)) throw new Error("numbers")
  return found.length ? found : undefined
}

/** `team: books`, one a line → an object; nothing for none. Throws for a line without a colon. */
export function pairsOf(text: string): Record<string, string> | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean)
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":")
    if (colon < 1) throw new Error("pairs")
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const
  })
  return pairs.length ? Object.fromEntries(pairs) : undefined
}

/** The other way. */
export function pairsText(value: unknown): string {
  return typeof value === "object" && value !== null ? Object.entries(value).map(([name, one]) => `${name}: ${String(one)}`).join("\n") : ""
}

/** Whether a text stands for a secret that is kept and never shown. */
export function isMask(text: string): boolean {
  return text.startsWith("masked:")
}
