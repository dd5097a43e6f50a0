export type Scale = { (value: number): number; ticks: (count: number) => number[]; invert: (at: number) => number }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEPS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 28 * DAY_MS, 91 * DAY_MS, 364 * DAY_MS]

/** 1, 2 or 5 times a power of ten: the step that makes about so many parts of a span. */
export function stepOf(span: number, count: number): number {
  const rough = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  return power * (lead >= 7.07 ? 10 : lead >= 3.16 ? 5 : lead >= 1.41 ? 2 : 1)
}

function multiples(from: number, to: number, step: number): number[] {
  const [first, last] = [Math.ceil(from / step - 1e-9), Math.floor(to / step + 1e-9)]
  // Steps below one are divided, so that 3 × 0.1 is 0.3.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => (step < 1 ? (first + place) / Math.round(1 / step) : (first + place) * step))
}

function scaled([from, to]: readonly [number, number], [low, high]: readonly [number, number], ticks: (count: number) => number[]): Scale {
  const slope = to === from ? 0 : (high - low) / (to - from)
  const at = (value: number) => low + (value - from) * slope
  return Object.assign(at, { ticks, invert: (place: number) => (slope === 0 ? from : from + (place - low) / slope) })
}

/** From nothing to a round number above `most`. */
export function valueScale(most: number, range: readonly [number, number], parts = 4): Scale {
  const step = stepOf(most, parts)
  const top = Math.ceil(most / step - 1e-9) * step
  return scaled([0, top], range, (count) => multiples(0, top, stepOf(top, count)))
}

/** Moments in milliseconds; ticks at whole minutes, hours and days of UTC. */
export function timeScale(from: number, to: number, range: readonly [number, number]): Scale {
  const ticks = (count: number) => multiples(from, to, STEPS_MS.find((step) => (to - from) / step <= count) ?? Number(STEPS_MS.at(-1)))
  return scaled([from, to], range, ticks)
}
