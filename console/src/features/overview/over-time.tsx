import { useHours, useSeries } from "@/features/overview/data.ts"
import { strings } from "@/features/overview/strings.ts"
import { HeatMap } from "@/shared/charts/heat.tsx"
import { SeriesChart } from "@/shared/charts/series.tsx"
import { duration, money, number } from "@/shared/format/numbers.ts"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import type { RangeFilters } from "@/shared/range.ts"

type Measure = keyof typeof strings.measures
type Row = NonNullable<NonNullable<ReturnType<typeof useSeries>["data"]>[number]["of"]>
const { lines } = strings

const MEASURES: Record<Measure, { names: readonly string[]; values: (row: Row) => readonly (number | null)[]; format: (value: number) => string }> = {
  requests: { names: [lines.completed, lines.failed], values: (row) => [row.requests - row.errors, row.errors], format: (value) => number(value, true) },
  tokens: { names: [lines.input, lines.output], values: (row) => [row.input_tokens, row.output_tokens], format: (value) => number(value, true) },
  cost: { names: [lines.cost, lines.saved], values: (row) => [Number(row.cost), Number(row.saved ?? 0)], format: (value) => money(value.toFixed(4)) },
  latency: { names: [lines.whole, lines.first], values: (row) => [row.average_ms ?? null, row.average_first_chunk_ms ?? null], format: duration },
}

export function OverTime({ filters, measure, onMeasure }: { filters: RangeFilters; measure: string; onMeasure: (measure: string) => void }) {
  const series = useSeries(filters)
  const shown = measure in MEASURES ? (measure as Measure) : "requests"
  const { names, values, format } = MEASURES[shown]
  const none = shown === "latency" ? [null, null] : [0, 0]
  const segments = Object.entries(strings.measures).map(([value, label]) => ({ value, label }))
  return (
    <Card title={strings.overTime} action={<Segmented label={strings.measure} segments={segments} value={shown} onChange={onMeasure} />}>
      {series.error ? <ErrorState compact error={series.error} onRetry={() => void series.refetch()} /> : !series.data ? <Skeleton className="h-56 w-full" /> : (
        <SeriesChart label={`${strings.overTime}: ${strings.measures[shown]}`} names={names} format={format} points={series.data.map((one) => ({ at: one.at, values: one.of ? values(one.of) : none }))} />
      )}
    </Card>
  )
}

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"))

export function Hours({ filters }: { filters: RangeFilters }) {
  const hours = useHours(filters)
  const values = strings.days.map((_, day) => HOURS.map((__, hour) => hours.data?.items.find((one) => one.weekday === day && one.hour === hour)?.requests ?? 0))
  return (
    <Card title={strings.hours}>
      {hours.error ? <ErrorState compact error={hours.error} onRetry={() => void hours.refetch()} /> : !hours.data ? <Skeleton className="h-40 w-full" /> : (
        <>
          <p className="mb-3 text-sm text-quiet">{strings.hoursText(hours.data.time_zone)}</p>
          <HeatMap label={strings.hours} rows={strings.days} columns={HOURS} values={values} />
        </>
      )}
    </Card>
  )
}
