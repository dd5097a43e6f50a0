import { numberForm } from "@/shared/format/forms.ts"
import { currentPlace } from "@/shared/format/place.ts"

const NOTHING = "–"
const SMALL = 1

/** `12,345`; `compact`: `12.3K`. */
export function number(value: number | null | undefined, compact = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING
  const form: Intl.NumberFormatOptions = compact && Math.abs(value) >= 10_000 ? { notation: "compact", maximumFractionDigits: 1 } : { maximumFractionDigits: 2 }
  return numberForm(currentPlace().locale, form).format(value)
}

/** A share between 0 and 1 as a percentage. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NOTHING
  return numberForm(currentPlace().locale, { style: "percent", maximumFractionDigits: digits }).format(share)
}

/** An amount as the gateway writes it (a decimal text) in its currency; below one unit to six places, so that a token's price shows, or to `places`. `isPadded`: to all of them where two do not do, for amounts below each other. */
export function money(amount: string | number | null | undefined, currency?: string, places = 6, isPadded = false): string {
  if (amount === null || amount === undefined || amount === "") return NOTHING
  const size = Math.abs(Number(amount))
  if (!Number.isFinite(size)) return NOTHING
  const most = size > 0 && size < SMALL ? places : 2
  const least = isPadded && Number((size * 100).toFixed(6)) % 1 !== 0 ? most : 2
  const form = { style: "currency", currency: currency ?? currentPlace().currency, minimumFractionDigits: least, maximumFractionDigits: most } as const
  // As text, so that no digit passes through a float.
  return numberForm(currentPlace().locale, form).format(amount as Intl.StringNumericLiteral)
}

/** `820 ms`, `1.24 s`, `3 min 5 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING
  if (ms < 1000) return `${number(ms < 10 ? ms : Math.round(ms))} ms`
  if (ms < 60_000) return `${number(ms / 1000)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** `3.4 MB`. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return NOTHING
  const units = ["B", "kB", "MB", "GB", "TB"]
  const step = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  return `${number(count / 1000 ** step)} ${units[step]}`
}
