import { useNavigate } from "@tanstack/react-router"
import { useDirectory } from "@/client/directory.ts"
import { changeOf, type Dashboard } from "@/features/overview/data.ts"
import { strings } from "@/features/overview/strings.ts"
import { BarChart } from "@/shared/charts/bars.tsx"
import { currentPlace } from "@/shared/format/place.ts"
import { duration, money, number, percent } from "@/shared/format/numbers.ts"
import { Card, Stat } from "@/shared/parts/small.tsx"
import { useMay } from "@/shared/session.ts"

const NOTABLE = 0.005
const ABSURD = 10

function changeText(now: number, before: number): string | undefined {
  const change = changeOf(now, before)
  if (change === null || Math.abs(change) < NOTABLE || change > ABSURD) return undefined
  return new Intl.NumberFormat(currentPlace().locale, { style: "percent", maximumFractionDigits: 0, signDisplay: "always" }).format(change)
}

/** `change` for Stat; `moreIs` says how more of it is to be taken. */
function changed(now: number, before: number, moreIs: "plain" | "good" | "bad" = "plain") {
  const text = changeText(now, before)
  if (!text) return {}
  const isMore = now > before
  const tone = moreIs === "plain" ? "plain" : (moreIs === "good") === isMore ? "good" : "bad"
  return { change: text, tone } as const
}

export function Totals({ now, before }: { now: Dashboard; before: Dashboard }) {
  const [all, old] = [now.totals, before.totals]
  const names = strings.figures
  const rate = all.requests ? all.errors / all.requests : 0
  const cost = Number(all.cost)
  const saved = Number(all.saved ?? 0)
  const others = now.other_currencies.map((one) => money(one.cost, one.currency)).join(", ")
  const changes = {
    requests: changed(all.requests, old.requests),
    errors: changed(all.errors, old.errors, "bad"),
    tokens: changed(all.total_tokens, old.total_tokens),
    cost: changed(cost, Number(old.cost)),
    saved: changed(saved, Number(old.saved ?? 0), "good"),
    people: changed(now.active_users, before.active_users),
  }
  return (
    <div>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-3 xl:grid-cols-6">
        <Stat label={names.requests} value={number(all.requests, true)} {...changes.requests} />
        <Stat label={names.errors} value={number(all.errors, true)} hint={strings.rate(percent(rate))} {...changes.errors} />
        <Stat label={names.tokens} value={number(all.total_tokens, true)} hint={strings.split(number(all.input_tokens, true), number(all.output_tokens, true))} {...changes.tokens} />
        <Stat label={names.cost} value={money(all.cost, all.currency)} hint={others ? strings.others(others) : strings.average(money(all.requests ? (cost / all.requests).toFixed(6) : 0, all.currency))} {...changes.cost} />
        <Stat label={names.saved} value={money(all.saved, all.currency)} hint={cost + saved > 0 ? strings.savedShare(percent(saved / (cost + saved))) : undefined} {...changes.saved} />
        <Stat label={names.people} value={number(now.active_users, true)} {...changes.people} />
      </div>
      {Object.values(changes).some((one) => "change" in one) && <p className="mt-2 text-xs text-quiet">{strings.asBefore}</p>}
    </div>
  )
}

export function Latency({ found }: { found: Dashboard["latency"] }) {
  const rows = [
    [strings.half, found.p50_ms, found.first_chunk_p50_ms],
    [strings.nearly, found.p95_ms, found.first_chunk_p95_ms],
    [strings.tail, found.p99_ms, found.first_chunk_p99_ms],
  ] as const
  return (
    <Card title={strings.latency}>
      <p className="mb-3 text-sm text-quiet">{strings.latencyText(number(found.of_requests))}{found.complete ? "" : `, ${strings.newestOnly}`}</p>
      <table className="w-full text-sm">
        <thead><tr className="text-quiet"><td /><th scope="col" className="pb-1 text-right font-normal">{strings.whole}</th><th scope="col" className="pb-1 pl-3 text-right font-normal">{strings.first}</th></tr></thead>
        <tbody>
          {rows.map(([name, whole, first]) => (
            <tr key={name} className="border-t">
              <th scope="row" className="py-2 text-left font-normal text-quiet">{name}</th>
              <td className="py-2 text-right text-base font-semibold">{duration(whole)}</td>
              <td className="py-2 text-right text-base font-semibold">{duration(first)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

/** The most expensive of a dimension; a click leads to their requests. */
export function Top({ title, rows, dimension }: { title: string; rows: Dashboard["top_models"]; dimension: "model" | "team" | "user" }) {
  const navigate = useNavigate()
  const mayOpen = useMay("requests.read")
  const { nameOf } = useDirectory(dimension === "team" ? "teams" : "users")
  const hasCost = rows.some((row) => Number(row.cost) > 0)
  const currency = rows[0]?.currency
  const bars = rows.map((row) => ({
    id: row.name,
    name: row.name === "" ? strings.none : dimension === "model" ? row.name : nameOf(row.name),
    value: hasCost ? Number(row.cost) : row.requests,
    hint: hasCost ? strings.topHint(number(row.requests, true)) : "",
  }))
  const open = (bar: { name: string }) => {
    const found = bars.find((one) => one.name === bar.name)
    if (found?.id) void navigate({ to: "/requests" as string, search: { [dimension]: found.id } as never })
  }
  return (
    <Card title={title}>
      {bars.length === 0 ? <p className="text-sm text-quiet">{strings.noTop}</p> : <BarChart label={title} bars={bars} format={(value) => (hasCost ? money(value.toFixed(value < 0.01 ? 6 : 2), currency) : number(value, true))} {...(mayOpen ? { onPick: open } : {})} />}
    </Card>
  )
}

export function Findings({ found }: { found: Dashboard["findings"] }) {
  const bars = Object.entries(found.kinds).map(([name, value]) => ({ name, value })).sort((one, two) => two.value - one.value).slice(0, 6)
  return (
    <Card title={strings.findings}>
      {bars.length === 0 ? <p className="text-sm text-quiet">{strings.noFindings}</p> : (
        <>
          <p className="mb-3 text-sm text-quiet">{strings.findingsText(number(found.total))}</p>
          <BarChart label={strings.findings} bars={bars} />
        </>
      )}
    </Card>
  )
}
