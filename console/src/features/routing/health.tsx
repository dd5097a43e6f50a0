import { Activity, CheckCircle2 } from "lucide-react"
import { type Condition, type Filters, inTrouble, useConditions } from "@/features/routing/data.ts"
import { strings } from "@/features/routing/strings.ts"
import { duration, number } from "@/shared/format/numbers.ts"
import { Ago } from "@/shared/format/time.tsx"
import { timeOnly } from "@/shared/format/times.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { Badge, Stat, type Tone } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const TONES: Readonly<Record<string, Tone>> = { closed: "good", open: "bad", half_open: "warn", up: "good", down: "bad" }
const SHOW = Object.entries(strings.show).map(([value, label]) => ({ value, label }))

/** The breaker's state, and when it is tried again. */
export function BreakerState({ one }: { one: Condition }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge tone={TONES[one.breaker] ?? "plain"}>{strings.breakers[one.breaker] ?? (one.breaker || "–")}</Badge>
      {one.probesAt && <span className="text-xs text-quiet">{strings.again} <Ago at={one.probesAt} /></span>}
      {one.coolingUntil && <Badge tone="warn">{strings.cooling} {timeOnly(one.coolingUntil)}</Badge>}
    </span>
  )
}

const COLUMNS: readonly Column<Condition>[] = [
  { id: "provider", head: head.provider, cell: (one) => one.provider, value: (one) => one.provider },
  { id: "model", head: head.model, cell: (one) => one.model, value: (one) => one.model },
  { id: "serves", head: head.serves, cell: (one) => <span className="line-clamp-1 max-w-60 text-quiet">{one.models.join(", ")}</span>, value: (one) => one.models.join(" "), deskOnly: true },
  { id: "breaker", head: head.breaker, cell: (one) => <BreakerState one={one} />, value: (one) => one.breaker },
  { id: "probe", head: head.probe, cell: (one) => (one.probe ? <Badge tone={TONES[one.probe] ?? "plain"}>{strings.probes[one.probe] ?? one.probe}</Badge> : "–"), value: (one) => one.probe },
  { id: "flight", head: head.flight, align: "right", cell: (one) => number(one.inFlight), value: (one) => one.inFlight },
  { id: "latency", head: head.latency, align: "right", cell: (one) => duration(one.latencyMs), value: (one) => one.latencyMs },
]

export function Health({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const found = useConditions()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const all = found.data
  if (all.length === 0) return <EmptyState title={strings.emptyHealth} icon={<Activity size={28} />}>{strings.emptyHealthText}</EmptyState>
  const wanted = filters.q.toLowerCase()
  const shown = all.filter((one) => (filters.show !== "trouble" || inTrouble(one)) && `${one.provider} ${one.model} ${one.models.join(" ")}`.toLowerCase().includes(wanted))
  const working = all.filter((one) => !inTrouble(one)).length
  const resting = all.filter((one) => one.breaker !== "closed").length
  const toolbar = (
    <>
      <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-56" onChange={(event) => setFilters({ q: event.target.value })} />
      <Segmented label={strings.only} segments={SHOW} value={filters.show} onChange={(show) => setFilters({ show })} />
    </>
  )
  return (
    <div className="grid gap-4">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat label={strings.stat.working} value={number(working)} hint={strings.ofAll(number(all.length))} />
        <Stat label={strings.stat.resting} value={number(resting)} />
        <Stat label={strings.stat.cooling} value={number(all.filter((one) => one.coolingUntil !== "").length)} />
        <Stat label={strings.stat.flight} value={number(all.reduce((sum, one) => sum + one.inFlight, 0))} />
      </div>
      {shown.length === 0 && filters.show === "trouble" && wanted === "" ? (
        <>{toolbar}<EmptyState title={strings.noTrouble} icon={<CheckCircle2 size={28} />}>{strings.noTroubleText}</EmptyState></>
      ) : (
        <div>
          <Table label={strings.tabs.health} rows={shown} columns={COLUMNS} rowKey={(one) => `${one.provider} ${one.model}`} file="provider-health" toolbar={toolbar} onOpen={(one) => setFilters({ open: one.provider })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
          {shown.length === 0 && <EmptyState title={strings.noMatch} />}
        </div>
      )}
      <p className="text-sm text-quiet">{strings.live}</p>
    </div>
  )
}
