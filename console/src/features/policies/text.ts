import { ApiError, isRecord } from "@/client/errors.ts"
import type { Doc, Policy } from "@/features/policies/data.ts"
import { strings } from "@/features/policies/strings.ts"
import type { Problem } from "@/shared/editor/code-editor.tsx"

export type FieldName = keyof typeof strings.fieldHelp
export const FIELDS = Object.keys(strings.fieldHelp) as FieldName[]

export function written(document: Doc | null): string {
  return `${JSON.stringify(document ?? {}, null, 2)}\n`
}

/** The document of a text; nothing while it is none. */
export function parsed(text: string): Doc | undefined {
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** The line that a field of the document begins in; the first where it is not to be found. */
export function lineOf(text: string, field: string): number {
  const name = field.split(/[.[]/)[0] ?? ""
  const place = text.split("\n").findIndex((line) => line.trimStart().startsWith(`"${name}"`))
  return Math.max(0, place) + 1
}

/** What is wrong with the text by itself, and what the gateway said of it. */
export function problemsIn(text: string, failure: unknown): Problem[] {
  const document = parsed(text)
  if (!document) return [{ line: brokenLine(text), message: strings.broken }]
  const unknown = Object.keys(document).filter((name) => !(name in strings.fieldHelp)).map((name) => ({ line: lineOf(text, name), message: strings.unknown(name) }))
  return [...unknown, ...toldBy(failure).map(([field, message]) => ({ line: lineOf(text, field), message }))]
}

function toldBy(failure: unknown): [string, string][] {
  if (!(failure instanceof ApiError)) return []
  const listed = Array.isArray(failure.details.problems) ? failure.details.problems : []
  const found = listed.map((one): [string, string] => (isRecord(one) ? [plain(String(one.field ?? "")), String(one.message ?? failure.message)] : ["", String(one)]))
  return found.length ? found : failure.field ? [[plain(failure.field), failure.message]] : []
}

function plain(field: string): string {
  return field.replace(/^(document|policies\[?\w*\]?)\./, "")
}

function brokenLine(text: string): number {
  try {
    JSON.parse(text)
  } catch (why) {
    const found = /line (\d+)/.exec(String(why))
    if (found?.[1]) return Number(found[1])
    const at = /position (\d+)/.exec(String(why))
    if (at?.[1]) return text.slice(0, Number(at[1])).split("\n").length
  }
  return 1
}

/** What a field is put in with. */
export function template(field: FieldName, tenant: string, guardrails: readonly string[]): unknown {
  if (field === "attach") return [{ tenant }]
  if (field === "guardrails") return guardrails.length ? [{ id: guardrails[0], mode: "flag" }] : []
  if (["fallbacks", "shadows", "cache", "semantic_cache", "shadow"].includes(field)) return true
  if (field === "retention_days") return 90
  if (field === "assumed_max_tokens") return 4096
  return field === "files" ? {} : []
}

/** Whom a policy is about, for people. */
export function aboutText(policy: Policy): string {
  const rows = Array.isArray(policy.document?.attach) ? policy.document.attach.filter(isRecord) : []
  if (rows.length === 0) return strings.everyone
  const said = rows.map((row) => Object.values(row).filter((one) => typeof one === "string" && one !== "").join(" / "))
  return said.length > 2 ? `${said.slice(0, 2).join(", ")} ${strings.more(said.length - 2)}` : said.join(", ")
}

export function guardsText(policy: Policy): string {
  const { guardrails, packs } = policy.document ?? {}
  const own = (Array.isArray(guardrails) ? guardrails : []).map((one) => (isRecord(one) ? String(one.id) : String(one)))
  return [...own, ...(Array.isArray(packs) ? packs.map(String) : [])].join(", ") || strings.none
}

export type DiffLine = { sign: " " | "+" | "-"; text: string }

/** The lines of two texts beside each other, by their longest common lines. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")]
  const length = Array.from({ length: old.length + 1 }, () => new Array<number>(fresh.length + 1).fill(0))
  const at = (row: number, column: number) => length[row]?.[column] ?? 0
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = fresh.length - 1; column >= 0; column -= 1) {
      ;(length[row] ?? [])[column] = old[row] === fresh[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const found: DiffLine[] = []
  let [row, column] = [0, 0]
  while (row < old.length || column < fresh.length) {
    if (row < old.length && column < fresh.length && old[row] === fresh[column]) {
      found.push({ sign: " ", text: old[row] ?? "" })
      row += 1
      column += 1
    } else if (row < old.length && (column >= fresh.length || at(row + 1, column) >= at(row, column + 1))) {
      found.push({ sign: "-", text: old[row] ?? "" })
      row += 1
    } else {
      found.push({ sign: "+", text: fresh[column] ?? "" })
      column += 1
    }
  }
  return found
}
