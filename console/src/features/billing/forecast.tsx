import { TrendingUp } from "lucide-react"
import { type Forecast, useForecast } from "@/features/billing/data.ts"
import { grown } from "@/features/billing/grown.ts"
import { strings } from "@/features/billing/strings.ts"
import { SeriesChart } from "@/shared/charts/series.tsx"
import { money, percent } from "@/shared/format/numbers.ts"
import { Card, Stat } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

const words = strings.forecast

/** Where this month is heading. */
export function ForecastPanel() {
  const found = useForecast()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const forecast = found.data
  if (forecast.basis_days === 0) return <EmptyState title={words.none} icon={<TrendingUp size={28} />}>{words.noneText}</EmptyState>
  const range = (one: Forecast["usage"]) => (one.low === null || one.high === null ? words.noRange : words.between(money(one.low, forecast.currency), money(one.high, forecast.currency)))
  return (
    <div className="grid gap-4">
      <div className="grid gap-3 sm:grid-cols-3">
        <Stat label={words.stat.spent} value={money(forecast.spent, forecast.currency)} hint={words.basis(forecast.basis_days)} />
        <Stat label={words.stat.expected} value={money(forecast.usage.expected, forecast.currency)} hint={range(forecast.usage)} />
        <Stat label={words.stat.bill} value={money(forecast.bill.expected, forecast.currency)} hint={range(forecast.bill)} />
      </div>
      <Card title={words.chart}>
        <SeriesChart label={words.chart} names={[words.soFar, words.expected]} points={grown(forecast)} format={(value) => money(value.toPrecision(6), forecast.currency)} height={260} />
        <p className="mt-3 text-sm text-quiet">{words.covers(percent(forecast.covers))}</p>
      </Card>
    </div>
  )
}
