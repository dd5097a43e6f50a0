import type { Forecast } from "@/features/billing/data.ts"
import type { Point } from "@/shared/charts/series.tsx"

/** What a month comes to, day by day: what was, then what is expected with its interval, which ends as the forecast says. */
export function grown(forecast: Forecast): Point[] {
  const spent = Number(forecast.spent)
  const { expected, low, high } = { expected: Number(forecast.usage.expected), low: forecast.usage.low, high: forecast.usage.high }
  const today = forecast.as_of.slice(0, 10)
  const days = forecast.days
  const coming = days.filter((one) => one.day > today)
  const ahead = coming.reduce((sum, one) => sum + Number(one.expected ?? 0), 0)
  let sum = 0
  let past = 0
  return days.map((one) => {
    const at = `${one.day}T12:00:00Z`
    if (one.day < today) {
      sum += Number(one.actual ?? 0)
      return { at, values: [sum, null] }
    }
    if (one.day > today) past += Number(one.expected ?? 0)
    // The days ahead, scaled so that the last of them is what the forecast says the month comes to.
    const share = one.day === today ? 0 : ahead > 0 ? past / ahead : (coming.findIndex((next) => next.day === one.day) + 1) / coming.length
    const middle = spent + (expected - spent) * share
    const bounds = low === null || high === null ? {} : { low: spent + (Number(low) - spent) * share, high: spent + (Number(high) - spent) * share }
    return { at, values: [one.day === today ? spent : null, middle], ...bounds }
  })
}
