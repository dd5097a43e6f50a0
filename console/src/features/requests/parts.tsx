import { type Detail, type Entry, stretches, verdictOf } from "@/features/requests/data.ts"
import { strings } from "@/features/requests/strings.ts"
import { colour, LegendItem } from "@/shared/charts/frame.tsx"
import { duration, money, number } from "@/shared/format/numbers.ts"
import { Badge, type Tone } from "@/shared/parts/small.tsx"

const NANO = 9
const OURS = ["internal", "unknown", "shutdown"]

/** What became of it: the error code where there is one, for that says more. */
export function EndingBadge({ found }: { found: Pick<Entry, "ending" | "error_code"> }) {
  const tone: Tone = found.ending === "completed" ? "good" : found.ending.startsWith("client_gone") || OURS.includes(found.ending) ? "warn" : "bad"
  const said = strings.endings[found.ending] ?? found.ending
  return <Badge tone={tone} title={found.error_code ? said : undefined}>{found.error_code || said}</Badge>
}

const SAYS: Readonly<Record<string, Tone>> = { pass: "good", block: "bad", mask: "warn", flag: "warn", redact: "warn" }

export function Verdicts({ found }: { found: readonly string[] }) {
  if (found.length === 0) return <p className="text-sm text-quiet">{strings.noVerdicts}</p>
  return (
    <ul className="flex flex-wrap gap-1.5">
      {found.map((text, place) => {
        const { guardrail, says, side } = verdictOf(text)
        return <li key={place}><Badge tone={SAYS[says] ?? "plain"}>{guardrail}{says && <strong>{says}</strong>}{side}</Badge></li>
      })}
    </ul>
  )
}

/** The whole time as one bar, its stretches below it. */
export function Times({ found }: { found: Detail }) {
  const parts = stretches(found)
  const whole = parts.reduce((sum, one) => sum + one.ms, 0) || 1
  let at = 0
  return (
    <div className="grid gap-2">
      <p className="text-sm text-quiet">{found.stream ? strings.timesText(duration(found.duration_ms), duration(found.first_chunk_ms)) : strings.wholeTime(duration(found.duration_ms))}</p>
      <svg className="h-3 w-full overflow-hidden rounded" aria-hidden>
        <rect width="100%" height="100%" fill="var(--panel)" />
        {parts.map((one, place) => {
          const left = at
          at += (one.ms / whole) * 100
          return <rect key={one.name} x={`${left}%`} width={`${Math.max(0.6, at - left)}%`} height="100%" fill={colour(place)} />
        })}
      </svg>
      <div className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-quiet">
        {parts.map((one, place) => <LegendItem key={one.name} colour={colour(place)}>{strings.stretches[one.name]} <strong className="figures text-text">{duration(one.ms)}</strong></LegendItem>)}
      </div>
    </div>
  )
}

type Row = readonly string[]

/** A few plain figures; wider than the drawer they scroll within it. */
export function SmallTable({ label, heads, rows, right = [] }: { label: string; heads: Row; rows: readonly Row[]; right?: readonly number[] }) {
  const side = (place: number) => `px-2 py-1.5 first:pl-0 last:pr-0 ${right.includes(place) ? "text-right" : "text-left"}`
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-sm">
        <thead><tr className="text-quiet">{heads.map((head, place) => <th key={head} scope="col" className={`${side(place)} font-medium whitespace-nowrap`}>{head}</th>)}</tr></thead>
        <tbody>{rows.map((row, line) => <tr key={line} className="border-t">{row.map((cell, place) => <td key={place} className={side(place)}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  )
}

export function Cost({ found }: { found: Detail }) {
  const { explained, currency } = found
  const exact = (amount: string) => money(amount, currency, NANO)
  const rows = explained.parts.map((part) => [part.kind.replaceAll("_", " "), number(part.count), part.per === 1 ? exact(part.price) : strings.per(exact(part.price), number(part.per, true)), exact(part.amount)])
  const sums = [[strings.sum, "", "", exact(explained.computed)], [strings.recorded, "", "", found.priced ? exact(explained.recorded) : strings.unpriced]]
  return (
    <div className="grid gap-2 text-sm">
      {rows.length > 0 && <SmallTable label={strings.cost} heads={[strings.costHeads.kind, strings.costHeads.count, strings.costHeads.price, strings.costHeads.amount]} rows={[...rows, ...sums]} right={[1, 2, 3]} />}
      <p className="flex flex-wrap items-center gap-2">
        {rows.length > 0 ? <Badge tone={explained.agrees ? "good" : "warn"}>{explained.agrees ? strings.agrees : strings.differs}</Badge> : <strong>{found.priced ? money(found.cost, currency) : strings.unpriced}</strong>}
        {explained.price_source && <span className="text-quiet">{strings.source(explained.price_source)}</span>}
      </p>
      {explained.note && <p className="text-quiet">{explained.note}</p>}
      {Number(found.held) > 0 && <p className="text-quiet">{strings.held(money(found.held, currency))}</p>}
      {found.usage_estimated && <p className="text-quiet">{strings.estimated}</p>}
      {Number(found.saved) > 0 && <p className="text-good">{strings.savedText(money(found.saved, currency))}</p>}
    </div>
  )
}
