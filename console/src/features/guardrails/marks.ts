import type { Answer } from "@/client/request.ts"

/** A finding as the gateway tells it, read field by field: which guardrail, what kind, where, what became of it. */
export type Finding = ReturnType<typeof findingOf>
export type Piece = { text: string; finding?: Finding }
type Said = Answer<"POST /api/v1/admin/guardrails/test">["findings"][number]

const LINE = /line (\d+)$/

export function findingOf(said: Said, place = 0) {
  const text = (name: string) => (typeof said[name] === "string" ? said[name] : "")
  const count = (name: string) => (typeof said[name] === "number" ? said[name] : -1)
  return {
    id: `${text("request_id")} ${place} ${text("path")} ${count("start")}`,
    at: Math.max(0, count("at_ms")),
    request: text("request_id"),
    user: text("user"),
    model: text("model"),
    // `pii@aea5477e`: the sign after the name says which settings it had.
    guardrail: text("guardrail").split("@")[0] ?? "",
    kind: text("kind"),
    side: text("side"),
    path: text("path"),
    start: count("start"),
    end: count("end"),
    does: text("does"),
  }
}

/** A text cut where findings begin and end. Their places count characters, not the halves that JavaScript counts. */
export function piecesOf(text: string, findings: readonly Finding[]): Piece[] {
  const letters = Array.from(text)
  const pieces: Piece[] = []
  let at = 0
  for (const finding of [...findings].sort((one, other) => one.start - other.start || other.end - one.end)) {
    if (finding.start < at || finding.end <= finding.start || finding.end > letters.length) continue
    if (finding.start > at) pieces.push({ text: letters.slice(at, finding.start).join("") })
    pieces.push({ text: letters.slice(finding.start, finding.end).join(""), finding })
    at = finding.end
  }
  if (at < letters.length) pieces.push({ text: letters.slice(at).join("") })
  return pieces
}

/** The same of a text file, whose findings name the line that they are in. */
export function linePieces(text: string, findings: readonly Finding[]): Piece[] {
  return text.split(/\r?\n/).flatMap((line, place) => {
    const here = findings.filter((one) => Number(LINE.exec(one.path)?.[1]) === place + 1)
    return [...(place ? [{ text: "\n" }] : []), ...piecesOf(line, here)]
  })
}

export type Bucket = { at: string; counts: Readonly<Record<string, number>> }

/** How many of each kind were found in each part of a time; parts without any are there too. */
export function buckets(findings: readonly Finding[], fromMs: number, toMs: number, kinds: readonly string[], parts = 24): Bucket[] {
  const width = Math.max(1, (toMs - fromMs) / parts)
  const found = Array.from({ length: parts }, (_, place) => ({ at: new Date(fromMs + place * width).toISOString(), counts: Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<string, number> }))
  for (const one of findings) {
    const bucket = found[Math.min(parts - 1, Math.floor((one.at - fromMs) / width))]
    if (bucket && one.kind in bucket.counts) bucket.counts[one.kind] = (bucket.counts[one.kind] ?? 0) + 1
  }
  return found
}

/** The kinds there are, the most frequent first. */
export function byKind(findings: readonly Finding[]): { name: string; value: number }[] {
  const counts = new Map<string, number>()
  for (const one of findings) counts.set(one.kind, (counts.get(one.kind) ?? 0) + 1)
  return [...counts].map(([name, value]) => ({ name, value })).sort((one, other) => other.value - one.value)
}
